/**
 * Telling readers what a session looks like now. Whoever changes something announces it; announcements of one session
 * follow each other, and each reads what is stored when its turn comes, so that an older state is never told after a
 * newer one. Those that wait for their turn are one.
 */
import type { Session } from '@hearth/contract';
import { createTurns } from '../../kernel/turns.ts';
import type { EventLog } from '../events/index.ts';

export interface Announcer {
  /** Reads and tells. Rejects when the session is gone or cannot be read. */
  tell(ownerId: string, id: string): Promise<Session>;
  /** Does `removal` between two announcements and tells that the session is gone. */
  tellRemoval(ownerId: string, id: string, removal: () => Promise<void>): Promise<void>;
}

export interface AnnouncerDeps {
  events: EventLog;
  read: (ownerId: string, id: string) => Promise<Session>;
}

export const createAnnouncer = ({ events, read }: AnnouncerDeps): Announcer => {
  const inTurn = createTurns();
  const waiting = new Map<string, Promise<Session>>();
  return {
    tell(ownerId, id) {
      const known = waiting.get(id);
      if (known) return known;
      const told = inTurn(id, async () => {
        waiting.delete(id);
        const session = await read(ownerId, id);
        events.publish(ownerId, { type: 'session', data: { session, session_id: id } });
        return session;
      });
      waiting.set(id, told);
      return told;
    },
    tellRemoval: (ownerId, id, removal) =>
      inTurn(id, async () => {
        await removal();
        events.publish(ownerId, { type: 'session', data: { session: null, session_id: id } });
      }),
  };
};
