/** What was said in a time is found without reading the rest; the condition is that of `modules/memory/times.ts`. */
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { DatabaseKind } from '../options.ts';

export const memoryTimes = (kind: DatabaseKind): Migration => ({
  async up(db) {
    await sql`create index memories_by_time on memories (owner_id, occurred_at)
      where deleted_at is null and superseded_by is null`.execute(db);
    // As in 0010: SQLite does not count by itself.
    if (kind === 'sqlite')
      await sql`insert into sqlite_stat1 (tbl, idx, stat)
        values ('memories', 'memories_by_time', '100000 50000 2')`.execute(db);
  },
});
