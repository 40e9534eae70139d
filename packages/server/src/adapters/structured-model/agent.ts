/** The household's own Claude, through a worker of its own beside the pool of chats: one question at a time. */
import { randomUUID } from 'node:crypto';
import { type AgentProvider, createMemoryTranscripts, type WorkerEvent, type WorkerProfile } from '@hearth/runtime';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { createTurns } from '../../kernel/turns.ts';
import type { StructuredModel, StructuredQuestion } from '../../ports/structured-model.ts';

export interface AgentModelDeps {
  provider: AgentProvider;
  /** A plain profile of the server; model, prompt, tools and schema are set here. */
  profile: () => Promise<WorkerProfile>;
  model: string;
  clock: Clock;
  /** Seed: 120 s. */
  timeoutMs: number;
}

const away = (message: string, cause?: unknown): AppError =>
  new AppError('SERVICE_UNAVAILABLE', message, { cause, retryAfter: 60 });

type Answer = Extract<WorkerEvent, { type: 'turn_end' }>;

const answerOf = ({ outcome, totals }: Answer): unknown => {
  if (outcome.kind !== 'completed')
    throw away(
      outcome.kind === 'failed' ? `The model did not answer: ${outcome.message}` : 'The model did not finish.',
    );
  if (totals.structuredOutput !== undefined) return totals.structuredOutput;
  try {
    return JSON.parse(totals.text);
  } catch (error) {
    throw away('The model answered with something that is not JSON.', error);
  }
};

export const createAgentModel = (deps: AgentModelDeps): StructuredModel => {
  const inTurn = createTurns();

  const profileFor = async ({ system, schema }: StructuredQuestion): Promise<WorkerProfile> => ({
    ...(await deps.profile()),
    model: deps.model,
    systemPrompt: { kind: 'custom', text: system },
    tools: [],
    outputSchema: schema,
    maxTurns: 4,
  });

  const askWorker = async (question: StructuredQuestion): Promise<unknown> => {
    const profile = await profileFor(question);
    const worker = await deps.provider
      .open({ profile, transcripts: createMemoryTranscripts(), resume: null })
      .catch((error: unknown) => {
        throw away('The agent process did not start.', error);
      });
    const ended = Promise.withResolvers<Answer>();
    const fail = (): void => ended.reject(away('The model did not answer in time.'));
    const cancel = deps.clock.setTimer(deps.timeoutMs, fail);
    question.signal?.addEventListener('abort', fail);
    worker.listen(
      (event) => {
        if (event.type === 'turn_end') ended.resolve(event);
        if (event.type === 'exit') ended.reject(away('The agent process ended.'));
      },
      // The answer itself is given by a tool of this name; there are no others.
      async ({ tool }) =>
        tool === 'StructuredOutput'
          ? { decision: 'allow' }
          : { decision: 'deny', reason: 'There are no tools in this question.' },
    );
    worker.send({ uuid: randomUUID(), text: question.text, images: [] });
    try {
      return answerOf(await ended.promise);
    } finally {
      cancel();
      question.signal?.removeEventListener('abort', fail);
      await worker.close();
    }
  };
  return { ask: (question) => inTurn('model', () => askWorker(question)) };
};
