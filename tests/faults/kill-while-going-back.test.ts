/**
 * Kill -9 while a long conversation goes back to an earlier turn, at moments nobody chose. Afterwards it is either as it
 * was or as it should be, and in the second case its archive is complete.
 */
import { describe, expect, it } from 'vitest';
import { startHarness } from '../harness.ts';
import type { ServerProcess } from '../processes.ts';
import { call, clientOf, environment, serve, startModel, tempDir } from './fixtures.ts';

const turns = 150;
const removed = 10;
const rounds = 8;
const betweenMs = 25;

/** A home with one long conversation, made without a model. */
const longTalk = async (): Promise<{ home: string; session: string; messages: number }> => {
  const home = tempDir();
  const harness = await startHarness({ home, script: ({ text }) => [{ say: `${text} ${'and so on '.repeat(200)}` }] });
  const { kysely } = harness.server.app.db;
  const first = await harness.client.query({ prompt: 'turn 0' });
  const session = first.session_id;
  const [prompt, said] = await kysely.selectFrom('messages').selectAll().where('session_id', '=', session).execute();
  const entries = await kysely.selectFrom('transcript_entries').selectAll().execute();
  if (!prompt || !said) throw new Error('the first turn is missing');
  for (let turn = 1; turn < turns; turn += 1)
    for (const [index, row] of [prompt, said].entries()) {
      const id = crypto.randomUUID();
      await kysely
        .insertInto('messages')
        .values({ ...row, id, no: turn * 2 + index + 1, run_id: `run ${turn}`, client_message_id: null })
        .execute();
      const entry = entries[index];
      if (entry) {
        const { id: _id, ...rest } = entry;
        await kysely
          .insertInto('transcript_entries')
          .values({ ...rest, uuid: id, entry: rest.entry.replace(row.id, id) })
          .execute();
      }
    }
  await kysely
    .updateTable('sessions')
    .set({ next_message_no: turns * 2 + 1 })
    .where('id', '=', session)
    .execute();
  await harness.close();
  return { home, session, messages: turns * 2 };
};

/** What is there: messages of the conversation, and of each archive. */
const look = async (server: ServerProcess, session: string) => {
  const client = clientOf(server);
  const countOf = async (id: string): Promise<number> => {
    let count = 0;
    for (let before: string | null | undefined; before !== null; ) {
      const page = await client.sessions.messages(id, { limit: 200, ...(before ? { before } : {}) });
      count += page.messages.length;
      before = page.next_before;
    }
    return count;
  };
  const { sessions } = await client.sessions.list({ archived: 'true', page_size: 100 });
  const archives = await Promise.all(sessions.map(({ id }) => countOf(id)));
  const { history_version } = await client.sessions.get(session);
  return { history_version, left: await countOf(session), archives: archives.sort((one, other) => other - one) };
};

describe('a kill while a conversation goes back', () => {
  it(`leaves the one state or the other, ${rounds} times`, async () => {
    const model = await startModel();
    const { home, session, messages } = await longTalk();
    const expected = { history_version: 0, left: messages, archives: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      const server = await serve(environment(home, model));
      const { messages: newest } = await clientOf(server).sessions.messages(session, { limit: removed });
      const rewind = call(server, `/api/v1/sessions/${session}/rewind`, { message_id: newest[0]?.id });
      const answer = rewind.then(
        ({ status }) => status,
        () => 'cut off',
      );
      await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, round * betweenMs))]);
      await server.kill();
      const told = await answer;

      const again = await serve(environment(home, model));
      const found = await look(again, session);
      await again.kill();
      if (found.history_version > expected.history_version) {
        expected.history_version += 1;
        expected.archives.push(expected.left);
        expected.left -= removed;
      } else expect(told).not.toBe(200);
      expect(found).toEqual(expected);
    }
    expect(expected.history_version).toBeGreaterThan(0);
  }, 120_000);
});
