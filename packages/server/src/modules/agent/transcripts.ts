/** The agent's own transcripts in SQL, so that any process can continue any conversation. Opaque to us. */
import type { TranscriptEntry, TranscriptKey, TranscriptStore } from '@hearth/runtime';
import { z } from 'zod';
import type { Db } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { parseJson } from '../../kernel/json.ts';
import type { Connection } from './types.ts';

const entryShape = z.looseObject({ type: z.string(), uuid: z.string().optional() });

export interface Transcripts extends TranscriptStore {
  /** Stores a conversation that has no entry yet, joining `tx`. */
  insert(agentSessionId: string, entries: readonly TranscriptEntry[], tx: Connection): Promise<void>;
  /**
   * Resolves when the call is in the stored transcript, or after `ms`. A question must not be asked before: after a
   * crash nobody could act on the answer.
   */
  recorded(agentSessionId: string, toolUseId: string, ms: number): Promise<void>;
}

const chunkSize = 200;

export const createTranscripts = ({ db, clock }: { db: Db; clock: Clock }): Transcripts => {
  const waiting = new Map<string, () => void>();

  const isStored = async (agentSessionId: string, toolUseId: string): Promise<boolean> => {
    const row = await db.kysely
      .selectFrom('transcript_entries')
      .select('id')
      .where('agent_session_id', '=', agentSessionId)
      .where('subpath', '=', '')
      .where('entry', 'like', `%${toolUseId.replaceAll(/[^A-Za-z0-9-]/g, '_')}%`)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  };

  const notice = (texts: string[]): void => {
    for (const [toolUseId, resolve] of waiting) if (texts.some((text) => text.includes(toolUseId))) resolve();
  };

  const rowsOf = (key: TranscriptKey, entries: readonly TranscriptEntry[]) => {
    const created_at = clock.now().toISOString();
    return entries.map((entry) => ({
      agent_session_id: key.agentSessionId,
      subpath: key.subpath,
      uuid: entry.uuid ?? null,
      entry: JSON.stringify(entry),
      created_at,
    }));
  };

  return {
    async insert(agentSessionId, entries, tx) {
      for (let i = 0; i < entries.length; i += chunkSize) {
        const rows = rowsOf({ agentSessionId, subpath: '' }, entries.slice(i, i + chunkSize));
        await tx.insertInto('transcript_entries').values(rows).execute();
      }
    },
    async recorded(agentSessionId, toolUseId, ms) {
      const stored = Promise.withResolvers<void>();
      waiting.set(toolUseId, stored.resolve);
      const cancel = clock.setTimer(ms, stored.resolve);
      if (await isStored(agentSessionId, toolUseId)) stored.resolve();
      await stored.promise;
      cancel();
      waiting.delete(toolUseId);
    },
    async append(key, entries) {
      if (entries.length === 0) return;
      const rows = rowsOf(key, entries);
      await db.kysely
        .insertInto('transcript_entries')
        .values(rows)
        .onConflict((conflict) => conflict.columns(['agent_session_id', 'subpath', 'uuid']).doNothing())
        .execute();
      notice(rows.map((row) => row.entry));
    },
    async load(key) {
      const rows = await db.kysely
        .selectFrom('transcript_entries')
        .select('entry')
        .where('agent_session_id', '=', key.agentSessionId)
        .where('subpath', '=', key.subpath)
        .orderBy('id')
        .execute();
      return rows.length === 0
        ? null
        : rows.map((row): TranscriptEntry => parseJson(entryShape, row.entry, 'transcript'));
    },
    async listSubpaths(agentSessionId) {
      const rows = await db.kysely
        .selectFrom('transcript_entries')
        .select('subpath')
        .distinct()
        .where('agent_session_id', '=', agentSessionId)
        .where('subpath', '!=', '')
        .execute();
      return rows.map((row) => row.subpath);
    },
  };
};
