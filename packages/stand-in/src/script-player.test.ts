import { expect, test } from 'vitest';
import { toModelRequest } from './model-request.ts';
import { answer, text } from './script.ts';
import { createScriptPlayer } from './script-player.ts';
import { requestBody, user } from './testing.ts';

const request = (prompt: string, extra: Record<string, unknown> = {}, session: string | null = 's') =>
  toModelRequest(requestBody([user(prompt)], extra), session);

test('a step with a condition waits for its request', () => {
  const player = createScriptPlayer();
  player.set([answer('cake', { when: 'CAKE' }), answer('tea', { when: /^tea/ }), 'any']);
  expect(player.next(request('nothing'))).toBe('any');
  expect(player.next(request('nothing'))).toBeUndefined();
  expect(player.next(request('tea please'))).toMatchObject({ content: [text('tea')] });
  expect(player.next(request('a cake'))).toMatchObject({ content: [text('cake')] });
  expect(player.next(request('a cake'))).toBeUndefined();
});

test('a side request of a session uses up no list, but a function sees it', () => {
  const player = createScriptPlayer();
  const side = { model: 'claude-haiku-5-5' };
  player.set(['one']);
  expect(player.next(request('title', side))).toBeUndefined();
  expect(player.next(request('title', side, null))).toBe('one');
  player.set(({ isSide }) => (isSide ? 'side' : undefined));
  expect(player.next(request('title', side))).toBe('side');
  expect(player.next(request('hello'))).toBeUndefined();
});

test('the list of the caller stays whole', () => {
  const player = createScriptPlayer();
  const steps = ['one'];
  player.set(steps);
  player.next(request('x'));
  expect(steps).toEqual(['one']);
});
