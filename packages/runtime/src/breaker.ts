/**
 * The circuit breaker in front of the model: five upstream failures in a row open it for 60 s, then one probe decides
 * (the seed's numbers). What one caller asked for wrongly never counts.
 */
import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleType } from 'cockatiel';
import { isUpstreamFailure, type TurnOutcome } from './provider.ts';

class UpstreamFailure extends Error {
  readonly outcome: TurnOutcome;
  constructor(outcome: TurnOutcome) {
    super('the model failed');
    this.outcome = outcome;
  }
}

export interface ModelBreaker {
  /** Seconds to wait, or null when a run may start. */
  retryAfter(): number | null;
  /** Runs a turn under the breaker and passes its outcome through. */
  watch(turn: () => Promise<TurnOutcome>): Promise<TurnOutcome>;
}

export interface BreakerOptions {
  threshold?: number;
  openMs?: number;
  now?: () => number;
}

export const createModelBreaker = ({
  threshold = 5,
  openMs = 60_000,
  now = Date.now,
}: BreakerOptions = {}): ModelBreaker => {
  const policy = circuitBreaker(handleType(UpstreamFailure), {
    halfOpenAfter: openMs,
    breaker: new ConsecutiveBreaker(threshold),
  });
  let openedAt = 0;
  policy.onBreak(() => {
    openedAt = now();
  });
  return {
    retryAfter() {
      if (policy.state === CircuitState.HalfOpen) return 5;
      if (policy.state !== CircuitState.Open) return null;
      const leftMs = openedAt + openMs - now();
      return leftMs > 0 ? Math.ceil(leftMs / 1000) : null;
    },
    async watch(turn) {
      try {
        return await policy.execute(async () => {
          const outcome = await turn();
          if (isUpstreamFailure(outcome)) throw new UpstreamFailure(outcome);
          return outcome;
        });
      } catch (error) {
        if (error instanceof UpstreamFailure) return error.outcome;
        throw error;
      }
    },
  };
};
