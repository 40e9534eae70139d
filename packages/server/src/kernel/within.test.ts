import { expect, it } from 'vitest';
import { createFakeClock } from './fake-clock.ts';
import { within } from './within.ts';

it('gives the outcome in time, or says that it is late', async () => {
  const clock = createFakeClock();
  expect(await within(clock, 10, Promise.resolve('done'))).toBe('done');
  await expect(within(clock, 10, Promise.reject(new Error('no')))).rejects.toThrow('no');
  const never = within(clock, 10, new Promise<string>(() => {}));
  clock.advance(10);
  expect(await never).toBe('late');
});
