/** Reading what was said: pages of messages, cut to what a reader can use, and the whole of one block or picture. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type ContentBlock,
  imageTypeSchema,
  type LivePart,
  type Message,
  type messagePageQuerySchema,
  type RunSummary,
  type StepDecision,
} from '@hearth/contract';
import type { z } from 'zod';
import type { Db } from '../../db/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { cutBlocks, picturePath, picturesIn } from '../blocks/index.ts';
import type { EventLog } from '../events/index.ts';
import { blocksOf, pageOfMessages, toMessage } from './store.ts';

/** A block, or a picture, of one message: `index` counts from 0. */
export interface PartOf {
  sessionId: string;
  messageId: string;
  index: number;
}

export interface MessageReader {
  messages(ownerId: string, id: string, page: z.infer<typeof messagePageQuerySchema>): Promise<MessagePageResult>;
  block(ownerId: string, part: PartOf): Promise<ContentBlock>;
  picture(
    ownerId: string,
    part: PartOf,
  ): Promise<{ type: z.infer<typeof imageTypeSchema>; bytes: Buffer<ArrayBuffer> }>;
}

export interface MessagePageResult {
  messages: Message[];
  has_more: boolean;
  next_before: string | null;
  last_seq: number;
  runs: RunSummary[];
  decisions: StepDecision[];
  live: LivePart[];
}

export interface MessageReaderDeps {
  db: Db;
  events: EventLog;
  /** What became of the runs of a page, and what is being written now; the agent module knows. */
  runsOf: (sessionId: string, runIds: readonly string[]) => Promise<RunSummary[]>;
  /** How the questions of these runs ended; the approvals know. */
  decisionsOf: (ownerId: string, runIds: readonly string[]) => Promise<StepDecision[]>;
  liveParts: (sessionId: string) => LivePart[];
  /** Resolves when every message that readers were told of is stored. */
  settled: (sessionId: string) => Promise<void>;
  /** Throws when the session is not there for this owner. */
  requireSession: (ownerId: string, id: string) => Promise<void>;
}

/** Messages above this are read one per turn of the event loop, so that nobody else waits for all of them. */
const heavyChars = 128 * 1024;

export const createMessageReader = (deps: MessageReaderDeps): MessageReader => {
  const db = deps.db.kysely;

  const stored = async (sessionId: string, messageId: string) => {
    const row = await db
      .selectFrom('messages')
      .select(['no', 'content'])
      .where('id', '=', messageId)
      .where('session_id', '=', sessionId)
      .executeTakeFirst();
    if (!row) throw new AppError('NOT_FOUND', 'There is no such message in this session.');
    return row;
  };

  const contentOf = async (ownerId: string, { sessionId, messageId }: PartOf): Promise<ContentBlock[]> => {
    await deps.requireSession(ownerId, sessionId);
    // A message is told before it is stored, and a reader may open it at once.
    await deps.settled(sessionId);
    return blocksOf(await stored(sessionId, messageId));
  };

  return {
    async messages(ownerId, id, { before, limit, anchor, max_block_bytes: maxBytes }) {
      await deps.requireSession(ownerId, id);
      // Read before the messages: an event that arrives in between is then seen twice, never missed.
      const lastSeq = await deps.events.lastSeq(ownerId);
      await deps.settled(id);
      const beforeNo = before === undefined ? null : (await stored(id, before)).no;
      const page = await pageOfMessages(db, id, { beforeNo, limit, anchor });
      const runIds = new Set(page.rows.flatMap((one) => one.run_id ?? []));
      const runs = await deps.runsOf(id, [...runIds]);
      const decisions = await deps.decisionsOf(ownerId, [...runIds]);
      const live = beforeNo === null ? deps.liveParts(id) : [];
      const messages: Message[] = [];
      for (const row of page.rows) {
        const content = blocksOf(row);
        const pictureUrl = (index: number): string => picturePath(id, row.id, index);
        messages.push(toMessage(row, maxBytes === undefined ? content : cutBlocks(content, { maxBytes, pictureUrl })));
        if (row.content.length > heavyChars) await nextTurn();
      }
      return {
        messages,
        has_more: page.hasMore,
        next_before: page.hasMore ? (page.rows[0]?.id ?? null) : null,
        last_seq: lastSeq,
        runs,
        decisions,
        live,
      };
    },
    async block(ownerId, part) {
      const block = (await contentOf(ownerId, part))[part.index];
      if (block === undefined) throw new AppError('NOT_FOUND', 'This message has no such block.');
      return block;
    },
    async picture(ownerId, part) {
      const picture = picturesIn(await contentOf(ownerId, part))[part.index];
      const type = imageTypeSchema.safeParse(picture?.media_type);
      if (picture?.source !== 'base64' || !type.success)
        throw new AppError('NOT_FOUND', 'This message has no such picture.');
      return { type: type.data, bytes: Buffer.from(picture.data, 'base64') };
    },
  };
};
