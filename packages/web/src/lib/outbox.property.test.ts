/**
 * Whatever becomes of requests, answers, the login, the network and the page: each message reaches the server once, in
 * the order of its chat, and nothing is left over. What the server refused waits for a person.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryKv } from './kv.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { createPostOffice, type Fate } from './testing/post-office.ts';
import { createTimers, turns } from './testing/timers.ts';

const chats = ['s0', 'new-1', 'new-2'] as const;

type Step =
  | { do: 'say'; chat: (typeof chats)[number]; how: 'now' | 'queue'; real: boolean }
  | { do: 'reply'; which: number; fate: Fate }
  | { do: 'busy'; chat: (typeof chats)[number] }
  | { do: 'pass'; ms: number }
  | { do: 'reopen'; arrives: boolean }
  | { do: 'offline' | 'wake' | 'decide' | 'see' | 'now' };

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ how: 'ok' } as const) },
  {
    weight: 3,
    arbitrary: fc.record({
      how: fc.constant('lost' as const),
      arrived: fc.boolean(),
      status: fc.constantFrom(0 as const, 408 as const, 500 as const, 502 as const, 504 as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      { how: 'denied', status: 429, retryAfter: 3 } as const,
      { how: 'denied', status: 503 } as const,
      { how: 'denied', status: 409, retryAfter: 1 } as const,
      { how: 'denied', status: 401 } as const,
      { how: 'denied', status: 400 } as const,
    ),
  },
);
const chat = fc.constantFrom(...chats);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      chat,
      how: fc.constantFrom('now' as const, 'now' as const, 'queue' as const),
      real: fc.boolean(),
    }),
  },
  { weight: 7, arbitrary: fc.record({ do: fc.constant('reply' as const), which: fc.nat({ max: 3 }), fate }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('busy' as const), chat }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 16_000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const), arrives: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('offline' as const, 'wake' as const, 'decide' as const, 'see' as const, 'now' as const),
    }),
  },
);

const createPage = () => {
  const kv = createMemoryKv();
  const office = createPostOffice();
  const timers = createTimers();
  const busy = new Set<string>();
  const said: { id: string; chat: string }[] = [];
  /** Messages that were once refused: later ones may have gone past them. */
  const refused = new Set<string>();
  let online = true;
  let tab = 0;
  let outbox: Outbox;

  const open = (): void => {
    tab += 1;
    const mine = tab;
    outbox = createOutbox({
      ...{ client: office.client, kv, ownerId: 'owner', now: timers.now, random: () => 0.4711 },
      // A page that was closed has no timers any more.
      timer: (ms, fire) => timers.timer(ms, () => mine === tab && fire()),
      isBusy: (name) => busy.has(name),
      isOnline: () => online,
      onCreated: () => {},
    });
  };
  open();

  const items = () => outbox.state.getState().items;
  const see = (): void => {
    const arrived = new Map(items().flatMap(({ id }) => [[id, office.placeOf(id)] as const]));
    outbox.confirm(new Map([...arrived].flatMap(([id, place]) => (place === undefined ? [] : [[id, place] as const]))));
  };

  const play = (one: Step): void => {
    if (one.do === 'say') {
      const id = `m${said.length}`;
      // The address of the page changes when the session of a new chat is known, or a moment later.
      const name = one.real ? (outbox.state.getState().aliases[one.chat] ?? one.chat) : one.chat;
      said.push({ id, chat: one.chat });
      outbox.send({ id, chat: name, text: id, images: [], settings: {} }, one.how);
    } else if (one.do === 'reply') office.reply(one.which, one.fate);
    else if (one.do === 'busy') {
      if (!busy.delete(one.chat)) busy.add(one.chat);
    } else if (one.do === 'pass') timers.pass(one.ms);
    else if (one.do === 'reopen') {
      office.abandon(one.arrives);
      open();
    } else if (one.do === 'offline') online = !online;
    else if (one.do === 'wake') outbox.wake();
    else if (one.do === 'see') see();
    else if (one.do === 'now') {
      const queued = items().find(({ status }) => status === 'queued');
      if (queued) outbox.sendNow(queued.id);
    } else for (const { id, status } of items()) if (status === 'refused') outbox.retry(id);
  };

  const check = (): void => {
    for (const { id, status } of items()) {
      if (status === 'refused') refused.add(id);
      // Only what is on its way or was answered for can be there.
      if (status === 'waiting' || status === 'queued' || status === 'refused')
        expect(office.placeOf(id), `${id} ${status}`).toBeUndefined();
      if (status === 'accepted') expect(office.placeOf(id)).toBeDefined();
    }
  };

  const calm = async (): Promise<void> => {
    busy.clear();
    online = true;
    // No wake-up from outside: only queued messages wait for one, and it comes with the end of the answer.
    if (items().some(({ status }) => status === 'queued')) outbox.wake();
    for (let round = 0; round < 400; round += 1) {
      while (office.inFlight().length > 0) {
        office.reply(0, { how: 'ok' });
        await turns();
      }
      check();
      if (items().every(({ status }) => status === 'accepted' || status === 'refused')) return;
      timers.pass(15_000);
      await turns();
      if (round === 3) outbox.wake();
    }
  };
  return { play, check, calm, see, items, said, refused, office, kv, outbox: () => outbox };
};

describe('the outbox under every network', () => {
  it('brings each message to the server once, in order, and keeps nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const page = createPage();
        await turns();
        for (const one of steps) {
          page.play(one);
          await turns();
          page.check();
        }
        await page.calm();
        page.play({ do: 'decide' });
        await turns();
        await page.calm();
        expect(page.items().map(({ id, status }) => `${id} ${status}`)).toEqual(
          page.items().map(({ id }) => `${id} accepted`),
        );

        const all = [...page.office.sessions.values()].flat();
        expect(all.toSorted()).toEqual(page.said.map(({ id }) => id).toSorted());
        for (const name of chats) {
          const mine = page.said.filter((one) => one.chat === name).map(({ id }) => id);
          const places = [...new Set(mine.map((id) => page.office.placeOf(id)))];
          expect(places.length).toBeLessThanOrEqual(1);
          const inOrder = (page.office.sessions.get(places[0] ?? '') ?? []).filter((id) => !page.refused.has(id));
          expect(inOrder).toEqual(mine.filter((id) => !page.refused.has(id)));
        }
        page.see();
        expect(page.items()).toEqual([]);
        expect(await page.kv.all('outbox:')).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});
