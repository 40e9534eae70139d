/** The agent's own transcripts in SQL, so that any process can continue any conversation. Opaque to us. */
import type { TranscriptEntry, TranscriptStore } from '@hearth/runtime';
import { z } from 'zod';
import type { Db } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { parseJson } from '../../kernel/json.ts';

const entryShape = z.looseObject({ type: z.string(), uuid: z.string().optional() });

export const createTranscripts = ({ db, clock }: { db: Db; clock: Clock }): TranscriptStore => ({
  async append(key, entries) {
    if (entries.length === 0) return;
    const created_at = clock.now().toISOString();
    await db.kysely
      .insertInto('transcript_entries')
      .values(
        entries.map((entry) => ({
          agent_session_id: key.agentSessionId,
          subpath: key.subpath,
          uuid: entry.uuid ?? null,
          entry: JSON.stringify(entry),
          created_at,
        })),
      )
      .onConflict((conflict) => conflict.columns(['agent_session_id', 'subpath', 'uuid']).doNothing())
      .execute();
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
});
