/**
 * Rate limits. A bucket names a limit, a key names who is counted. Counting is exact: of any number of parallel calls
 * in one window, never more than `limit` are allowed. The answer holds whole numbers, ready for the headers.
 * A limiter never throws because its backend is away: it then counts on its own, more strictly, never without a limit.
 */
export const rateBuckets = {
  interactive: { limit: 60, windowSeconds: 60 },
  session_create: { limit: 20, windowSeconds: 60 },
  heartbeat_trigger: { limit: 10, windowSeconds: 3_600 },
  /** Failed sign-ins, counted per network address. */
  auth_failure: { limit: 20, windowSeconds: 60 },
} as const satisfies Record<string, { limit: number; windowSeconds: number }>;
export type RateBucket = keyof typeof rateBuckets;

export type RateDecision = {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** Epoch seconds at which the window ends. */
  resetAt: number;
  /** Seconds to wait; 0 when the call is allowed. */
  retryAfter: number;
};

export interface Limiter {
  /** Counts `cost` (default 1) and says whether the call may go on. */
  consume(bucket: RateBucket, key: string, cost?: number): Promise<RateDecision>;
  /** What `consume` would answer for a cost of 1, without counting. */
  peek(bucket: RateBucket, key: string): Promise<RateDecision>;
  /** Rejects when the backend is away; the limiter itself goes on working. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
