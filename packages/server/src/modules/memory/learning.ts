/** Conversations that wait for the model that finds facts, as jobs of the ledger. */
import { jsonObjectSchema } from '@hearth/contract';
import { z } from 'zod';
import type { Jobs } from '../jobs/index.ts';
import { learnJob } from './chat.ts';
import type { Conversation } from './requests.ts';
import type { Sanitise } from './sanitise.ts';
import type { Memories } from './service.ts';
import type { MemorySettingsStore } from './settings.ts';
import type { Connection } from './store.ts';

export interface LearningDeps {
  jobs: Jobs;
  settings: MemorySettingsStore;
  sanitise: Sanitise;
  learn: Memories['learn'];
  /** What chats have said until now is not learned from any more. */
  leaveBehind: (ownerId: string) => Promise<void>;
}

export interface Learning {
  /** The conversation waits until the model is there again. */
  enqueueLearn(ownerId: string, conversation: Conversation): Promise<void>;
  /** Forgets the conversations that wait for the model. */
  dropWaiting(ownerId: string): Promise<void>;
  /** Conversations that wait for the model. */
  learning(ownerId: string): Promise<number>;
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

export const createLearning = ({ jobs, settings, sanitise, learn, leaveBehind }: LearningDeps): Learning => {
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

  jobs.define(addJob, {
    attempts: 3,
    timeoutMs: 180_000,
    async run({ id, ownerId, payload }, signal) {
      const note = (tx: Connection): Promise<boolean> => jobs.stands(id, tx);
      await learn(ownerId, conversationShape.parse(payload.conversation), { signal, note });
      return 'done';
    },
  });

  return {
    async enqueueLearn(ownerId, conversation) {
      const payload = { conversation: await cleaned(ownerId, conversation) };
      await jobs.enqueue({ ownerId, kind: addJob, uniqueKey: null, payload });
      jobs.wake();
    },
    async dropWaiting(ownerId) {
      for (const kind of [addJob, learnJob]) await jobs.remove(ownerId, kind);
      await leaveBehind(ownerId);
    },
    learning: async (ownerId) => (await jobs.waiting(ownerId, addJob)) + (await jobs.waiting(ownerId, learnJob)),
  };
};
