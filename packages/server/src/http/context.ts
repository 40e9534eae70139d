/** What every handler can rely on: who is calling, from where, and the id that ties a request to its log lines. */
import type { Caller } from '../kernel/caller.ts';

/** The rules of the matched route, as the guard read them from the route table. */
export interface RouteMarks {
  idempotency: 'replay' | 'once' | null;
}

export interface HttpEnv {
  Variables: {
    marks: RouteMarks;
    /** Set by the guard for every route that is not public. */
    caller: Caller;
    correlationId: string;
    ip: string;
  };
}
