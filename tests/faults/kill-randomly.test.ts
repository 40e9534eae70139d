/**
 * Kill -9 again and again at moments nobody chose, in the middle of chats. Whatever the server acknowledged is there
 * afterwards, once and in order; nothing is left half-done, and no agent process outlives its server.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { ServerProcess } from '../processes.ts';
import { until } from '../support/until.ts';
import { activityOf, call, clientOf, environment, serve, startModel, tempDir } from './fixtures.ts';

const rounds = 12;

/** mulberry32: the same moments in every run of the test. */
const createRandom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

interface Talk {
  readonly sessionId: string;
  readonly acknowledged: string[];
  next: number;
}

const clientMessageId = (talk: Talk, no: number): string => `${talk.sessionId}-message-${no}`;

/** Acknowledged: the answer has begun, so the message is stored. The stream is read on, as a person would. */
const sendOne = async (server: ServerProcess, talk: Talk, gone: AbortSignal): Promise<void> => {
  const prompt = `message ${talk.next}`;
  const body = { prompt, session_id: talk.sessionId, client_message_id: clientMessageId(talk, talk.next) };
  const response = await call(server, '/api/v1/stream', body, { signal: gone });
  if (!response.ok) {
    await response.text();
    return;
  }
  if (!talk.acknowledged.includes(prompt)) talk.acknowledged.push(prompt);
  talk.next += 1;
  await response.text();
};

/** Sends one message after the other until the server is gone; what was not acknowledged is sent again with its id. */
const keepTalking = async (server: ServerProcess, talk: Talk, gone: AbortSignal): Promise<void> => {
  while (!gone.aborted) await sendOne(server, talk, gone).catch(() => {});
};

/** The living agent processes of one home, by their environment; a process that is gone has none. */
const agentsOf = (home: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const isAgent = readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'claude';
        return isAgent && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`HOME=${home}\0`);
      } catch {
        return false; // ended while we looked
      }
    })
    .map(Number);

/** Resolves to the agents that were alive at the kill. */
const oneRound = async (home: string, server: ServerProcess, talks: Talk[], afterMs: number): Promise<number[]> => {
  const gone = new AbortController();
  const talking = talks.map((talk) => keepTalking(server, talk, gone.signal));
  const begun = performance.now();
  await until('the moment', () => performance.now() - begun > afterMs);
  const agents = agentsOf(home);
  await server.kill();
  gone.abort();
  await Promise.all(talking);
  return agents;
};

const humanTexts = async (server: ServerProcess, talk: Talk): Promise<string[]> => {
  const { messages } = await clientOf(server).sessions.messages(talk.sessionId, { limit: 200 });
  return messages.flatMap(({ type, content }) =>
    type === 'user' ? content.flatMap((block) => (block.type === 'text' ? [block.text] : [])) : [],
  );
};

const faultsOfDatabase = (home: string): string[] => {
  const database = new DatabaseSync(join(home, 'data', 'hearth.db'), { readOnly: true });
  const all = (query: string): Record<string, unknown>[] => database.prepare(query).all();
  const faults: string[] = [];
  const [check] = all('PRAGMA integrity_check');
  if (check?.integrity_check !== 'ok') faults.push(`integrity: ${String(check?.integrity_check)}`);
  faults.push(...all('PRAGMA foreign_key_check').map((row) => `foreign key: ${JSON.stringify(row)}`));
  const last = new Map<unknown, number>();
  for (const { owner_id, seq } of all('SELECT owner_id, seq FROM events ORDER BY rowid')) {
    if (Number(seq) <= (last.get(owner_id) ?? 0)) faults.push(`event ${String(seq)} does not rise`);
    last.set(owner_id, Number(seq));
  }
  for (const { owner_id, reserved } of all('SELECT owner_id, reserved FROM event_counters'))
    if (Number(reserved) < (last.get(owner_id) ?? 0)) faults.push(`numbers were used before they were reserved`);
  for (const { id, ends } of all(
    "SELECT run_id AS id, count(*) AS ends FROM events WHERE type = 'done' GROUP BY run_id HAVING count(*) > 1",
  ))
    faults.push(`run ${String(id)} ended ${String(ends)} times`);
  database.close();
  return faults;
};

describe('a server that is killed at random moments', () => {
  it(`loses nothing it acknowledged in ${rounds} rounds, sticks nowhere, and leaves no agent process behind`, async () => {
    const home = tempDir();
    // What the SDK leaves behind in the temporary folder at a kill goes with the test.
    const env = environment(home, await startModel(200), { TMPDIR: tempDir() });
    const random = createRandom(20_260_117);
    let server = await serve(env);
    const client = clientOf(server);
    const talks: Talk[] = [];
    for (const title of ['one', 'two'])
      talks.push({ sessionId: (await client.sessions.create({ title })).id, acknowledged: [], next: 1 });

    let agents = 0;
    for (let round = 0; round < rounds; round += 1) {
      const orphans = await oneRound(home, server, talks, 150 + random() * 2_500);
      agents += orphans.length;
      server = await serve(env);
      await until('the end of the orphans', () => orphans.every((pid) => !agentsOf(home).includes(pid)), 10_000);
    }

    expect(agents, 'agent processes that were alive at a kill').toBeGreaterThan(0);

    // What was never acknowledged is sent once more with its id; then everything comes to rest.
    const patience = AbortSignal.timeout(20_000);
    for (const talk of talks) await sendOne(server, talk, patience);
    for (const talk of talks) {
      await until('the rest', async () => (await activityOf(server, talk.sessionId)) === 'idle', 20_000);
      expect(talk.acknowledged.length).toBeGreaterThan(rounds / 2);
      expect(await humanTexts(server, talk)).toEqual(talk.acknowledged);
    }
    expect(await server.stop()).toBe(0);
    expect(faultsOfDatabase(home)).toEqual([]);
    await until('the end of the agents', () => agentsOf(home).length === 0, 10_000);
  }, 120_000);
});
