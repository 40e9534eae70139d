/**
 * Whatever the network does, in whatever order answers and events come: what is on the screen in the end is what the
 * server has, and on the way there no word is shown without the words before it.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activeRun, isOver } from './state.ts';
import { spoken } from './testing/fake-server.ts';
import { chatIds, story } from './testing/script.ts';
import { createWorld, type World } from './testing/world.ts';

type Step =
  | { do: 'publish' | 'deliver' | 'repeat' | 'look' | 'answer' | 'fail' | 'pass'; n: number }
  | { do: 'connect'; how: 'ring' | 'stored' | 'pruned' }
  | { do: 'cut' | 'wake' }
  | { do: 'open' | 'close' | 'reload' | 'older'; chat: string };

const chat = fc.constantFrom(...chatIds);
const early = fc.option(chat, { nil: undefined });
const small = fc.nat({ max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('publish' as const), n: fc.nat({ max: 6 }) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('deliver' as const), n: fc.nat({ max: 8 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('look' as const), n: small }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('answer' as const), n: small }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('repeat' as const, 'fail' as const), n: small }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), n: fc.constantFrom(20, 60) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('connect' as const),
      how: fc.constantFrom('ring' as const, 'stored' as const, 'pruned' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'wake' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('open' as const, 'open' as const, 'close' as const, 'reload' as const, 'older' as const),
      chat,
    }),
  },
);

/** Chats on the screen: the real page never closes what it has not opened. */
const play = async (world: World, open: Set<string>, one: Step): Promise<void> => {
  switch (one.do) {
    case 'connect':
      return world.connect(one.how);
    case 'cut':
      return world.cut();
    case 'wake':
      world.store.wake();
      return world.pass(0);
    case 'open':
      if (!open.has(one.chat)) world.store.openChat(one.chat);
      open.add(one.chat);
      return world.pass(0);
    case 'close':
      if (open.delete(one.chat)) world.store.closeChat(one.chat);
      return world.pass(0);
    case 'reload':
      if (open.has(one.chat)) void world.store.reloadChat(one.chat);
      return world.pass(0);
    case 'older':
      void world.store.loadOlder(one.chat).catch(() => {});
      return world.pass(0);
    default:
      return world[one.do](one.n);
  }
};

/** The chat shows its messages in the server's order, without a gap and none twice; live text has no hole. */
const checkOnTheWay = ({ store, server }: World): void => {
  for (const [id, shown] of Object.entries(store.state.getState().chats)) {
    const all = server.messages(id).map((message) => message.id);
    const ids = shown.messages.map((message) => message.id);
    const from = ids[0] === undefined ? 0 : all.indexOf(ids[0]);
    expect(ids).toEqual(all.slice(from, from + ids.length));
    for (const part of Object.values(shown.live)) {
      for (const block of part.blocks) {
        const said = spoken(server.log, part.message_id, block.index);
        expect(said.slice(0, block.text.length)).toBe(block.text);
      }
    }
  }
};

const comeToRest = async (world: World): Promise<void> => {
  for (let round = 0; round < 60 && !world.isQuiet(); round += 1) {
    if (!world.isConnected()) await world.connect('stored');
    await world.deliver(1_000);
    while (world.requests().length > 0) await world.answer(0);
    await world.pass(1_000);
  }
  expect(world.isQuiet()).toBe(true);
};

/** Nothing moves any more, and nobody has pressed anything: the screen is up to date by itself. */
const checkAtRest = ({ store, server }: World): void => {
  const state = store.state.getState();
  for (const [id, shown] of Object.entries(state.chats)) {
    if (shown.load !== 'ready') continue;
    const all = server.messages(id).map((message) => message.id);
    const ids = shown.messages.map((message) => message.id);
    expect(ids).toEqual(ids.length === 0 ? [] : all.slice(-ids.length));
    expect(ids.length).toBeGreaterThanOrEqual(Math.min(6, all.length));
    expect(shown.hasOlder).toBe(ids.length < all.length);
    const running = server.runs(id).findLast((run) => run.ended_at === null);
    expect(activeRun(shown)?.id).toBe(running?.id);
    for (const run of server.runs(id)) {
      const known = shown.runs[run.id];
      if (known && isOver(run)) expect(known.status).toBe(run.status);
    }
    // What was decided is said at its step, whenever this page was opened.
    for (const { tool_use_id, status } of server.decisions(id)) {
      const known = Object.values(state.approvals).find(({ value }) => value.tool_use_id === tool_use_id)?.value;
      expect((shown.decisions[tool_use_id] ?? known)?.status).toBe(status);
    }
    const live = Object.fromEntries(server.live(id).map((part) => [part.message_id, part]));
    for (const part of Object.values(shown.live)) {
      if (part.blocks.length === 0) continue;
      const texts = (blocks: typeof part.blocks) => blocks.map(({ index, text }) => [index, text]);
      expect(texts(part.blocks)).toEqual(texts(live[part.message_id]?.blocks ?? []));
    }
  }
  const asked = (all: readonly { id: string; status: string }[]): string[] =>
    all.flatMap(({ id, status }) => (status === 'pending' ? id : [])).toSorted();
  expect(asked(Object.values(state.approvals).map(({ value }) => value))).toEqual(asked(server.approvals()));
};

describe('the store under every network', () => {
  it('shows in the end what the server has, and never a hole on the way', async () => {
    await fc.assert(
      fc.asyncProperty(
        story,
        fc.array(step, { maxLength: 90 }),
        fc.boolean(),
        early,
        async (events, steps, finish, earlyChat) => {
          const world = createWorld({ story: events, earlyChat });
          const open = new Set<string>();
          try {
            for (const one of steps) {
              await play(world, open, one);
              checkOnTheWay(world);
            }
            if (finish) await world.publish(events.length);
            await comeToRest(world);
            checkOnTheWay(world);
            for (const id of open) {
              // A load that failed says so, and offers to try again.
              const shown = world.store.state.getState().chats[id];
              if (shown?.problem || shown?.load !== 'ready') await play(world, open, { do: 'reload', chat: id });
            }
            await comeToRest(world);
            checkAtRest(world);
            for (const id of open) expect(world.store.state.getState().chats[id]?.load).toBe('ready');
          } finally {
            world.store.stop();
          }
        },
      ),
      { numRuns: 1_500 },
    );
  });
});
