import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPromptCache } from './prompt-cache.ts';
import { assistant, offers, requestBody, type TestMessage, user } from './testing.ts';
import { inputTokensOf } from './tokens.ts';

const mark = { cache_control: { type: 'ephemeral' } };
const marked = (text: string) => [{ type: 'text', text, ...mark }];
const system = [{ type: 'text', text: 'You are a test. '.repeat(10), ...mark }];

test('first written, then read, and a longer conversation reads what it shares', () => {
  const cache = createPromptCache();
  const first = [user(marked('hello'))];
  const one = cache.account(requestBody(first, { system }));
  expect(one).toEqual({ input_tokens: 0, cache_creation_input_tokens: 42, cache_read_input_tokens: 0 });
  expect(cache.account(requestBody(first, { system })).cache_read_input_tokens).toBe(42);
  // The mark has moved on, as clients do it.
  const longer = [user([{ type: 'text', text: 'hello' }]), assistant('hi'), user(marked('more'))];
  expect(cache.account(requestBody(longer, { system }))).toEqual({
    input_tokens: 0,
    cache_creation_input_tokens: 2,
    cache_read_input_tokens: 42,
  });
});

test('another system prompt, tool or model shares nothing', () => {
  const cache = createPromptCache();
  const messages = [user(marked('hello'))];
  cache.account(requestBody(messages, { system }));
  const others = [{ system: 'other' }, { system, tools: offers('A') }, { system, model: 'claude-other' }];
  for (const other of others) expect(cache.account(requestBody(messages, other)).cache_read_input_tokens).toBe(0);
});

test('without marks nothing is cached', () => {
  const cache = createPromptCache();
  cache.account(requestBody([user('hello')]));
  expect(cache.account(requestBody([user('hello')]))).toEqual({
    input_tokens: 2,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
  });
});

test('the oldest entries are forgotten', () => {
  const cache = createPromptCache({ maxEntries: 2 });
  for (const word of ['a', 'b', 'c']) cache.account(requestBody([user(marked(word))]));
  expect(cache.account(requestBody([user(marked('c'))])).cache_read_input_tokens).toBe(1);
  expect(cache.account(requestBody([user(marked('a'))])).cache_read_input_tokens).toBe(0);
});

test('the counts always add up to the input', () => {
  const block = fc.record({
    type: fc.constant('text'),
    text: fc.string(),
    cache_control: fc.constantFrom(null, mark.cache_control),
  });
  const message: fc.Arbitrary<TestMessage> = fc.array(block, { minLength: 1, maxLength: 3 }).map(user);
  const cache = createPromptCache();
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 4 }), (messages) => {
      const body = requestBody(messages);
      const usage = cache.account(body);
      const sum = usage.input_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens;
      expect(sum).toBe(inputTokensOf(body));
      expect(Math.min(...Object.values(usage))).toBeGreaterThanOrEqual(0);
    }),
  );
});
