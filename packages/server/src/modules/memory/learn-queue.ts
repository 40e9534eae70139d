/** Conversations that wait until the model that finds facts is there again: so many, for a day, and nothing is silent. */
import { jsonObjectSchema } from '@hearth/contract';
import { z } from 'zod';
import { AppError, isAppError } from '../../kernel/errors.ts';
import type { Audit } from '../audit/index.ts';
import type { Jobs } from '../jobs/index.ts';
import type { Sanitise } from './sanitise.ts';
import type { Conversation, Memories } from './service.ts';
import type { MemorySettingsStore } from './settings.ts';
import type { Connection } from './store.ts';

export const addJob = 'memory.add';

export interface LearnQueueDeps {
  jobs: Jobs;
  audit: Audit;
  settings: MemorySettingsStore;
  sanitise: Sanitise;
}

export interface LearnQueue {
  /** SERVICE_UNAVAILABLE when too many wait already: it was not taken. */
  add(ownerId: string, conversation: Conversation): Promise<void>;
  /** Who does it, once the parts of memory are joined. */
  serve(memories: Pick<Memories, 'learn'>): void;
  /** Tells the owner that a conversation was not searched for facts. */
  gaveUp(ownerId: string, sessionId: string | null): Promise<void>;
}

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

export const createLearnQueue = ({ jobs, audit, settings, sanitise }: LearnQueueDeps): LearnQueue => {
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

  const gaveUp: LearnQueue['gaveUp'] = (ownerId, sessionId) =>
    audit.record({ ownerId, sessionId, action: 'memory.learned', outcome: 'failed', code: 'GIVEN_UP' });

  return {
    async add(ownerId, conversation) {
      const payload = { conversation: await cleaned(ownerId, conversation) };
      try {
        await jobs.enqueue({ ownerId, kind: addJob, uniqueKey: null, payload });
      } catch (error) {
        const isFull = isAppError(error, 'SERVICE_UNAVAILABLE') && error.details?.waiting !== undefined;
        throw isFull ? full(error) : error;
      }
      jobs.wake();
    },
    serve(memories) {
      jobs.define(addJob, {
        attempts: 3,
        timeoutMs: 180_000,
        async run({ id, ownerId, payload }, signal) {
          const note = (tx: Connection): Promise<boolean> => jobs.stands(id, tx);
          await memories.learn(ownerId, conversationShape.parse(payload.conversation), { signal, note });
          return 'done';
        },
        gaveUp: ({ ownerId }) => gaveUp(ownerId, null),
      });
    },
    gaveUp,
  };
};
