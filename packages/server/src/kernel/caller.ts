/** Who is calling: the same for the HTTP layer, which finds it out, and for the services, which ask it. */
import type { Permissions } from '@hearth/contract';

/** The authenticated caller. Everything a request may touch follows from `ownerId`, never from the request itself. */
export interface Caller {
  ownerId: string;
  ownerName: string;
  keyId: string;
  keyName: string;
  permissions: Permissions;
  expiresAt: string | null;
  /** Nothing said with the key is remembered. */
  offRecord: boolean;
  via: 'key' | 'cookie';
  /** Which text of the key was used; a rotation changes it. Not a credential. */
  keyHash: string;
  /** Of the web session, when there is one. Not a credential. */
  sessionHash?: string;
}
