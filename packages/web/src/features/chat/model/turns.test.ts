import type { ContentBlock, Message } from '@hearth/contract';
import { describe, expect, it } from 'vitest';
import type { RunState } from '../../../lib/store/state.ts';
import { createTurnBuilder, type Step, type Turn } from './turns.ts';

let count = 0;
const message = (type: Message['type'], content: ContentBlock[], part: Partial<Message> = {}): Message => {
  count += 1;
  return {
    ...{ id: `m${count}`, session_id: 'chat', run_id: 'run', type, content, status: 'complete', model: null },
    ...{ usage: null, parent_tool_use_id: null, client_message_id: null, created_at: '2026-05-01T12:00:00.000Z' },
    ...part,
  };
};
const text = (value: string): ContentBlock => ({ type: 'text', text: value });
const me = (value: string, part?: Partial<Message>) => message('user', [text(value)], part);
const says = (value: string, part?: Partial<Message>) => message('assistant', [text(value)], part);
const thinks = (thinking: string) => message('assistant', [{ type: 'thinking', thinking }]);
const uses = (id: string, name = 'Bash', part?: Partial<Message>) =>
  message('assistant', [{ type: 'tool_use', id, name, input: {} }], part);
const gets = (id: string, part?: Partial<Message>) =>
  message('user', [{ type: 'tool_result', tool_use_id: id, content: `result of ${id}` }], part);
const run = (id = 'run', part: Partial<RunState> = {}): RunState => ({
  ...{ id, status: 'completed', error: null, total_cost_usd: null, memories_used: [], created_at: '', ended_at: '' },
  ...part,
});

const stepText = (step: Step): string => {
  if (step.kind !== 'tool') return `${step.kind}: ${step.text}`;
  const inside = step.steps.map(stepText).join(', ');
  return `${step.use.id}${step.result ? '' : '?'}${inside === '' ? '' : `(${inside})`}`;
};
const shape = (turn: Turn | undefined): string[] =>
  turn?.items.map((item) => (item.kind === 'text' ? item.text : `[${item.steps.map(stepText).join(', ')}]`)) ?? [];
const build = (messages: Message[], runs: Record<string, RunState> = { run: run() }) =>
  createTurnBuilder()({ messages, runs });

describe('turns', () => {
  it('begin with what a person said', () => {
    const [first, second] = build([me('one'), says('two'), me('three'), says('four'), says('five')]);
    expect(first?.user?.content).toEqual([text('one')]);
    expect(shape(first)).toEqual(['two']);
    expect(shape(second)).toEqual(['four', 'five']);
  });

  it('may begin in the middle of a page', () => {
    const [first, second] = build([says('the rest'), me('next')]);
    expect(first?.user).toBeNull();
    expect(shape(first)).toEqual(['the rest']);
    expect(second?.user).not.toBeNull();
    expect(build([])).toEqual([]);
  });

  it('put steps that follow each other on one rail, with their results', () => {
    const [turn] = build([
      ...[me('go'), thinks('Hm'), uses('a'), gets('a'), uses('b'), says('So'), uses('c'), gets('c'), says('Done')],
    ]);
    expect(shape(turn)).toEqual(['[thinking: Hm, a, b?]', 'So', '[c]', 'Done']);
    const tool = turn?.items[2];
    expect(tool?.kind === 'steps' && tool.steps[0]).toMatchObject({
      ...{ key: 'c', blockIndex: 0, resultIndex: 0, endedAt: '2026-05-01T12:00:00.000Z' },
    });
  });

  it('leave out what says nothing, and what is shown elsewhere', () => {
    const [turn] = build([me('go'), says('  '), thinks(''), uses('todo', 'TodoWrite'), gets('todo'), says('Done')]);
    expect(shape(turn)).toEqual(['Done']);
  });

  it('show remarks of the system as steps', () => {
    const remark = message('system', [text('The model was changed'), { type: 'thinking', thinking: 'x' }]);
    expect(shape(build([me('go'), remark, says('Yes')])[0])).toEqual(['[notice: The model was changed]', 'Yes']);
  });

  it('put what a helper did into its step, to a depth', () => {
    const inside = (parent: string): Partial<Message> => ({ parent_tool_use_id: parent });
    const messages = [
      me('go'),
      uses('h1', 'Task'),
      message('user', [text('told')], inside('h1')),
      says('found', inside('h1')),
      uses('x', 'Bash', inside('h1')),
      gets('x', inside('h1')),
      gets('h1'),
    ];
    expect(shape(build(messages)[0])).toEqual(['[h1(notice: found, x)]']);
    const deep = [1, 2, 3, 4, 5, 6].map((at) => uses(`d${at + 1}`, 'Task', inside(`d${at}`)));
    expect(shape(build([me('go'), uses('d1', 'Task'), ...deep])[0])).toEqual(['[d1?(d2?(d3?(d4?(d5?))))]']);
  });

  it('say that they were cut', () => {
    expect(build([me('go'), says('Half', { status: 'interrupted' })])[0]?.isInterrupted).toBe(true);
    expect(build([me('go'), says('Whole')])[0]?.isInterrupted).toBe(false);
  });
});

describe('the run of a turn', () => {
  it('belongs to the last message it answers', () => {
    const turns = build([me('one'), says('yes'), me('and', {}), says('all'), me('new', { run_id: 'next' })], {
      run: run(),
      next: run('next', { status: 'running' }),
    });
    expect(turns.map((turn) => turn.run?.id ?? null)).toEqual([null, 'run', 'next']);
  });

  it('may be unknown', () => {
    expect(build([me('one', { run_id: null }), me('two', { run_id: 'gone' })]).map((turn) => turn.run)).toEqual([
      null,
      null,
    ]);
  });
});

describe('drawing only what is new', () => {
  it('turns that did not change are the same objects', () => {
    const builder = createTurnBuilder();
    const runs = { run: run() };
    const before = [me('one', { run_id: null }), says('two', { run_id: null }), me('three')];
    const first = builder({ messages: before, runs });
    expect(builder({ messages: before, runs })).toBe(first);
    const second = builder({ messages: [...before, says('four')], runs });
    expect(second[0]).toBe(first[0]);
    expect(second[1]).not.toBe(first[1]);
    const third = builder({ messages: [...before, says('four')], runs: { run: run('run', { status: 'failed' }) } });
    expect(third[0]).toBe(first[0]);
    expect(third[1]?.run?.status).toBe('failed');
  });

  it('older messages in front leave the rest as it is', () => {
    const builder = createTurnBuilder();
    const messages = [me('b'), says('c')];
    const runs = { run: run() };
    const [old] = builder({ messages, runs });
    expect(builder({ messages: [me('a', { run_id: null }), ...messages], runs })[1]).toBe(old);
  });
});
