/** The worker thread of the bundled model: it alone loads the weights, and holds up nobody while it counts. */
import { parentPort } from 'node:worker_threads';
import { z } from 'zod';
import { loadSentenceModel } from './sentence-model/model.ts';

const requestShape = z.object({ id: z.number(), method: z.string(), args: z.array(z.unknown()) });
const textsShape = z.array(z.string());

let model: ReturnType<typeof loadSentenceModel> | null = null;

const embed = async (texts: readonly string[]): Promise<Float32Array[]> => {
  model ??= loadSentenceModel();
  return (await model).embed(texts);
};

parentPort?.on('message', (message: unknown) => {
  const { id, method, args } = requestShape.parse(message);
  const work = method === 'embed' ? embed(textsShape.parse(args[0])) : Promise.resolve([]);
  work.then(
    (value) => parentPort?.postMessage({ id, value }),
    (error: unknown) => parentPort?.postMessage({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});
