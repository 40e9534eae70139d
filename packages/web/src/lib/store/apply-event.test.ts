import type { NumberedEvent } from '@hearth/contract';
import { describe, expect, it } from 'vitest';
import { applyEvent, listedSessions } from './apply-event.ts';
import { activeRun, type Chat, emptyState, type HearthState } from './state.ts';
import * as make from './testing/make.ts';

const after = (state: HearthState, ...events: NumberedEvent[]): HearthState =>
  events.reduce((next, event) => applyEvent(next, event, make.now), state);
const chatAfter = (chat: Partial<Chat>, ...events: NumberedEvent[]): Chat | undefined =>
  after(make.showing(chat), ...events).chats.chat;
const ids = (chat: Chat | undefined): string[] => chat?.messages.map(({ id }) => id) ?? [];
const liveText = (chat: Chat | undefined): string[] =>
  Object.values(chat?.live ?? {}).flatMap((part) => part.blocks.map((block) => block.text));

describe('a message', () => {
  it('is added once, however often it is told', () => {
    expect(ids(chatAfter({}, make.told(1, 'a'), make.told(2, 'b'), make.told(1, 'a'), make.told(2, 'b')))).toEqual([
      'a',
      'b',
    ]);
  });

  it('that the snapshot contains changes nothing', () => {
    const before = make.showing({ seq: 5 });
    expect(after(before, make.told(5, 'a')).chats).toBe(before.chats);
  });

  it('takes the place of the words that announced it', () => {
    const chat = chatAfter({}, make.starts(1), make.word(2, 'Hel'), make.told(3, 'a', { message_id: 'm' }));
    expect(ids(chat)).toEqual(['a']);
    expect(liveText(chat)).toEqual([]);
  });

  it('makes its run known', () => {
    expect(activeRun(chatAfter({}, make.told(1, 'a')))?.id).toBe('run');
  });

  it('is not hung onto a copy: others may be missing before it', () => {
    const copy = { load: 'cached', messages: [make.message('old')] } as const;
    expect(ids(chatAfter(copy, make.told(9, 'new')))).toEqual(['old']);
  });

  it('of a chat that is not here is not kept', () => {
    expect(after(emptyState, make.told(4, 'a'))).toEqual({ ...emptyState, seq: 4 });
  });

  it('carries what the list of messages would say of it', () => {
    const [message] =
      chatAfter({}, make.told(1, 'a', { type: 'user', client_message_id: 'mine', status: 'interrupted' }))?.messages ??
      [];
    expect(message).toMatchObject({
      ...{ id: 'a', session_id: 'chat', run_id: 'run', type: 'user', status: 'interrupted' },
      ...{ client_message_id: 'mine', model: null, usage: null, created_at: make.now },
    });
  });
});

describe('words', () => {
  it('add up', () => {
    expect(liveText(chatAfter({}, make.starts(1), make.word(2, 'Hel'), make.word(3, 'lo')))).toEqual(['Hello']);
  });

  it('that come again, without a beginning, after a hole or onto a copy are not added', () => {
    const known = [make.starts(1), make.word(2, 'Hel')];
    expect(liveText(chatAfter({}, ...known, ...known))).toEqual(['Hel']);
    expect(liveText(chatAfter({}, make.word(2, 'lo')))).toEqual([]);
    expect(liveText(chatAfter({ hasHoles: true }, ...known))).toEqual([]);
    expect(liveText(chatAfter({ load: 'cached' }, ...known))).toEqual([]);
  });

  it('of a run that is over do not come back', () => {
    const chat = chatAfter({}, make.starts(1), make.word(2, 'Hel'), make.done(3, 'interrupted'), make.starts(1));
    expect(liveText(chat)).toEqual([]);
  });

  it('that became a message before the snapshot do not come back', () => {
    expect(liveText(chatAfter({ seq: 7, messages: [make.message('a')] }, make.starts(5), make.word(6, 'Hel')))).toEqual(
      [],
    );
  });

  it('go on where the snapshot stopped', () => {
    const block = { index: 0, type: 'text', text: 'Hel' } as const;
    const part = { run_id: 'run', message_id: 'm', parent_tool_use_id: null, seq: 6, blocks: [block] };
    const chat = chatAfter({ seq: 5, live: { m: part } }, make.word(6, 'Hel'), make.word(7, 'lo'));
    expect(liveText(chat)).toEqual(['Hello']);
  });
});

describe('a run', () => {
  it('tells what it is doing, until it is over', () => {
    const waiting = chatAfter({}, make.status(1, { status: 'waiting', message: 'Waiting for you' }));
    expect(activeRun(waiting)).toMatchObject({ status: 'waiting', note: 'Waiting for you' });
    const over = chatAfter({}, make.status(1, {}), make.done(2), make.status(3, {}));
    expect(activeRun(over)).toBeNull();
    expect(over?.runs.run).toMatchObject({ status: 'completed', ended_at: make.now });
  });

  it.each([
    ['completed', 'completed'],
    ['interrupted', 'interrupted'],
    ['error', 'failed'],
  ] as const)('that ended with %s has %s', (reason, expected) => {
    expect(chatAfter({}, make.done(1, reason))?.runs.run?.status).toBe(expected);
  });

  it('keeps its cost, its error and the memories it used, and takes its list of things to do along', () => {
    const todos = [{ content: 'Look', status: 'pending' }];
    const events = [
      make.other(1, 'init', { model: 'a' }),
      make.other(2, 'todo', { todos }),
      make.other(3, 'result', { total_cost_usd: 0.5, memories_used: ['m'] }),
      make.other(4, 'error', { code: 'OVERLOADED', message: 'Busy' }),
    ];
    const chat = chatAfter({}, ...events);
    expect(chat?.runs.run).toMatchObject({
      status: 'running',
      total_cost_usd: 0.5,
      memories_used: ['m'],
      error: { code: 'OVERLOADED', message: 'Busy' },
    });
    expect(chat?.todos).toEqual(todos);
    expect(chatAfter({}, ...events, make.done(5, 'error'))?.todos).toEqual([]);
  });

  it('is not made up by an error that belongs to none', () => {
    const chat = chatAfter({}, { seq: 1, type: 'error', data: { session_id: 'chat', code: 'X', message: 'X' } });
    expect(chat?.runs).toEqual({});
  });
});

describe('a session', () => {
  it('is what its newest event says', () => {
    const state = after(emptyState, make.changed(5, make.session('chat', { title: 'new' })));
    const late = after(state, make.changed(4, make.session('chat', { title: 'old' })));
    expect(late.sessions.chat?.value?.title).toBe('new');
  });

  it('that was deleted takes its chat and its questions along', () => {
    const state = {
      ...make.showing({ messages: [make.message('a')] }),
      approvals: {
        here: { at: 1, value: make.approval('here') },
        there: { at: 1, value: make.approval('there', { session_id: 'other' }) },
      },
    };
    const gone = after(state, make.changed(5, null));
    expect(gone.chats.chat).toMatchObject({ load: 'gone', messages: [] });
    expect(Object.keys(gone.approvals)).toEqual(['there']);
    expect(listedSessions(gone)).toEqual([]);
  });

  it('is listed by its last message, pinned ones first', () => {
    const at = (minute: number): string => `2026-05-01T12:0${minute}:00.000Z`;
    const state = after(
      emptyState,
      make.changed(1, make.session('never', { created_at: at(3) }), 'never'),
      make.changed(2, make.session('late', { last_message_at: at(5) }), 'late'),
      make.changed(3, make.session('pinned', { pinned: true, last_message_at: at(1) }), 'pinned'),
      make.changed(4, make.session('early', { last_message_at: at(2) }), 'early'),
    );
    expect(listedSessions(state).map(({ id }) => id)).toEqual(['pinned', 'late', 'never', 'early']);
  });
});

describe('a decision', () => {
  it('settles a question that is known, and only that', () => {
    const state = { ...emptyState, approvals: { a: { at: 1, value: make.approval('a') } } };
    const decided = after(state, make.settled(7, 'a', 'denied'), make.settled(8, 'b'));
    expect(decided.approvals.a).toMatchObject({ at: 7, value: { status: 'denied', decided_by: 'phone' } });
    expect(Object.keys(decided.approvals)).toEqual(['a']);
    expect(after(decided, make.settled(9, 'a', 'denied')).approvals).toBe(decided.approvals);
  });

  it('stays with the chat it was made in, for its copy on this device', () => {
    const state = { ...make.showing(), approvals: { a: { at: 1, value: make.approval('a') } } };
    const { chat } = after(state, make.settled(7, 'a', 'denied')).chats;
    expect(chat?.decisions).toEqual({
      a: { tool_use_id: 'a', status: 'denied', decided_by: 'phone', decided_at: make.now },
    });
  });
});

it('an event that says nothing about a chat is only counted', () => {
  const memory: NumberedEvent = { seq: 2, type: 'memory', data: { action: 'added', count: 1 } };
  expect(after(emptyState, memory)).toEqual({ ...emptyState, seq: 2, memoryAt: 2 });
  const health: NumberedEvent = { seq: 3, type: 'health', data: { status: 'ok', degraded_features: [] } };
  expect(after(emptyState, health)).toEqual({ ...emptyState, seq: 3 });
});
