/** What a request or a conversation brings, in the words of memory; the same for whichever engine keeps it. */
import {
  type AddMemories,
  type MemoryAuthor,
  type MemoryGraph,
  type MemorySettings,
  memoryMessageSchema,
} from '@hearth/contract';
import { AppError } from '../../kernel/errors.ts';
import type { Said } from './extract.ts';
import type { Draft, DraftPlace } from './writer.ts';

export interface Conversation {
  said: readonly Said[];
  place: DraftPlace;
  sessionId: string | null;
  metadata: Record<string, unknown>;
  occurredAt: string;
  graph: boolean;
}

const authorOf = (role: 'user' | 'assistant' | 'system'): MemoryAuthor =>
  role === 'user' ? 'owner' : role === 'assistant' ? 'assistant' : 'untrusted';

const saidIn = ({ messages }: AddMemories): Said[] =>
  typeof messages === 'string'
    ? [{ author: 'owner', text: messages, messageId: null }]
    : messages
        .map((message) => memoryMessageSchema.parse(message))
        .map(({ role, content }) => ({ author: authorOf(role), text: content, messageId: null }));

export const conversationIn = (request: AddMemories, settings: MemorySettings, now: string): Conversation => ({
  said: saidIn(request),
  place: { agentId: request.agent_id ?? 'main', runId: request.run_id ?? null },
  sessionId: null,
  metadata: request.metadata ?? {},
  occurredAt: request.occurred_at ?? now,
  graph: request.enable_graph ?? settings.enable_graph,
});

export const categoryOf = (metadata: Record<string, unknown>): string | null =>
  typeof metadata.category === 'string' ? metadata.category.slice(0, 100) : null;

export const withoutFlags = (metadata: Record<string, unknown>): Record<string, unknown> => {
  const { contains_pii: _flag, pii_types: _types, ...rest } = metadata;
  return rest;
};

export const notThere = (): AppError => new AppError('NOT_FOUND', 'There is no such memory.');

export const personal = (path: string): AppError =>
  new AppError('VALIDATION_ERROR', 'It holds personal data, which your settings do not let it remember.', {
    details: { issues: [{ path, message: 'holds personal data' }] },
  });

export const saidAlready = (): AppError => new AppError('CONFLICT', 'Another memory says exactly this already.');

export const blockedNote = (blocked: number): string[] =>
  blocked > 0 ? [`${blocked} held personal data and were not stored, as your settings say.`] : [];
export const knownNote = (known: number): string[] => (known > 0 ? [`${known} were known already.`] : []);
export const waitingNote = 'The model that finds facts is not available. Nothing is lost: it is tried again by itself.';

export const noGraph: MemoryGraph = { entities: [], relations: [], total: { entities: 0, relations: 0 } };

/** One thing that was said, as it is. */
export const draftOf = (conversation: Conversation, one: Pick<Draft, 'text' | 'author' | 'messageId'>): Draft => ({
  ...one,
  category: categoryOf(conversation.metadata),
  metadata: conversation.metadata,
  sessionId: conversation.sessionId,
  occurredAt: conversation.occurredAt,
  graph: null,
  repeats: null,
  corrects: null,
});
