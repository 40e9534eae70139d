/** Event streams while runs are alive: readers come, go, fall behind and are cut off; the run and the log do not mind. */
import { connect, type Socket } from 'node:net';
import { messageListSchema, startEventSchema, tooOldEventSchema } from '@hearth/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { testKey } from './harness.ts';
import { type Follower, faultsOfRun, field, type SeenEvent, text } from './support/events.ts';
import { makeKey } from './support/owners.ts';
import { runIs, startTalks, type Talks } from './support/talks.ts';
import { until } from './support/until.ts';

let talks: Talks;
beforeAll(async () => {
  talks = await startTalks();
});
afterAll(() => talks.close());

const numbers = (events: readonly SeenEvent[]): number[] => events.map(({ seq }) => seq ?? -1);
const lasting = (events: readonly SeenEvent[]): SeenEvent[] => events.filter(({ type }) => type !== 'partial');
const textsIn = async (session: string): Promise<string> => {
  const { body } = await talks.json(`/api/v1/sessions/${session}/messages`);
  return JSON.stringify(messageListSchema.parse(body).messages.map(({ content }) => content));
};
const lastSeq = (): Promise<number> => talks.server.app.events.lastSeq(talks.server.app.ownerId);
const caughtUp = (follower: Follower, seq: number): Promise<unknown> =>
  until('the newest event', () => (follower.events.at(-1)?.seq ?? 0) >= seq);

describe('a reader that leaves', () => {
  it('does not stop the run: the answer is in the session', async () => {
    const session = await talks.newSession();
    const { key } = await makeKey(talks);
    const stream = await talks.stream('run make dinner', { session, key });
    const { id } = await talks.pending(session);
    stream.leave();
    expect((await talks.decide(id, { decision: 'allow' })).status).toBe(200);
    await runIs(talks, session, 'completed');
    expect(await textsIn(session)).toContain('All done.');
  });

  it('can say the same message again and gets the whole run, from its beginning', async () => {
    const session = await talks.newSession();
    const fields = { client_message_id: crypto.randomUUID() };
    const first = await talks.stream('run make tea', { session, fields });
    const { id } = await talks.pending(session);
    first.leave();
    const second = await talks.stream('run make tea', { session, fields });
    await second.next('approval');
    await talks.decide(id, { decision: 'allow' });
    expect(faultsOfRun(await second.end())).toEqual([]);
    expect(second.events[0]?.type).not.toBe('done');
    const third = await (await talks.stream('run make tea', { session, fields })).end();
    expect(numbers(lasting(third))).toEqual(numbers(lasting(second.events)));
  });
});

describe('coming back', () => {
  it('with `after` or Last-Event-ID gives every event exactly once, wherever the line was cut', async () => {
    const whole = await talks.events('?after=0');
    for (let index = 0; index < 4; index += 1) await (await talks.stream(`count ${index + 2}`)).end();
    const newest = await lastSeq();
    await caughtUp(whole, newest);
    whole.leave();
    const all = lasting(whole.events);
    expect(new Set(numbers(all)).size).toBe(all.length);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: all.length - 2 }), fc.boolean(), async (cut, byHeader) => {
        const from = all[cut]?.seq ?? 0;
        const rest = byHeader ? await talks.events('', { lastEventId: from }) : await talks.events(`?after=${from}`);
        await caughtUp(rest, newest);
        rest.leave();
        expect(lasting(rest.events)).toEqual(all.slice(cut + 1));
      }),
      { numRuns: 25 },
    );
  });

  it('again and again while runs go on loses nothing and repeats nothing', async () => {
    const uncut = await talks.events(`?after=${await lastSeq()}`);
    const check = async (cuts: number[]): Promise<void> => {
      const { key } = await makeKey(talks);
      const from = await lastSeq();
      let over = false;
      const running = talks.stream('count 12', { key }).then((stream) => stream.end());
      const marked = running.finally(() => {
        over = true;
      });
      const seen: SeenEvent[] = [];
      const reconnect = () => talks.events(`?after=${seen.at(-1)?.seq ?? from}`, { key });
      for (const size of cuts) {
        const part = await reconnect();
        await until('some events', () => part.events.length >= size || over);
        part.leave();
        seen.push(...part.events.slice(0, size));
      }
      await marked;
      const newest = await lastSeq();
      const end = await reconnect();
      if ((seen.at(-1)?.seq ?? 0) < newest) await caughtUp(end, newest);
      end.leave();
      seen.push(...end.events);
      await caughtUp(uncut, newest);
      const upTo = (events: SeenEvent[]) =>
        lasting(events).filter(({ seq }) => (seq ?? 0) > from && (seq ?? 0) <= newest);
      expect(upTo(seen)).toEqual(upTo(uncut.events));
      expect(numbers(seen)).toEqual([...new Set(numbers(seen))].sort((a, b) => a - b));
    };
    const cuts = fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 2, maxLength: 6 });
    await fc.assert(fc.asyncProperty(cuts, check), { numRuns: 15, endOnFailure: true });
    uncut.leave();
  });

  it('`after` wins over Last-Event-ID, and an odd header is passed over', async () => {
    const newest = await lastSeq();
    const both = await talks.events(`?after=${newest}`, { lastEventId: 0 });
    const { status } = await talks.fetch('/api/v1/auth/me');
    expect(status).toBe(200);
    expect(both.events).toEqual([]);
    both.leave();
    for (const after of ['-1', 'x', '1.5', '1e400'])
      expect((await talks.fetch(`/api/v1/events?after=${after}`)).status, after).toBe(422);
  });

  it('from a number nobody has given out yet, or one that was pruned, says "too_old" and ends', async () => {
    const own = await startTalks();
    onTestFinished(() => own.close());
    await (await own.stream('hello')).end();
    await own.server.app.events.flush();
    const newest = await own.server.app.events.lastSeq(own.server.app.ownerId);
    const future = await (await own.events(`?after=${newest + 1000}`)).end();
    expect(future.map(({ type }) => type)).toEqual(['too_old']);
    expect(tooOldEventSchema.parse(future[0]?.data).seq).toBe(newest);
    await own.server.app.events.prune(new Date(Date.now() + 60_000));
    const past = await (await own.events('?after=0')).end();
    expect(past.map(({ type }) => type)).toEqual(['too_old']);
    expect(tooOldEventSchema.parse(past[0]?.data).oldest).toBeGreaterThan(0);
    const fine = await own.events(`?after=${newest}`);
    await (await own.stream('again')).end();
    await fine.next('done');
    fine.leave();
  });

  it('to a run whose events were pruned still ends: a repeat after a week does not hang', async () => {
    const own = await startTalks();
    onTestFinished(() => own.close());
    const fields = { client_message_id: crypto.randomUUID() };
    await (await own.stream('hello', { fields })).end();
    await own.server.app.events.flush();
    await own.server.app.events.prune(new Date(Date.now() + 60_000));
    const again = await own.stream('hello', { fields });
    expect((await again.end(3_000)).at(-1)?.type).toBe('done');
  });
});

describe('several readers', () => {
  it('of one session see the same events in the same order', async () => {
    const session = await talks.newSession();
    const [one, two] = await Promise.all([
      talks.events(`?session_id=${session}`),
      talks.events(`?session_id=${session}`),
    ]);
    const own = await (await talks.stream('count 5', { session })).end();
    const newest = own.at(-1)?.seq ?? 0;
    await Promise.all([caughtUp(one, newest), caughtUp(two, newest)]);
    const upTo = (follower: Follower) => lasting(follower.events).filter(({ seq }) => (seq ?? 0) <= newest);
    expect(upTo(one)).toEqual(upTo(two));
    const ofRun = upTo(one).filter(({ type }) => type !== 'session' && type !== 'start');
    expect(ofRun).toEqual(own);
    one.leave();
    two.leave();
  });

  it('one that names no place is told first where it begins: all that is said from there on comes, nothing before', async () => {
    const session = await talks.newSession();
    await (await talks.stream('count 2', { session })).end();
    const before = await lastSeq();
    const follower = await talks.events();
    await until('its first word', () => follower.events.length > 0);
    const [start] = follower.events;
    expect(start?.type).toBe('start');
    const { seq } = startEventSchema.parse(start?.data);
    expect([seq, start?.seq]).toEqual([before, before]);
    const own = await (await talks.stream('count 2', { session })).end();
    await caughtUp(follower, own.at(-1)?.seq ?? 0);
    const ofRun = lasting(follower.events).filter(({ type }) => type !== 'session' && type !== 'start');
    expect(ofRun.slice(0, own.length)).toEqual(own);
    follower.leave();
    const resumed = await talks.events(`?after=${before}`);
    await caughtUp(resumed, own.at(-1)?.seq ?? 0);
    expect(resumed.events.map(({ type }) => type)).not.toContain('start');
    resumed.leave();
  });

  it('one that stops reading is told SLOW_READER and cut off; the run and the others go on', async () => {
    const session = await talks.newSession();
    const { hostname, port } = new URL(talks.url);
    const socket = await new Promise<Socket>((resolve) => {
      const made: Socket = connect({ host: hostname, port: Number(port) }, () => resolve(made));
    });
    socket.write(
      `GET /api/v1/events?session_id=${session} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${testKey}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    const quick = await talks.events(`?session_id=${session}`);
    const runs = 12;
    const { key } = await makeKey(talks);
    // Each run is a burst below what is buffered for a reader, so that only who stops reading falls behind.
    for (let index = 0; index < runs; index += 1) {
      const stream = await talks.stream('flood 12', { session, key });
      await stream.end(20_000);
      await until('the quick reader', () => quick.events.filter(({ type }) => type === 'done').length === index + 1);
      expect(stream.events.at(-1)?.data).toMatchObject({ reason: 'completed' });
    }
    let taken = 0;
    let tail = '';
    socket.on('data', (chunk) => {
      taken += chunk.length;
      tail = (tail + chunk.toString('latin1')).slice(-2_000);
    });
    socket.resume();
    await until(
      'the end of the slow connection',
      () => tail.includes('SLOW_READER') && tail.endsWith('0\r\n\r\n'),
      10_000,
    );
    socket.destroy();
    // Each text went out twice, as a part and as a message: what was kept for the slow one is far less than was said.
    expect(taken).toBeLessThan(runs * 12 * 200_000 - 4 * 1024 * 1024);
    expect(quick.closed).toBe(false);
    quick.leave();
  });
});

describe('a session at work', () => {
  it('takes a second message into the same run', async () => {
    const session = await talks.newSession();
    const first = await talks.stream('run make soup', { session });
    const { id } = await talks.pending(session);
    const second = await talks.stream('and bread', { session });
    await talks.decide(id, { decision: 'allow' });
    const [one, two] = [await first.end(), await second.end()];
    expect(faultsOfRun(one)).toEqual([]);
    expect(faultsOfRun(two)).toEqual([]);
    expect(text(two.at(-1)?.data, 'run_id')).toBe(text(one.at(-1)?.data, 'run_id'));
    const runs = await talks.server.app.db.kysely
      .selectFrom('runs')
      .select('id')
      .where('session_id', '=', session)
      .execute();
    expect(runs.length).toBe(1);
    expect(await textsIn(session)).toMatch(/make soup.*and bread.*You said: and bread/);
  });

  it('is interrupted once, keeps what was said, and is free again; 409 when nothing runs', async () => {
    const session = await talks.newSession();
    const path = `/api/v1/sessions/${session}/interrupt`;
    expect((await talks.post(path)).status).toBe(409);
    const stream = await talks.stream('hang', { session });
    await stream.next('message', (data) => data.type === 'assistant');
    expect(await talks.post(path)).toEqual({ status: 200, body: { status: 'interrupted', session_id: session } });
    const events = await stream.end();
    expect(faultsOfRun(events)).toEqual([]);
    expect(events.at(-1)?.data).toMatchObject({ reason: 'interrupted' });
    expect(events.find(({ type }) => type === 'result')?.data).toMatchObject({
      stop_reason: 'interrupted',
      is_complete: false,
    });
    expect((await talks.post(path)).status).toBe(409);
    expect(await textsIn(session)).toContain('One moment.');
    expect((await (await talks.stream('hello', { session })).end()).at(-1)?.data).toMatchObject({
      reason: 'completed',
    });
  });

  it('can be deleted: the run ends, the reader is told, and nothing of it comes back', async () => {
    const session = await talks.newSession();
    const from = await lastSeq();
    const stream = await talks.stream('hang with secret-of-the-house', { session });
    await stream.next('message', (data) => data.type === 'assistant');
    expect((await talks.fetch(`/api/v1/sessions/${session}`, { method: 'DELETE' })).status).toBe(204);
    expect((await stream.end()).at(-1)?.data).toMatchObject({ reason: 'interrupted' });
    expect((await talks.json(`/api/v1/sessions/${session}`)).status).toBe(404);
    await talks.server.app.events.flush();
    const { kysely } = talks.server.app.db;
    for (const table of ['messages', 'runs', 'approvals', 'checkpoints'] as const)
      expect(await kysely.selectFrom(table).select('id').where('session_id', '=', session).execute(), table).toEqual(
        [],
      );
    const kept = await kysely.selectFrom('events').select(['type', 'data']).where('session_id', '=', session).execute();
    expect(kept.filter(({ data }) => data.includes('secret-of-the-house'))).toEqual([]);
    const replay = await talks.events(`?after=${from}`);
    await caughtUp(replay, await lastSeq());
    expect(replay.events.filter(({ data }) => JSON.stringify(data).includes('secret-of-the-house'))).toEqual([]);
    replay.leave();
  });
});

describe('a key that ends while its streams are open', () => {
  it.each(['revoked', 'rotated'])('%s: streams close within 1.5 s and say why', async (how) => {
    const { key, keyId } = await makeKey(talks);
    const session = await talks.newSession();
    const run = await talks.stream('hang', { session, key });
    const events = await talks.events('', { key });
    await run.next('message', (data) => data.type === 'assistant');
    const path = `/api/v1/api-keys/${keyId}`;
    const ended = performance.now();
    if (how === 'revoked') await talks.fetch(path, { method: 'DELETE' });
    else await talks.post(`${path}/rotate`);
    for (const follower of [run, events]) {
      const seen = await follower.end(1_500);
      expect(field(seen.at(-1)?.data, 'code')).toBe('KEY_REVOKED');
    }
    expect(performance.now() - ended).toBeLessThan(1_500);
    expect((await talks.fetch('/api/v1/auth/me', { headers: { 'X-API-Key': key } })).status).toBe(401);
    await talks.post(`/api/v1/sessions/${session}/interrupt`);
  });

  it('revoked: the run may not use another tool, even one that was allowed before', async () => {
    const { key, keyId } = await makeKey(talks);
    const session = await talks.newSession();
    await talks.stream('look make inventory', { session, key });
    const { id } = await talks.pending(session);
    const before = talks.provider.log.toolsRun.length;
    await talks.fetch(`/api/v1/api-keys/${keyId}`, { method: 'DELETE' });
    await talks.decide(id, { decision: 'allow' });
    await runIs(talks, session, 'completed');
    expect(talks.provider.log.toolsRun.length).toBe(before);
    const { body } = await talks.json(`/api/v1/audit?session_id=${session}&action=tool.denied`);
    expect(body).toMatchObject({ total: 2 });
  });

  it('expired: streams close too, without anybody doing anything', async () => {
    const body = { name: 'short', permissions: {}, expires_at: new Date(Date.now() + 1_200).toISOString() };
    const made = await talks.json('/api/v1/api-keys', body);
    const events = await talks.events('', { key: text(made.body, 'key') });
    const seen = await events.end(3_500);
    expect(field(seen.at(-1)?.data, 'code')).toBe('KEY_REVOKED');
  });
});
