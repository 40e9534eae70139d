/** Everything the database holds, for "nothing was changed". Marks that time moves by itself are left out. */
import type { Harness } from '../harness.ts';

const tables = [
  'owners',
  'api_keys',
  'web_sessions',
  'login_codes',
  'sessions',
  'messages',
  'runs',
  'transcript_entries',
  'approvals',
  'tool_rules',
  'audit',
  'checkpoints',
  'checkpoint_files',
  'idempotency',
  'jobs',
  'persona_versions',
] as const;

const movesByItself = new Set(['last_used_at', 'last_seen_at', 'lease_until', 'draft']);

const still = (row: object): string => JSON.stringify(Object.entries(row).filter(([name]) => !movesByItself.has(name)));

export const rowsOf = async (harness: Harness): Promise<Record<string, string[]>> => {
  const found = await Promise.all(
    tables.map(async (table) => {
      const rows = await harness.server.app.db.kysely.selectFrom(table).selectAll().execute();
      return [table, rows.map(still).sort()] as const;
    }),
  );
  return Object.fromEntries(found);
};
