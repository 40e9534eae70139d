/** Conversations that wait until the model that finds facts is there again: so many, for a day, and nothing is silent. */
import { jsonObjectSchema } from '@hearth/contract';
import { z } from 'zod';
import { AppError, isAppError } from '../../kernel/errors.ts';
import type { Audit } from '../audit/index.ts';
import type { Jobs } from '../jobs/index.ts';
import { learnJob } from './chat.ts';
import type { Conversation } from './requests.ts';
import type { Sanitise } from './sanitise.ts';
import type { Asker, Memories } from './service.ts';
import type { MemorySettingsStore } from './settings.ts';
import type { Connection } from './store.ts';

export interface LearningDeps {
  jobs: Jobs;
  audit: Audit;
  settings: MemorySettingsStore;
  sanitise: Sanitise;
  learn: Memories['learn'];
  /** What chats have said until now is not learned from any more. */
  leaveBehind: (ownerId: string) => Promise<void>;
}

export interface Learning {
  /** The conversation waits until the model is there again. SERVICE_UNAVAILABLE when too many do: it was not taken. */
  enqueueLearn(asker: Asker, conversation: Conversation): Promise<void>;
  /** Forgets the conversations that wait for the model. */
  dropWaiting(ownerId: string): Promise<void>;
  /** Conversations that wait for the model. */
  learning(ownerId: string): Promise<number>;
  /** Tells the owner that a conversation was not searched for facts. */
  gaveUp(ownerId: string, sessionId: string | null): Promise<void>;
  /** Features that suffer because too much waits, or something was given up within a day. */
  lostFeatures(): Promise<string[]>;
}

const addJob = 'memory.add';

const conversationShape = z.object({
  said: z.array(
    z.object({
      author: z.enum(['owner', 'assistant', 'untrusted']),
      text: z.string(),
      messageId: z.string().nullable(),
    }),
  ),
  place: z.object({ agentId: z.string(), runId: z.string().nullable() }),
  sessionId: z.string().nullable(),
  metadata: jsonObjectSchema,
  occurredAt: z.string(),
  graph: z.boolean(),
});

const full = (cause: AppError): AppError =>
  new AppError(
    'SERVICE_UNAVAILABLE',
    'The model that finds facts is not available, and too many conversations wait for it already; this one was not taken. Try again later, or send it with "infer": false to keep it as it is.',
    { cause, details: { waiting: cause.details?.waiting }, retryAfter: 300 },
  );

export const createLearning = (deps: LearningDeps): Learning => {
  const { jobs, audit, settings, sanitise, learn } = deps;

  /** A queue is a sink too: only what may be stored goes into it. */
  const cleaned = async (ownerId: string, conversation: Conversation): Promise<Conversation> => {
    const { pii_mode } = await settings.get(ownerId);
    const said: Conversation['said'][number][] = [];
    for (const one of conversation.said) {
      const clean = await sanitise(one.text, pii_mode);
      if (clean !== 'blocked') said.push({ ...one, text: clean.text });
    }
    return { ...conversation, said };
  };

  const gaveUp: Learning['gaveUp'] = (ownerId, sessionId) =>
    audit.record({ ownerId, sessionId, action: 'memory.learned', outcome: 'failed', code: 'GIVEN_UP' });

  jobs.define(addJob, {
    attempts: 3,
    timeoutMs: 180_000,
    async run({ id, ownerId, payload }, signal) {
      const note = (tx: Connection): Promise<boolean> => jobs.stands(id, tx);
      await learn(ownerId, conversationShape.parse(payload.conversation), { signal, note });
      return 'done';
    },
    gaveUp: ({ ownerId }) => gaveUp(ownerId, null),
  });

  return {
    async enqueueLearn(asker, conversation) {
      const { ownerId } = asker;
      const payload = { conversation: await cleaned(ownerId, conversation) };
      try {
        await jobs.enqueue({ ownerId, kind: addJob, uniqueKey: null, payload });
      } catch (error) {
        await audit.record({ ...asker, action: 'memory.added', outcome: 'failed', code: 'NOT_QUEUED' });
        const isFull = isAppError(error, 'SERVICE_UNAVAILABLE') && error.details?.waiting !== undefined;
        throw isFull ? full(error) : error;
      }
      jobs.wake();
    },
    async dropWaiting(ownerId) {
      for (const kind of [addJob, learnJob]) await jobs.remove(ownerId, kind);
      await deps.leaveBehind(ownerId);
    },
    gaveUp,
    lostFeatures: async () => ((await jobs.isOverdue([addJob, learnJob])) ? ['learning_from_chats'] : []),
    learning: async (ownerId) => (await jobs.waiting(ownerId, addJob)) + (await jobs.waiting(ownerId, learnJob)),
  };
};
