import { expect, it } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { createTimers } from '../../lib/testing/timers.ts';
import { followMemories } from './follow.ts';

const make = (memoryAt = 0) => {
  const state = createStore(() => ({ memoryAt, seq: 0 }));
  const { timer, pass, count } = createTimers();
  const looks: number[] = [];
  const follow = () => followMemories(state, () => looks.push(state.getState().memoryAt), timer);
  return { state, pass, count, looks, follow };
};

it('looks once for changes that come together, and again for later ones', () => {
  const { state, pass, looks, follow } = make();
  follow();
  for (const memoryAt of [3, 4, 7]) state.setState({ memoryAt });
  pass(1_000);
  expect(looks).toEqual([7]);
  state.setState({ seq: 8 });
  pass(1_000);
  expect(looks).toEqual([7]);
  state.setState({ memoryAt: 9 });
  pass(1_000);
  expect(looks).toEqual([7, 9]);
});

it('looks while changes go on, not only after the last one', () => {
  const { state, pass, looks, follow } = make();
  follow();
  for (let memoryAt = 1; memoryAt <= 10; memoryAt += 1) {
    state.setState({ memoryAt });
    pass(100);
  }
  expect(looks.length).toBeGreaterThan(1);
});

it('asks nothing more on the first visit, and on the next one only when something has come meanwhile', () => {
  const { state, pass, count, looks, follow } = make(5);
  const stop = follow();
  expect(count()).toBe(0);
  state.setState({ memoryAt: 6 });
  stop();
  expect(count()).toBe(0);
  pass(1_000);
  expect(looks).toEqual([]);
  follow()();
  const again = follow();
  pass(1_000);
  expect(looks).toEqual([6]);
  again();
  follow();
  expect(count()).toBe(0);
});
