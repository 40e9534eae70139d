import { expect, it } from 'vitest';
import { AppError } from '../../kernel/errors.ts';
import { createFakeClock } from '../../kernel/fake-clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { createNear, type NearDeps } from './near.ts';

const facts = [{ text: 'The owner likes tea.', author: 'owner' as const }];
const make = (embed: NearDeps['embedder']['embed']) => {
  const clock = createFakeClock();
  const unused = (): never => {
    throw new Error('there is nothing to ask for');
  };
  const near = createNear({
    store: { byIds: unused },
    index: { query: unused },
    embedder: { embed },
    sync: { ensureSpace: async () => {} },
    clock,
    log: silentLog,
  });
  return { near, clock };
};

it('nothing is known to be said again while the embedder is away', async () => {
  const { near } = make(() => Promise.reject(new AppError('SERVICE_UNAVAILABLE', 'away')));
  expect(await near.find('owner', 'main', facts)).toEqual([null]);
});

it('an embedder that hangs is not waited for, and is told so', async () => {
  const asked = Promise.withResolvers<AbortSignal | undefined>();
  const { near, clock } = make((_texts, { signal }) => {
    asked.resolve(signal);
    return new Promise(() => {});
  });
  const found = near.find('owner', 'main', facts);
  const signal = await asked.promise;
  clock.advance(10_000);
  expect(await found).toEqual([null]);
  expect(signal?.aborted).toBe(true);
});

it('a fault of ours is not hidden', async () => {
  const { near } = make(() => Promise.reject(new TypeError('a fault')));
  await expect(near.find('owner', 'main', facts)).rejects.toThrow('a fault');
});
