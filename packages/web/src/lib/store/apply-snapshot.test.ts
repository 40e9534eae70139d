import { describe, expect, it } from 'vitest';
import { applyApprovals, applyMessages, applyOlder, applySessions } from './apply-snapshot.ts';
import { activeRun, type Chat, emptyState } from './state.ts';
import * as make from './testing/make.ts';

const ids = (chat: Chat | undefined): string[] => chat?.messages.map(({ id }) => id) ?? [];
const known = (...messages: string[]) => ({ messages: messages.map((id) => make.message(id)) });

describe('a page of messages', () => {
  it('joins what was known before it', () => {
    const state = make.showing({ ...known('a', 'b', 'c'), hasOlder: true, before: 'a' });
    const page = make.page(['c', 'd'], { has_more: true, next_before: 'c' });
    const { chat } = applyMessages(state, 'chat', page, [], make.now).chats;
    expect(ids(chat)).toEqual(['a', 'b', 'c', 'd']);
    expect(chat).toMatchObject({ load: 'ready', hasOlder: true, before: 'a', seq: 10 });
  });

  it('replaces what it does not join', () => {
    const state = make.showing(known('a', 'b'));
    const page = make.page(['d', 'e'], { has_more: true, next_before: 'd' });
    const { chat } = applyMessages(state, 'chat', page, [], make.now).chats;
    expect(ids(chat)).toEqual(['d', 'e']);
    expect(chat).toMatchObject({ hasOlder: true, before: 'd' });
  });

  it('that says nothing new changes no object that is on the screen', () => {
    const page = () => make.page(['a', 'b'], { runs: [make.run('run', 'completed')] });
    const once = applyMessages(make.showing(), 'chat', page(), [], make.now);
    const twice = applyMessages(once, 'chat', page(), [], make.now).chats.chat;
    expect(twice?.messages).toBe(once.chats.chat?.messages);
    expect(twice?.runs.run).toBe(once.chats.chat?.runs.run);
    const longer = applyMessages(once, 'chat', make.page(['a', 'b', 'c']), [], make.now).chats.chat;
    expect(longer?.messages[0]).toBe(once.chats.chat?.messages[0]);
    expect(ids(longer)).toEqual(['a', 'b', 'c']);
  });

  it('brings what was decided, and takes nothing back that is known; what is the same stays the same object', () => {
    const [one, two] = ['one', 'two'].map((tool_use_id) => ({
      ...{ tool_use_id, status: 'allowed' as const, decided_at: make.now, decided_by: 'phone' },
    }));
    const first = applyMessages(
      make.showing(),
      'chat',
      make.page(['c'], { decisions: one ? [one] : [] }),
      [],
      make.now,
    );
    const again = applyMessages(first, 'chat', make.page(['c']), [], make.now);
    expect(again.chats.chat?.decisions).toBe(first.chats.chat?.decisions);
    const whole = applyOlder(again, 'chat', make.page(['a'], { decisions: two ? [two] : [] }));
    expect(whole.chats.chat?.decisions).toEqual({ one, two });
  });

  it('of a chat that somebody emptied leaves nothing', () => {
    expect(ids(applyMessages(make.showing(known('a')), 'chat', make.page([]), [], make.now).chats.chat)).toEqual([]);
  });

  it('is followed by what came while it was under way, and by nothing that is in it', () => {
    const arrived = [make.told(9, 'a'), make.starts(11), make.word(12, 'Hi'), make.told(13, 'b')];
    const { chat } = applyMessages(make.showing(), 'chat', make.page(['a']), arrived, make.now).chats;
    expect(ids(chat)).toEqual(['a', 'b']);
    expect(chat?.live.m?.blocks).toMatchObject([{ text: 'Hi' }]);
  });

  it('does not bring back words that are a message in it', () => {
    const arrived = [make.starts(7), make.word(8, 'Hi'), make.told(9, 'a', { message_id: 'm' })];
    const { chat } = applyMessages(make.showing(), 'chat', make.page(['a']), arrived, make.now).chats;
    expect(chat?.live).toEqual({});
  });

  it('says which runs go on: a copy cannot keep one alive', () => {
    const runs = {
      old: make.run('old'),
      done: make.run('done', 'completed'),
      run: { ...make.run('run'), note: 'Busy' },
    };
    const page = make.page(['a'], { runs: [make.run('run')] });
    const { chat } = applyMessages(make.showing({ runs, load: 'cached' }), 'chat', page, [], make.now).chats;
    expect(Object.keys(chat?.runs ?? {}).toSorted()).toEqual(['done', 'run']);
    expect(activeRun(chat)).toMatchObject({ id: 'run', note: 'Busy' });
  });

  it('drops the things to do of a run that has ended', () => {
    const todos = [{ content: 'Look', status: 'pending' }];
    const todosWith = (status: 'running' | 'completed') => {
      const page = make.page(['a'], { runs: [make.run('run', status)] });
      return applyMessages(make.showing({ todos }), 'chat', page, [], make.now).chats.chat?.todos;
    };
    expect(todosWith('running')).toEqual(todos);
    expect(todosWith('completed')).toEqual([]);
  });

  it('of a chat that was deleted meanwhile does not bring it back', () => {
    const deleted = make.changed(11, null);
    const state = { ...make.showing({ load: 'gone' }), sessions: { chat: { at: 11, value: null } } };
    expect(applyMessages(state, 'chat', make.page(['a']), [deleted], make.now).chats.chat?.load).toBe('gone');
  });
});

describe('a page of older messages', () => {
  it('goes in front, each message once', () => {
    const state = make.showing({ ...known('c', 'd'), runs: { run: make.run('run', 'completed') } });
    const page = make.page(['a', 'b', 'c'], { has_more: true, next_before: 'a', runs: [make.run('run')] });
    const { chat } = applyOlder(state, 'chat', page).chats;
    expect(ids(chat)).toEqual(['a', 'b', 'c', 'd']);
    expect(chat).toMatchObject({ hasOlder: true, before: 'a', runs: { run: { status: 'completed' } } });
  });

  it('of a chat that was put away is dropped', () => {
    expect(applyOlder(emptyState, 'chat', make.page(['a']))).toBe(emptyState);
  });
});

describe('a list of sessions', () => {
  const titles = (state: typeof emptyState): (string | null | undefined)[] =>
    Object.values(state.sessions).map(({ value }) => value?.title);
  const sessions = {
    before: { at: 3, value: make.session('before', { title: 'before' }) },
    since: { at: 8, value: make.session('since', { title: 'since' }) },
  };

  it('does not undo what events said after it was asked for', () => {
    const list = [make.session('since', { title: 'old' }), make.session('before', { title: 'fresh' })];
    const state = applySessions({ ...emptyState, sessions }, list, { since: 5, complete: true });
    expect(titles(state).toSorted()).toEqual(['fresh', 'since']);
    expect(state.sessionsLoad).toBe('ready');
  });

  it('says by its silence what is gone only when it is whole', () => {
    const whole = applySessions({ ...emptyState, sessions }, [], { since: 5, complete: true });
    expect(titles(whole)).toEqual(['since']);
    const part = applySessions({ ...emptyState, sessions }, [], { since: 5, complete: false });
    expect(titles(part).toSorted()).toEqual(['before', 'since']);
  });
});

describe('a list of approvals', () => {
  const at = (seq: number, status: 'pending' | 'allowed') => ({ at: seq, value: make.approval('a', { status }) });

  it('never turns a decision back into a question', () => {
    const state = { ...emptyState, approvals: { a: at(3, 'allowed') } };
    const next = applyApprovals(state, [make.approval('a')], { since: 5, complete: true });
    expect(next.approvals.a?.value.status).toBe('allowed');
  });

  it('takes away what it does not name, unless that came later', () => {
    const list = (state: ReturnType<typeof at>) =>
      Object.keys(
        applyApprovals({ ...emptyState, approvals: { a: state } }, [], { since: 5, complete: true }).approvals,
      );
    expect(list(at(3, 'pending'))).toEqual([]);
    expect(list(at(6, 'pending'))).toEqual(['a']);
    expect(list(at(3, 'allowed'))).toEqual(['a']);
  });

  it('of one leaves the others alone', () => {
    const state = { ...emptyState, approvals: { a: at(3, 'pending') } };
    const next = applyApprovals(state, [make.approval('b')], { since: 5, complete: false });
    expect(Object.keys(next.approvals)).toEqual(['a', 'b']);
    expect(next.approvalsLoad).toBe('loading');
  });
});
