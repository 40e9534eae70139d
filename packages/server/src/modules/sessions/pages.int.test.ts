/** Pages of long conversations: what they hold, and how little is read for them. */
import { type ContentBlock, isPrompt } from '@hearth/contract';
import { type CompiledQuery, type KyselyPlugin, sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Db } from '../../db/index.ts';
import { eachEngine } from '../../db/test-db.ts';
import { blocksOf, isPromptRow, messagesAfter, newUsage, pageOfMessages } from './store.ts';

interface Planned {
  type: 'user' | 'assistant' | 'system';
  content: ContentBlock[];
  parent?: string;
}

const at = '2026-11-23T04:26:00.000Z';
const prompt = (text: string): Planned => ({ type: 'user', content: [{ type: 'text', text }] });
const said = (text: string): Planned => ({ type: 'assistant', content: [{ type: 'text', text }] });
const step = (id: string): Planned[] => [
  { type: 'assistant', content: [{ type: 'tool_use', id, name: 'Bash', input: {} }] },
  { type: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'done' }] },
];

const plant = async (db: Db, id: string, messages: Planned[]): Promise<void> => {
  const nothing = { title: null, model: null, project_id: null, cwd: null, parent_session_id: null, deleted_at: null };
  const last = { agent_session_id: null, last_message: null, last_message_at: null };
  const kinds = { status: 'active', mode: 'code', permission_mode: 'default', origin: 'api' } as const;
  const session = { id, owner_id: 'o', created_at: at, updated_at: at, usage: newUsage };
  await db.kysely
    .insertInto('sessions')
    .values({ ...session, ...nothing, ...last, ...kinds })
    .execute();
  const rows = messages.map(({ type, content, parent }, index) => ({
    id: `${id}-${index + 1}`,
    session_id: id,
    owner_id: 'o',
    run_id: null,
    no: index + 1,
    type,
    content: JSON.stringify(content),
    status: 'complete' as const,
    model: null,
    usage: null,
    parent_tool_use_id: parent ?? null,
    client_message_id: null,
    created_at: at,
  }));
  for (let from = 0; from < rows.length; from += 500)
    await db.kysely
      .insertInto('messages')
      .values(rows.slice(from, from + 500))
      .execute();
};

/** Every turn: a prompt, steps with their results, and an answer. */
const turns = (count: number, steps: number): Planned[] =>
  Array.from({ length: count }, (_, turn) => [
    prompt(`question ${turn} ${'with some words '.repeat(20)}`),
    ...Array.from({ length: steps }, (__, index) => step(`t${turn}-${index}`)).flat(),
    said(`answer ${turn} ${'with some words '.repeat(20)}`),
  ]).flat();

/** The queries of some reading, as the engine gets them. */
const queriesOf = async (db: Db, read: (on: Db['kysely']) => Promise<unknown>): Promise<CompiledQuery[]> => {
  const seen: CompiledQuery[] = [];
  const spy: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      seen.push(db.kysely.getExecutor().compileQuery(node, queryId));
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  await read(db.kysely.withPlugin(spy));
  return seen;
};

/** How the engine goes about a query, in its own words. */
const planOf = async (db: Db, query: CompiledQuery): Promise<string> => {
  const explain = db.kind === 'sqlite' ? 'explain query plan' : 'explain';
  const { rows } = await db.kysely.executeQuery({ ...query, sql: `${explain} ${query.sql}` });
  return rows.map((row) => JSON.stringify(row)).join('\n');
};

eachEngine('pages of messages', (engine) => {
  const textsOf = async (db: Db, id: string, range: Parameters<typeof pageOfMessages>[2]) => {
    const { rows, hasMore } = await pageOfMessages(db.kysely, id, range);
    return { nos: rows.map(({ no }) => no), hasMore };
  };
  const upTo = (from: number, to: number): number[] =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index);

  describe('that begin where a turn does', () => {
    let db: Db;
    beforeAll(async () => {
      db = await engine.makeDb();
      await plant(db, 'talk', turns(10, 2));
      const long = Array.from({ length: 300 }, (_, index) => step(`long-${index}`)).flat();
      await plant(db, 'long', [prompt('first'), said('yes'), prompt('do it all'), ...long, said('done')]);
      await plant(db, 'endless', [prompt('begin'), ...long, ...long]);
      await plant(db, 'odd', [said('nobody asked'), ...step('x')]);
    });

    it('reach back to the prompt, and no further', async () => {
      const anchored = { anchor: 'turn', beforeNo: null } as const;
      expect(await textsOf(db, 'talk', { ...anchored, limit: 8 })).toEqual({ nos: upTo(49, 60), hasMore: true });
      expect(await textsOf(db, 'talk', { ...anchored, limit: 12 })).toEqual({ nos: upTo(49, 60), hasMore: true });
      expect(await textsOf(db, 'talk', { ...anchored, limit: 1, beforeNo: 3 })).toEqual({
        nos: [1, 2],
        hasMore: false,
      });
      expect(await textsOf(db, 'talk', { ...anchored, limit: 200 })).toEqual({ nos: upTo(1, 60), hasMore: false });
      expect(await textsOf(db, 'talk', { beforeNo: null, limit: 8 })).toEqual({ nos: upTo(53, 60), hasMore: true });
      expect(await textsOf(db, 'none', { ...anchored, limit: 8 })).toEqual({ nos: [], hasMore: false });
    });

    it('together hold every message once', async () => {
      const seen: number[] = [];
      for (let before: number | null = null; ; ) {
        const page = await textsOf(db, 'talk', { beforeNo: before, limit: 7, anchor: 'turn' });
        expect((page.nos[0] ?? 0) % 6).toBe(1);
        seen.unshift(...page.nos);
        if (!page.hasMore) break;
        before = page.nos[0] ?? null;
      }
      expect(seen).toEqual(upTo(1, 60));
    });

    it('reach back 400 messages at most, for a turn that is longer than that', async () => {
      const page = await textsOf(db, 'long', { beforeNo: null, limit: 204, anchor: 'turn' });
      expect(page).toEqual({ nos: upTo(3, 604), hasMore: true });
      const cut = await textsOf(db, 'endless', { beforeNo: null, limit: 50, anchor: 'turn' });
      expect(cut).toEqual({ nos: upTo(752, 1201), hasMore: true });
      const rest = await textsOf(db, 'endless', { beforeNo: 752, limit: 50, anchor: 'turn' });
      expect(rest).toEqual({ nos: upTo(302, 751), hasMore: true });
      const first = await textsOf(db, 'odd', { beforeNo: null, limit: 1, anchor: 'turn' });
      expect(first).toEqual({ nos: [1, 2, 3], hasMore: false });
    });
  });

  it('tell what a person wrote in the same way as the contract does', async () => {
    const db = await engine.makeDb();
    const messages: Planned[] = [
      prompt('hello'),
      prompt('what is {"type":"tool_result","tool_use_id":"x"}?'),
      prompt('and [{"type":"tool_result"'),
      { type: 'user', content: [{ type: 'image', media_type: 'image/png', source: 'base64', data: 'AAAA' }] },
      { type: 'user', content: [] },
      ...step('a'),
      {
        type: 'user',
        content: [
          { type: 'text', text: 'x' },
          { type: 'tool_result', tool_use_id: 'x', content: null },
        ],
      },
      { type: 'user', content: [{ type: 'text', text: 'look around' }], parent: 'a' },
      { type: 'system', content: [{ type: 'text', text: 'Compacted' }] },
    ];
    await plant(db, 'all', messages);
    const found = await db.kysely.selectFrom('messages').select('no').where(isPromptRow).orderBy('no').execute();
    const expected = (await messagesAfter(db.kysely, 'all', { after: 0, before: 100, limit: 100 }))
      .filter((row) => isPrompt({ ...row, content: blocksOf(row) }))
      .map(({ no }) => no);
    expect(expected).toEqual([1, 2, 3, 4, 5]);
    expect(found.map(({ no }) => no)).toEqual(expected);
  });

  describe('of 2,000 turns', () => {
    let db: Db;
    beforeAll(async () => {
      db = await engine.makeDb();
      for (const id of ['before', 'chat', 'behind']) await plant(db, id, turns(2000, 1));
      if (db.kind === 'postgres') await sql`analyze messages`.execute(db.kysely);
    });

    const readings: [string, (on: Db['kysely']) => Promise<unknown>, number][] = [
      ['the newest page', (on) => pageOfMessages(on, 'chat', { beforeNo: null, limit: 120 }), 1],
      ['a page from the middle', (on) => pageOfMessages(on, 'chat', { beforeNo: 4001, limit: 120 }), 1],
      ['the newest turns', (on) => pageOfMessages(on, 'chat', { beforeNo: null, limit: 118, anchor: 'turn' }), 5],
      ['turns from the middle', (on) => pageOfMessages(on, 'chat', { beforeNo: 4003, limit: 118, anchor: 'turn' }), 5],
      ['a piece of an export', (on) => messagesAfter(on, 'chat', { after: 4000, before: 8001, limit: 10 }), 1],
    ];

    it.each(readings)('%s is read by an index alone, in few queries', async (_name, read, most) => {
      const queries = await queriesOf(db, read);
      expect(queries.length).toBeLessThanOrEqual(most);
      expect(queries.length).toBeGreaterThan(0);
      for (const query of queries) {
        const plan = await planOf(db, query);
        if (db.kind === 'sqlite') {
          expect(plan).toMatch(/SEARCH messages USING (?:COVERING )?INDEX \S+ \(session_id=\?/);
          expect(plan).not.toMatch(/SCAN|TEMP B-TREE/);
        } else {
          expect(plan).toMatch(/Index (?:Only )?Scan (?:Backward )?using messages_no_in_session/);
          expect(plan).not.toMatch(/Seq Scan|Sort/);
        }
      }
    });
  });
});
