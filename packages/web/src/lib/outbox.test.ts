import { describe, expect, it } from 'vitest';
import { createMemoryKv, type Kv } from './kv.ts';
import { createOutbox, isLocalChat, type Outbox, type OutboxItem } from './outbox.ts';
import { createPostOffice, type Fate } from './testing/post-office.ts';
import { createTimers, turns } from './testing/timers.ts';

interface Options {
  kv?: Kv;
  office?: ReturnType<typeof createPostOffice>;
  random?: number;
}

const create = async ({ kv = createMemoryKv(), office = createPostOffice(), random = 0.47 }: Options = {}) => {
  const timers = createTimers();
  const busy = new Set<string>();
  const created: string[] = [];
  const line = { online: true };
  const outbox: Outbox = createOutbox({
    ...{ client: office.client, kv, ownerId: 'owner', now: timers.now, timer: timers.timer, random: () => random },
    isBusy: (chat) => busy.has(chat),
    isOnline: () => line.online,
    onCreated: (local, session) => void created.push(`${local} is ${session}`),
  });
  await turns();
  const say = async (id: string, chat = 's0', how: 'now' | 'queue' = 'now'): Promise<void> => {
    outbox.send({ id, chat, text: `text of ${id}`, images: [], settings: {} }, how);
    await turns();
  };
  const reply = async (fate: Fate, which = 0): Promise<void> => {
    office.reply(which, fate);
    await turns();
  };
  const pass = async (ms: number): Promise<void> => {
    timers.pass(ms);
    await turns();
  };
  const item = (id: string): OutboxItem | undefined => outbox.state.getState().items.find((one) => one.id === id);
  return { outbox, office, kv, timers, busy, line, created, say, reply, pass, item };
};

const lost = { how: 'lost', arrived: true, status: 0 } as const;
const ok = { how: 'ok' } as const;

describe('a message', () => {
  it('goes out at once, and leaves when the server’s copy is on the screen', async () => {
    const { outbox, office, say, reply, item, kv } = await create();
    await say('a');
    expect(item('a')?.status).toBe('sending');
    await reply(ok);
    expect(item('a')?.status).toBe('accepted');
    expect(await kv.all('outbox:')).toEqual([]);
    outbox.confirm(new Map([['a', 's0']]));
    expect(outbox.state.getState().items).toEqual([]);
    expect(office.sessions.get('s0')).toEqual(['a']);
  });

  it('waits for the one before it in its chat, not for those of other chats', async () => {
    const { office, say, reply } = await create();
    await say('a');
    await say('b');
    await say('c', 'new-1');
    expect(office.inFlight()).toEqual(['a', 'c']);
    await reply(ok);
    expect(office.inFlight()).toEqual(['c', 'b']);
  });

  it('whose answer was lost is asked for again, and arrives once', async () => {
    const { office, say, reply, item, pass } = await create();
    await say('a');
    await reply(lost);
    expect(item('a')).toMatchObject({ status: 'unconfirmed', problem: 'Failed with 0' });
    await pass(1_000);
    await reply({ how: 'denied', status: 503 });
    expect(item('a')?.status).toBe('unconfirmed');
    await pass(15_000);
    await reply(ok);
    expect(office.sessions.get('s0')).toEqual(['a']);
  });

  it.each([0, 408, 500, 502, 504] as const)('may have arrived after %s', async (status) => {
    const { say, reply, item } = await create();
    await say('a');
    await reply({ how: 'lost', arrived: true, status });
    expect(item('a')?.status).toBe('unconfirmed');
  });

  it.each([
    [401, undefined],
    [429, 2],
    [503, undefined],
    [409, 1],
  ])('has not arrived after %s, and is tried again', async (status, retryAfter) => {
    const { office, say, reply, item, pass } = await create();
    await say('a');
    await reply({ how: 'denied', status, retryAfter });
    expect(item('a')?.status).toBe('waiting');
    await pass(2_000);
    expect(office.inFlight()).toEqual(['a']);
  });

  it.each([400, 404, 409, 413])('that is refused with %s stays until a person decides', async (status) => {
    const { outbox, office, say, reply, item, pass } = await create();
    await say('a');
    await say('b');
    await reply({ how: 'denied', status });
    expect(item('a')).toMatchObject({ status: 'refused', problem: `Failed with ${status}` });
    await pass(60_000);
    outbox.wake();
    await turns();
    expect(office.inFlight()).toEqual(['b']);
    await reply(ok);
    outbox.retry('a');
    await turns();
    expect(office.inFlight()).toEqual(['a']);
  });

  it('can be taken back', async () => {
    const { outbox, say, reply, item, kv } = await create();
    await say('a');
    await reply({ how: 'denied', status: 400 });
    expect(outbox.discard('a')).toMatchObject({ text: 'text of a' });
    expect(outbox.discard('a')).toBeNull();
    expect(item('a')).toBeUndefined();
    expect(await kv.all('outbox:')).toEqual([]);
  });

  it('that is not the server’s fault is refused with its reason', async () => {
    const office = createPostOffice();
    const client = { ...office.client, sessions: { send: () => Promise.reject(new TypeError('no')) } };
    const { say, item } = await create({ office: { ...office, client: client as unknown as typeof office.client } });
    await say('a');
    expect(item('a')).toMatchObject({ status: 'refused', problem: 'no' });
  });
});

describe('trying again', () => {
  it('takes longer each time, up to fifteen seconds, and as long as the server wishes', async () => {
    const { say, reply, item, pass, timers } = await create({ random: 1 });
    await say('a');
    const delays: number[] = [];
    for (let at = 0; at < 7; at += 1) {
      await reply({ how: 'denied', status: 503 });
      delays.push((item('a')?.retryAt ?? 0) - timers.now());
      await pass(15_000);
    }
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    await reply({ how: 'denied', status: 503, retryAfter: 40 });
    expect((item('a')?.retryAt ?? 0) - timers.now()).toBe(40_000);
  });

  it('happens although timers know whole milliseconds only', async () => {
    const { office, say, reply, item, pass, timers } = await create({ random: 0.4711 });
    await say('a');
    await reply(lost);
    const delay = (item('a')?.retryAt ?? 0) - timers.now();
    expect(Number.isInteger(delay)).toBe(false);
    await pass(Math.trunc(delay));
    expect(office.inFlight()).toEqual(['a']);
  });

  it('happens at once when the network is back, and not without it', async () => {
    const { outbox, office, say, reply, line, pass } = await create();
    await say('a');
    await reply(lost);
    line.online = false;
    await pass(60_000);
    expect(office.inFlight()).toEqual([]);
    line.online = true;
    outbox.wake();
    await turns();
    expect(office.inFlight()).toEqual(['a']);
  });

  it('ends with the login: the next one may be somebody else’s', async () => {
    const { outbox, office, say, reply, pass, kv } = await create();
    await say('a');
    await reply({ how: 'denied', status: 401 });
    outbox.stop();
    await pass(60_000);
    outbox.wake();
    await turns();
    expect(office.inFlight()).toEqual([]);
    expect(await kv.all('outbox:owner:')).toHaveLength(1);
  });
});

describe('a queued message', () => {
  it('goes out when the answer is over', async () => {
    const { outbox, office, say, busy } = await create();
    busy.add('s0');
    await say('a', 's0', 'queue');
    await say('b');
    expect(office.inFlight()).toEqual([]);
    busy.delete('s0');
    outbox.wake();
    await turns();
    expect(office.inFlight()).toEqual(['a']);
  });

  it('goes out at once when a person says so', async () => {
    const { outbox, office, say, busy } = await create();
    busy.add('s0');
    await say('a', 's0', 'queue');
    outbox.sendNow('a');
    await turns();
    expect(office.inFlight()).toEqual(['a']);
  });
});

describe('a new chat', () => {
  it('gets its session from the first message, and the others follow into it in their order', async () => {
    const { outbox, office, say, reply, created } = await create();
    await say('a', 'new-1');
    await say('b', 'new-1');
    await reply(ok);
    expect(created).toEqual(['new-1 is s1']);
    await say('c', 's1');
    expect(office.inFlight()).toEqual(['b']);
    await reply(lost);
    expect(office.inFlight()).toEqual([]);
    outbox.wake();
    await turns();
    await reply(ok);
    await reply(ok);
    expect(office.sessions.get('s1')).toEqual(['a', 'b', 'c']);
    expect(isLocalChat('new-1')).toBe(true);
  });

  it('is known although its first message was on the screen before its answer', async () => {
    const { outbox, office, say, reply } = await create();
    await say('a', 'new-1');
    await say('b', 'new-1');
    await reply(lost);
    outbox.confirm(new Map([['a', 's1']]));
    outbox.wake();
    await turns();
    await reply(ok);
    expect(office.sessions.get('s1')).toEqual(['a', 'b']);

    const late = await create();
    await late.say('a', 'new-1');
    await late.say('b', 'new-1');
    late.outbox.discard('a');
    await late.reply(ok);
    await late.reply(ok);
    expect(late.office.sessions.get('s1')).toEqual(['a', 'b']);
  });
});

describe('after the page was closed', () => {
  it('what was being sent is found out, in its order, before anything new', async () => {
    const office = createPostOffice();
    const kv = createMemoryKv();
    const before = await create({ office, kv });
    await before.say('a', 'new-1');
    await before.say('b', 'new-1');
    office.abandon(true);
    const slow: Kv = { ...kv, all: (prefix) => gate.promise.then(() => kv.all(prefix)) };
    const gate = Promise.withResolvers<void>();
    const after = await create({ office, kv: slow });
    await after.say('c', 'new-1');
    expect(office.inFlight()).toEqual([]);
    gate.resolve();
    await turns();
    expect(after.item('a')?.status).toBe('unconfirmed');
    for (let at = 0; at < 3; at += 1) await after.reply(ok);
    expect(office.sessions.get('s1')).toEqual(['a', 'b', 'c']);
  });

  it('messages keep their order although the clock was put back', async () => {
    const kv = createMemoryKv();
    const { outbox, timers, say, line } = await create({ kv });
    line.online = false;
    await say('b');
    timers.pass(-60_000);
    await say('a');
    expect(outbox.state.getState().items.map(({ id }) => id)).toEqual(['b', 'a']);
    const next = await create({ kv });
    expect(next.outbox.state.getState().items.map(({ id }) => id)).toEqual(['b', 'a']);
  });

  it('refused and queued ones are as they were', async () => {
    const kv = createMemoryKv();
    const before = await create({ kv });
    await before.say('a');
    await before.reply({ how: 'denied', status: 400 });
    before.busy.add('s1');
    await before.say('b', 's1', 'queue');
    const after = await create({ kv });
    expect(after.item('a')?.status).toBe('refused');
    expect(after.office.inFlight()).toEqual(['b']);
  });
});
