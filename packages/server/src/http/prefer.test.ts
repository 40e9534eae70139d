import { expect, it } from 'vitest';
import { prefersAsync } from './prefer.ts';

it.each([
  'respond-async',
  'Respond-Async',
  'respond-async, wait=10',
  'return=minimal ,respond-async;foo',
  'a="x, y",respond-async',
])('%s asks for an answer at once', (header) => expect(prefersAsync(header)).toBe(true));

it.each([
  undefined,
  '',
  'wait=10',
  'respond-asynchronously',
  'x="respond-async"',
  'x="a, respond-async, b"',
  'x=respond-async',
])('%s does not', (header) => expect(prefersAsync(header)).toBe(false));
