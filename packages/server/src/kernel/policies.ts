/**
 * How long we wait for each dependency, how often we try again, and when we stop asking. One policy per dependency, in
 * this one place; the numbers are the seed's table "Timeout Settings". Retries never multiply: callers do not add their
 * own, and only what may be repeated goes through a policy with retries.
 */
import {
  BrokenCircuitError,
  ConsecutiveBreaker,
  ConstantBackoff,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  type IPolicy,
  noop,
  retry,
  TaskCancelledError,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import { AppError, isAppError } from './errors.ts';

export type Limits = {
  connectMs: number;
  requestMs: number;
  retries: number;
  /** Waits between tries, growing from the first to the second; a tenth of a second to two seconds unless told. */
  backoffMs?: readonly [number, number];
  /** The whole time of a read somebody waits for, its one repetition included. */
  quickMs?: number;
  /** Opens after so many failures in a row; one probe after `halfOpenMs`. */
  breaker?: { failures: number; halfOpenMs: number };
};

export const dependencyLimits = {
  postgres: { connectMs: 5_000, requestMs: 30_000, retries: 0 },
  redis: { connectMs: 1_000, requestMs: 3_000, retries: 2 },
  model: { connectMs: 5_000, requestMs: 120_000, retries: 1, breaker: { failures: 5, halfOpenMs: 60_000 } },
  extraction: { connectMs: 5_000, requestMs: 120_000, retries: 1, breaker: { failures: 5, halfOpenMs: 10_000 } },
  neo4j: { connectMs: 3_000, requestMs: 10_000, retries: 0, breaker: { failures: 5, halfOpenMs: 10_000 } },
  qdrant: {
    connectMs: 3_000,
    requestMs: 10_000,
    retries: 3,
    backoffMs: [2_000, 10_000],
    quickMs: 4_500,
    breaker: { failures: 5, halfOpenMs: 10_000 },
  },
  tei: {
    connectMs: 3_000,
    requestMs: 30_000,
    retries: 2,
    quickMs: 5_000,
    breaker: { failures: 5, halfOpenMs: 10_000 },
  },
  embeddings: {
    connectMs: 3_000,
    requestMs: 30_000,
    retries: 2,
    quickMs: 5_000,
    breaker: { failures: 5, halfOpenMs: 10_000 },
  },
} as const satisfies Record<string, Limits>;
export type Dependency = keyof typeof dependencyLimits;

export interface DependencyPolicy {
  readonly limits: Limits;
  /** Runs `call` under the limits. Throws SERVICE_UNAVAILABLE when time is up or the breaker is open. */
  run<T>(call: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** As `run` for a read somebody waits for: one repetition at once, and an end after `quickMs`. Same breaker. */
  quick<T>(call: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T>;
  readonly open: boolean;
}

export type PolicyOptions = {
  /** False for a failure that the caller brought about (a 4xx, an abort): it neither retries nor trips the breaker. */
  isFailure?: (error: unknown) => boolean;
};

const isUpstreamFailure = (error: unknown): boolean => !isAppError(error) || error.code === 'SERVICE_UNAVAILABLE';

const toAppError = (error: unknown, name: string, limits: Limits): unknown => {
  if (error instanceof BrokenCircuitError) {
    const retryAfter = Math.ceil((limits.breaker?.halfOpenMs ?? 1_000) / 1_000);
    return new AppError('SERVICE_UNAVAILABLE', `The ${name} is not available at the moment`, {
      cause: error,
      retryAfter,
    });
  }
  if (error instanceof TaskCancelledError) {
    return new AppError('SERVICE_UNAVAILABLE', `The ${name} did not answer in time`, { cause: error, retryAfter: 5 });
  }
  return error;
};

export const createPolicy = (name: string, limits: Limits, options: PolicyOptions = {}): DependencyPolicy => {
  const failures = handleWhen(options.isFailure ?? isUpstreamFailure);
  const [initialDelay, maxDelay] = limits.backoffMs ?? [100, 2_000];
  const retrying: IPolicy =
    limits.retries === 0
      ? noop
      : retry(failures, {
          maxAttempts: limits.retries,
          backoff: new ExponentialBackoff({ initialDelay, maxDelay }),
        });
  const breaker = limits.breaker
    ? circuitBreaker(failures, {
        halfOpenAfter: limits.breaker.halfOpenMs,
        breaker: new ConsecutiveBreaker(limits.breaker.failures),
      })
    : undefined;
  const timed = timeout(limits.requestMs, TimeoutStrategy.Aggressive);
  const guarded = breaker ? wrap(breaker, timed) : timed;
  const policy = wrap(retrying, guarded);
  const once = retry(failures, { maxAttempts: 1, backoff: new ConstantBackoff(100) });
  const quick = wrap(timeout(limits.quickMs ?? limits.requestMs, TimeoutStrategy.Aggressive), once, guarded);

  const under =
    (rules: IPolicy): DependencyPolicy['run'] =>
    async (call, signal) => {
      try {
        return await rules.execute(({ signal: inner }) => call(inner), signal);
      } catch (error) {
        throw toAppError(error, name, limits);
      }
    };

  return {
    limits,
    run: under(policy),
    quick: under(quick),
    get open() {
      return breaker?.state === 1;
    },
  };
};

export const createPolicies = (): Record<Dependency, DependencyPolicy> => ({
  postgres: createPolicy('database', dependencyLimits.postgres),
  redis: createPolicy('cache', dependencyLimits.redis),
  model: createPolicy('model', dependencyLimits.model),
  extraction: createPolicy('model that finds facts', dependencyLimits.extraction),
  neo4j: createPolicy('graph store', dependencyLimits.neo4j),
  qdrant: createPolicy('search index', dependencyLimits.qdrant),
  tei: createPolicy('embedding service', dependencyLimits.tei),
  embeddings: createPolicy('embedding service', dependencyLimits.embeddings),
});
