import type { Session } from '@hearth/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { session } from '../../lib/store/testing/make.ts';
import { groupSessions, sourceOf } from './groups.ts';

const now = new Date(2026, 4, 15, 9);
const ago = (days: number): Partial<Session> => ({ last_message_at: new Date(2026, 4, 15 - days, 8).toISOString() });
const shape = (sessions: Session[]) =>
  groupSessions(sessions, now).map(
    ({ name, rows }) => `${name}: ${rows.map((row) => `${row.isFork ? '>' : ''}${row.session.id}`).join(' ')}`,
  );

describe('the list of chats', () => {
  it('is grouped by day, pinned ones first', () => {
    const created = { created_at: new Date(2026, 4, 14, 8).toISOString() };
    const sessions = [
      session('pinned', { pinned: true, ...ago(40) }),
      session('tomorrow', ago(-1)),
      session('today', ago(0)),
      session('never', created),
      session('week', ago(7)),
      session('old', ago(8)),
    ];
    expect(shape(sessions)).toEqual([
      'Pinned: pinned',
      'Today: tomorrow today',
      'Yesterday: never',
      'Last 7 days: week',
      'Older: old',
    ]);
  });

  it('shows a fork under its parent when both are in one group', () => {
    const sessions = [
      session('fork', { parent_session_id: 'parent', ...ago(0) }),
      session('fork of fork', { parent_session_id: 'fork', ...ago(0) }),
      session('other', ago(0)),
      session('parent', ago(0)),
      session('orphan', { parent_session_id: 'parent', ...ago(1) }),
    ];
    expect(shape(sessions)).toEqual(['Today: other parent >fork >fork of fork', 'Yesterday: >orphan']);
  });

  it('shows each chat once', () => {
    const some = fc.array(
      fc.record({ parent: fc.option(fc.nat({ max: 12 })), days: fc.nat({ max: 9 }), pinned: fc.boolean() }),
      {
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(some, (all) => {
        // A parent is older than its forks: no chat can be its own.
        const sessions = all.map(({ parent, days, pinned }, at) =>
          session(`s${at}`, {
            ...ago(days),
            pinned,
            parent_session_id: parent === null || parent >= at ? null : `s${parent}`,
          }),
        );
        const shown = groupSessions(sessions, now).flatMap(({ rows }) => rows.map((row) => row.session.id));
        expect(shown.toSorted()).toEqual(sessions.map(({ id }) => id).toSorted());
      }),
    );
  });

  it('says where a chat came from when nobody began it', () => {
    expect(sourceOf(session('a', { origin: 'cron' }))).toBe('Schedule');
    expect(sourceOf(session('a', { origin: 'heartbeat' }))).toBe('Heartbeat');
    expect(sourceOf(session('a'))).toBeNull();
  });
});
