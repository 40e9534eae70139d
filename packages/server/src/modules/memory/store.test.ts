import { CompiledQuery, sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { sqliteEngine } from '../../db/test-db.ts';
import { type Work, workConditions } from './store.ts';
import { currentRows } from './times.ts';

const engine = sqliteEngine();

describe('rows of memories', () => {
  it.each(Object.keys(workConditions) as Work[])(
    'finds what is left to do (%s) without reading all of them',
    async (work) => {
      const { kysely } = await engine.makeDb();
      const condition = workConditions[work];
      for (const statement of [
        sql`select 1 where exists (select 1 from memories where owner_id = ${'o'} and ${condition})`,
        sql`select * from memories where owner_id = ${'o'} and ${condition} order by id limit ${64}`,
        sql`select distinct owner_id from memories where ${condition}`,
      ]) {
        const { rows } = await sql<{ detail: string }>`explain query plan ${statement}`.execute(kysely);
        expect(rows.map(({ detail }) => detail).join('\n')).toContain(`INDEX memories_to_${work}`);
      }
    },
  );

  it('are found by the time they were said', async () => {
    const { kysely } = await engine.makeDb();
    const { sql: text, parameters } = currentRows(kysely, 'o')
      .where('occurred_at', '>=', '2026-03-01')
      .where('occurred_at', '<', '2026-04-01')
      .orderBy('occurred_at', 'desc')
      .select('id')
      .compile();
    const { rows } = await kysely.executeQuery<{ detail: string }>(
      CompiledQuery.raw(`explain query plan ${text}`, [...parameters]),
    );
    const plan = rows.map(({ detail }) => detail).join('\n');
    expect(plan).toContain('INDEX memories_by_time (owner_id=? AND occurred_at>? AND occurred_at<?)');
    expect(plan).not.toContain('TEMP B-TREE');
  });

  it('are found by their ids, not by their owner', async () => {
    const { kysely } = await engine.makeDb();
    const byIds = sql`select * from memories where owner_id = ${'o'} and deleted_at is null and id in (${sql.join(['a', 'b'])})`;
    const { rows } = await sql<{ detail: string }>`explain query plan ${byIds}`.execute(kysely);
    expect(rows.map(({ detail }) => detail).join('\n')).toContain('(id=?)');
  });
});
