import type { HearthEvent } from '@hearth/contract';
import { describe, expect, it } from 'vitest';
import { turns } from '../testing/timers.ts';
import * as make from './testing/make.ts';
import {
  answerAll,
  answered,
  asked,
  chatIn,
  ids,
  live,
  openedAt,
  second,
  started,
  story,
  third,
  withoutNumber,
} from './testing/short-story.ts';
import { createWorld, type World } from './testing/world.ts';

describe('a chat on the screen', () => {
  it('is loaded, then follows the events', async () => {
    const world = await openedAt(started);
    expect(chatIn(world)?.load).toBe('ready');
    expect(live(world)).toBe('one ');
    await world.publish(100);
    await world.deliver(100);
    expect(ids(world)).toEqual(['question', 'answer']);
    expect(live(world)).toBeUndefined();
    world.store.stop();
  });

  it('that was loaded before the stream was open is loaded again: something may have been said in between', async () => {
    const world = createWorld({ story });
    world.store.openChat('chat');
    await turns();
    await answerAll(world);
    expect(chatIn(world)?.load).toBe('ready');
    await world.publish(asked);
    await world.connect('ring');
    expect(chatIn(world)?.load).toBe('cached');
    await answerAll(world);
    expect(ids(world)).toEqual(['question']);
    expect(chatIn(world)?.load).toBe('ready');
    world.store.stop();
  });

  it('that was loaded before the stream was open is not loaded again when nothing was said in between', async () => {
    const world = createWorld({ story });
    await world.publish(asked);
    world.store.openChat('chat');
    await turns();
    await answerAll(world);
    const loaded = chatIn(world);
    await world.connect('ring');
    expect(world.requests().toSorted()).toEqual(['approvals', 'sessions']);
    expect(chatIn(world)).toBe(loaded);
    await world.publish(100);
    await world.deliver(100);
    expect(ids(world)).toEqual(['question', 'answer']);
    world.store.stop();
  });

  it('that could not be loaded is asked for again when the line comes', async () => {
    const world = createWorld({ story });
    world.store.openChat('chat');
    await turns();
    await world.connect('ring');
    await world.fail(world.requests().indexOf('messages chat'));
    await answerAll(world);
    expect(chatIn(world)).toMatchObject({ load: 'ready', problem: null });
    world.store.stop();
  });

  it('whose first answer the browser had asked for ahead of the stream is loaded again', async () => {
    const world = createWorld({ story, earlyChat: 'chat' });
    await world.publish(asked);
    await world.connect('ring');
    world.store.openChat('chat');
    await turns();
    await world.publish(answered - asked);
    await world.deliver(100);
    await answerAll(world);
    expect(ids(world)).toEqual(['question', 'answer']);
    expect(chatIn(world)).toMatchObject({ load: 'ready', hasHoles: false });
    world.store.stop();
  });

  it('adds no words after a hole, until a snapshot has filled it', async () => {
    const world = await openedAt(started);
    await world.cut();
    await world.publish(second - started);
    await world.connect('stored');
    await world.publish(third - second);
    await world.deliver(1);
    await world.pass(60);
    expect(live(world)).toBe('one ');
    await answerAll(world);
    expect(live(world)).toBe('one two three ');
    world.store.stop();
  });

  it('adds no words to a page that was read before the stream broke', async () => {
    const world = await openedAt(started - 2);
    void world.store.reloadChat('chat');
    await world.publish(2);
    for (let at = 0; at < 3; at += 1) await world.look(world.requests().indexOf('messages chat'));
    await world.cut();
    await world.publish(1);
    await world.connect('stored');
    await world.publish(1);
    await world.deliver(1);
    await world.pass(60);
    await world.answer(world.requests().indexOf('messages chat'));
    expect(live(world)).toBe('one ');
    await answerAll(world);
    expect(live(world)).toBe('one two three ');
    world.store.stop();
  });

  it('does not show words twice that became a message while it was loaded', async () => {
    const world = await openedAt(asked);
    await world.publish(answered - asked);
    void world.store.reloadChat('chat');
    for (let at = 0; at < 3; at += 1) await world.look(world.requests().indexOf('messages chat'));
    await world.deliver(4);
    await world.pass(60);
    await answerAll(world);
    expect(ids(world)).toEqual(['question', 'answer']);
    expect(live(world)).toBeUndefined();
    await world.deliver(100);
    expect(live(world)).toBeUndefined();
    world.store.stop();
  });

  it('hangs nothing onto what is old after events were lost, also when loading fails', async () => {
    const world = await openedAt(asked);
    await world.cut();
    await world.publish(answered - asked);
    await world.connect('pruned');
    await world.connect('ring');
    while (world.requests().length > 0) await world.fail(0);
    await world.publish(100);
    await world.deliver(100);
    expect(ids(world)).toEqual(['question']);
    expect(chatIn(world)).toMatchObject({ load: 'cached', problem: 'Failed with 0' });
    await world.cut();
    await world.connect('ring');
    await answerAll(world);
    expect(chatIn(world)).toMatchObject({ load: 'ready', problem: null });
    expect(ids(world)).toEqual(['question', 'answer']);
    world.store.stop();
  });

  it('that does not exist says so; one that cannot be loaded says why', async () => {
    const world = createWorld({ story });
    world.store.openChat('chat');
    await turns();
    await world.fail(0, 500);
    expect(chatIn(world)).toMatchObject({ load: 'error', problem: 'Failed with 500' });
    void world.store.reloadChat('chat');
    await world.fail(0, 404);
    expect(chatIn(world)?.load).toBe('gone');
    world.store.stop();
  });

  it('shows older messages page by page', async () => {
    const many = Array.from({ length: 14 }, (_, at) => withoutNumber(make.told(0, `m${at}`)));
    const world = createWorld({ story: many });
    await world.publish(14);
    await world.connect('ring');
    world.store.openChat('chat');
    await turns();
    await answerAll(world);
    expect(ids(world)[0]).toBe('m8');
    for (const first of ['m2', 'm0']) {
      void world.store.loadOlder('chat');
      await answerAll(world);
      expect(ids(world)[0]).toBe(first);
    }
    expect(ids(world)).toEqual(many.map((event) => event.type === 'message' && event.data.uuid));
    await world.store.loadOlder('chat');
    expect(world.requests()).toEqual([]);
    world.store.stop();
  });

  it('is loaded again when somebody went back in it', async () => {
    const cut: HearthEvent = { type: 'session', data: { session_id: 'chat', session: make.session('chat') } };
    const later = make.session('chat', { history_version: 1 });
    const world = createWorld({ story: [cut, { type: 'session', data: { session_id: 'chat', session: later } }] });
    await world.connect('ring');
    world.store.openChat('chat');
    await turns();
    await answerAll(world);
    await world.publish(1);
    await world.deliver(1);
    await answerAll(world);
    await world.publish(1);
    await world.deliver(1);
    expect(world.requests()).toEqual(['messages chat']);
    world.store.stop();
  });
});

describe('chats in memory', () => {
  it('are at most eight besides the ones on the screen', async () => {
    const world = createWorld();
    for (let at = 0; at < 12; at += 1) {
      world.store.openChat(`c${at}`);
      await turns();
      await answerAll(world);
      world.store.closeChat(`c${at}`);
    }
    expect(Object.keys(world.store.state.getState().chats).length).toBeLessThanOrEqual(9);
    expect(world.store.state.getState().chats.c11).toBeDefined();
    world.store.stop();
  });

  it('that are not on the screen are forgotten when events were lost', async () => {
    const world = await openedAt(asked);
    await world.deliver(1);
    world.store.closeChat('chat');
    await world.publish(1);
    await world.deliver(1);
    await world.cut();
    await world.connect('pruned');
    expect(chatIn(world)).toBeUndefined();
    world.store.stop();
  });
});

describe('what is remembered', () => {
  it('may have changed when events were lost, not when they all came', async () => {
    const world = await openedAt(asked);
    const memoryAt = (): number => world.store.state.getState().memoryAt;
    await world.cut();
    await world.connect('ring');
    expect(memoryAt()).toBe(0);
    await world.publish(1);
    await world.cut();
    await world.connect('pruned');
    await world.connect('ring');
    expect(memoryAt()).toBeGreaterThan(0);
    world.store.stop();
  });
});

describe('questions to a person', () => {
  it('are fetched when they are told of', async () => {
    const world = await openedAt(asked);
    await world.publish(6);
    await world.deliver(6);
    expect(world.requests()).toEqual(['approval ask']);
    await answerAll(world);
    expect(world.store.state.getState().approvals.ask?.value.status).toBe('pending');
    world.store.stop();
  });

  it('that were decided while they were fetched are not shown as open', async () => {
    const world = await openedAt(asked);
    await world.publish(6);
    await world.deliver(6);
    await world.look(0);
    await world.publish(1);
    await world.deliver(1);
    await answerAll(world);
    expect(world.store.state.getState().approvals.ask?.value.status).toBe('allowed');
    world.store.stop();
  });

  it('are listed when one cannot be fetched', async () => {
    const world = await openedAt(asked);
    await world.publish(6);
    await world.deliver(6);
    await world.fail(0, 503);
    expect(world.requests()).toEqual(['approvals']);
    await world.fail(0, 503);
    expect(world.store.state.getState().approvalsLoad).toBe('ready');
    world.store.stop();
  });
});

describe('the line', () => {
  it('says whether it is up, and when the login is over', async () => {
    const world = createWorld();
    expect(world.store.state.getState().link.status).toBe('connecting');
    await world.connect('ring');
    expect(world.store.state.getState().link.status).toBe('live');
    expect(world.calls.live).toBe(1);
    await world.cut();
    expect(world.store.state.getState().link).toMatchObject({ status: 'down', message: 'Failed with 0' });
    await world.refuse(401);
    expect(world.calls.signedOut).toBe(1);
    world.store.stop();
  });

  it('says that lists could not be loaded', async () => {
    const world = createWorld();
    await world.connect('ring');
    while (world.requests().length > 0) await world.fail(0);
    expect(world.store.state.getState()).toMatchObject({ sessionsLoad: 'error', approvalsLoad: 'error' });
    world.store.stop();
  });
});

describe('a list that could not be loaded', () => {
  const failedFirst = async (): Promise<World> => {
    const world = createWorld({ story });
    await world.publish(7);
    await world.connect('ring');
    await world.fail(world.requests().indexOf('approvals'));
    await world.fail(world.requests().indexOf('sessions'));
    return world;
  };
  const pending = ({ store }: World): string[] => Object.keys(store.state.getState().approvals);

  it('says so, and is tried again by itself while the line stands, until it is there', async () => {
    const world = await failedFirst();
    expect(world.store.state.getState()).toMatchObject({ approvalsLoad: 'error', sessionsLoad: 'error' });
    await world.pass(4_999);
    expect(world.requests()).toEqual([]);
    await world.pass(1);
    expect(world.requests().toSorted()).toEqual(['approvals', 'sessions']);
    await world.fail(world.requests().indexOf('approvals'));
    await answerAll(world);
    expect(world.store.state.getState().sessionsLoad).toBe('ready');
    await world.pass(5_000);
    await answerAll(world);
    expect(pending(world)).toEqual(['ask']);
    await world.pass(60_000);
    expect(world.requests()).toEqual([]);
  });

  it('is not asked for without a line, nor after the end', async () => {
    const cut = await failedFirst();
    await cut.cut();
    await cut.pass(5_000);
    expect(cut.requests()).toEqual([]);
    const over = await failedFirst();
    over.store.stop();
    await over.pass(5_000);
    expect(over.requests()).toEqual([]);
  });
});
