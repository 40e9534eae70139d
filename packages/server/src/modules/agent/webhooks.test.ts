import { describe, expect, it } from 'vitest';
import { silentLog } from '../../kernel/log.ts';
import { createRunWebhooks, matchesTool } from './webhooks.ts';

const call = {
  toolUseId: 't',
  tool: 'Bash',
  input: { command: 'ls' },
  agentId: null,
  signal: new AbortController().signal,
};
const hooksOn = (answer: () => Promise<unknown>, matcher?: string) => {
  const sent: unknown[] = [];
  const sender = {
    problemWith: () => null,
    send: (request: unknown) => {
      sent.push(request);
      return answer();
    },
  };
  const hook = { url: 'https://x.example', timeout: 5, ...(matcher ? { matcher } : {}) };
  const hooks = { PreToolUse: hook, PostToolUse: hook, SubagentStop: hook, PreCompact: hook };
  return { sent, webhooks: createRunWebhooks({ sender, log: silentLog }, { sessionId: 's', runId: 'r', hooks }) };
};

describe('the webhook before a tool', () => {
  it.each([
    ['deny', async () => ({ decision: 'deny', reason: 'not at night' }), { decision: 'deny', reason: 'not at night' }],
    ['allow', async () => ({ decision: 'allow' }), { decision: 'allow', input: null }],
    ['changed', async () => ({ decision: 'allow', modified_input: { a: 1 } }), { decision: 'allow', input: { a: 1 } }],
  ])('says %s', async (_name, answer, verdict) => {
    expect(await hooksOn(answer).webhooks.beforeTool(call)).toEqual(verdict);
  });

  it.each([
    ['unreachable', () => Promise.reject(new Error('refused'))],
    ['silent', async () => ({})],
    ['strange', async () => ({ decision: 'maybe' })],
    ['not even an object', async () => 'allow'],
  ])('that is %s means no', async (_name, answer) => {
    expect(await hooksOn(answer).webhooks.beforeTool(call)).toMatchObject({ decision: 'deny' });
  });

  it('is not asked about tools its matcher leaves out', async () => {
    const { webhooks, sent } = hooksOn(async () => ({ decision: 'deny' }), 'Write|Edit');
    expect(await webhooks.beforeTool(call)).toEqual({ decision: 'allow', input: null });
    expect(sent).toEqual([]);
  });
});

describe('a matcher', () => {
  it.each([
    ['Bash', 'Bash', true],
    ['Write|Edit', 'Edit', true],
    ['mcp__home__*', 'mcp__home__lights', true],
    ['mcp__home__*', 'mcp__homelab__rm', false],
    ['Task', 'Agent', true],
    ['(a+)+$', 'Bash', true],
    [undefined, 'Bash', true],
    ['Read', 'Bash', false],
  ])('%s for %s: %s', (matcher, tool, expected) => expect(matchesTool(matcher, tool)).toBe(expected));
});

describe('what happens', () => {
  it('is told by name, with the tool it was about', () => {
    const { webhooks, sent } = hooksOn(async () => ({}));
    const ids = { session_id: 's', run_id: 'r', uuid: 'u', parent_tool_use_id: null };
    webhooks.see({
      type: 'message',
      data: { ...ids, type: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'Agent', input: {} }] },
    });
    webhooks.see({
      type: 'message',
      data: { ...ids, type: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'x' }] },
    });
    webhooks.see({ type: 'status', data: { session_id: 's', run_id: 'r', status: 'compacting', message: '' } });
    expect(sent.map((request) => Object(Object(request).body).event)).toEqual([
      'PostToolUse',
      'SubagentStop',
      'PreCompact',
    ]);
  });
});
