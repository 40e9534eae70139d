/** Chats by day, forks under the chat they came from. Pure. */
import type { Session } from '@hearth/contract';
import { daysAgo } from '../chat/model/time.ts';

export interface Row {
  session: Session;
  isFork: boolean;
}

export interface Group {
  name: string;
  rows: readonly Row[];
}

const timeOf = (session: Session): string => session.last_message_at ?? session.created_at;

const nameOf = (session: Session, now: Date): string => {
  if (session.pinned) return 'Pinned';
  const days = daysAgo(timeOf(session), now);
  if (days <= 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return days <= 7 ? 'Last 7 days' : 'Older';
};

/** `sessions` come newest first, pinned ones leading; a fork follows its parent when both are in one group. */
export const groupSessions = (sessions: readonly Session[], now: Date): Group[] => {
  const groups = new Map<string, Session[]>();
  for (const session of sessions) {
    const name = nameOf(session, now);
    groups.set(name, [...(groups.get(name) ?? []), session]);
  }
  return [...groups].map(([name, members]) => {
    const here = new Set(members.map((member) => member.id));
    const forksOf = (id: string): Session[] => members.filter((member) => member.parent_session_id === id);
    const rows = members.flatMap((session): Row[] => {
      const parent = session.parent_session_id;
      if (parent !== null && here.has(parent)) return [];
      return [{ session, isFork: parent !== null }, ...forksBelow(session.id, forksOf)];
    });
    return { name, rows };
  });
};

const forksBelow = (id: string, forksOf: (id: string) => Session[]): Row[] =>
  forksOf(id).flatMap((session) => [{ session, isFork: true }, ...forksBelow(session.id, forksOf)]);

const sources: Partial<Record<Session['origin'], string>> = { cron: 'Schedule', heartbeat: 'Heartbeat', api: 'API' };
export const sourceOf = (session: Session): string | null => sources[session.origin] ?? null;
