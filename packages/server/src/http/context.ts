/** What every handler can rely on: who is calling, from where, and the id that ties a request to its log lines. */
import type { Permissions } from '@hearth/contract';

/** The authenticated caller. Everything a request may touch follows from `ownerId`, never from the request itself. */
export interface Caller {
  ownerId: string;
  ownerName: string;
  keyId: string;
  keyName: string;
  permissions: Permissions;
  expiresAt: string | null;
  via: 'key' | 'cookie';
  /** Which text of the key was used; a rotation changes it. Not a credential. */
  keyHash: string;
  /** Of the web session, when there is one. Not a credential. */
  sessionHash?: string;
}

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
