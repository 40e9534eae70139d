import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from './errors.ts';
import { createPolicies, createPolicy, dependencyLimits } from './policies.ts';

const failing = (error: unknown) => vi.fn(() => Promise.reject(error));
const upstream = new Error('upstream failed');

describe('policies', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  /** Runs to the end of every wait the policy makes. */
  const outcome = async (running: Promise<unknown>): Promise<unknown> => {
    const settled = running.catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    return settled;
  };

  it('tries as often as the table says', async () => {
    const policies = createPolicies();
    for (const [name, times] of [
      ['postgres', 1],
      ['redis', 3],
      ['model', 2],
      ['neo4j', 1],
      ['extraction', 2],
      ['qdrant', 4],
      ['tei', 3],
      ['embeddings', 3],
    ] as const) {
      const call = failing(upstream);
      expect(await outcome(policies[name].run(call))).toBe(upstream);
      expect(call).toHaveBeenCalledTimes(times);
    }
  });

  it('gives up when time is over and tells the call', async () => {
    const policy = createPolicy('thing', { connectMs: 10, requestMs: 3_000, retries: 0 });
    let aborted = false;
    const running = policy.run((signal) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise(() => undefined);
    });
    expect(await outcome(running)).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfter: 5 });
    expect(aborted).toBe(true);
  });

  it('keeps a read somebody waits for within its own time, with one repetition, under the same breaker', async () => {
    const policy = createPolicy('thing', { ...dependencyLimits.tei, breaker: { failures: 5, halfOpenMs: 60_000 } });
    const failed = failing(upstream);
    expect(await outcome(policy.quick(failed))).toBe(upstream);
    expect(failed).toHaveBeenCalledTimes(2);
    const startedMs = Date.now();
    let endedMs = 0;
    const hanging = vi.fn(() => new Promise(() => undefined));
    const running = policy.quick(hanging).finally(() => {
      endedMs = Date.now();
    });
    expect(await outcome(running)).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(endedMs - startedMs).toBe(5_000);
    expect(hanging).toHaveBeenCalledTimes(1);
    await outcome(policy.run(failed));
    expect(policy.open).toBe(true);
    expect(await outcome(policy.quick(failed))).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfter: 60 });
  });

  it('stops asking after five failures in a row, and probes once after a minute', async () => {
    const policy = createPolicies().model;
    const call = failing(upstream);
    for (let i = 0; i < 3; i += 1) await outcome(policy.run(call));
    expect(call.mock.calls.length).toBe(5);
    expect(policy.open).toBe(true);
    expect(await outcome(policy.run(call))).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfter: 60 });
    expect(call.mock.calls.length).toBe(5);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await outcome(policy.run(async () => 'well'))).toBe('well');
    expect(policy.open).toBe(false);
  });

  it('neither repeats nor counts what the caller brought about', async () => {
    const policy = createPolicies().model;
    const call = failing(new AppError('BAD_REQUEST', 'the caller was wrong'));
    for (let i = 0; i < 10; i += 1) expect(await outcome(policy.run(call))).toMatchObject({ code: 'BAD_REQUEST' });
    expect(call).toHaveBeenCalledTimes(10);
    expect(policy.open).toBe(false);
  });
});
