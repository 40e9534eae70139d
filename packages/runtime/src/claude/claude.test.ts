/** The pure parts of the Claude adapter: environment, translation of messages, outcomes. */
import { randomUUID } from 'node:crypto';
import type { SDKMessage, SDKResultMessage } from '@anthropic-ai/claude-agent-sdk';
import { describe, expect, it } from 'vitest';
import { type ClaudeSettings, claudeEnvironment } from './environment.ts';
import { outcomeOf } from './failures.ts';
import { createGateHook } from './gate-hook.ts';
import { nextMessageId, toBlocks, toUsage, toWorkerEvents } from './map-message.ts';

const settings = (over: Partial<ClaudeSettings> = {}): ClaudeSettings => ({
  credential: { kind: 'api_key', apiKey: 'sk-1', baseUrl: null },
  configDir: '/data/claude',
  modelAliases: {},
  requestTimeoutMs: 120_000,
  maxRetries: 1,
  runningAsRoot: false,
  baseEnv: { PATH: '/bin', HOME: '/home/me', DATABASE_URL: 'postgres://secret', HEARTH_ADMIN_KEY: 'secret' },
  ...over,
});

describe('the environment of a worker', () => {
  it('holds what it needs and no secret of the server', () => {
    const env = claudeEnvironment(settings(), { MY_VAR: '1' });
    expect(env).toMatchObject({ PATH: '/bin', HOME: '/home/me', ANTHROPIC_API_KEY: 'sk-1', MY_VAR: '1' });
    expect(JSON.stringify(env)).not.toContain('secret');
  });

  it('cannot be redirected by a request: the credential and its address come last', () => {
    const env = claudeEnvironment(
      settings({ credential: { kind: 'gateway', authToken: 't', baseUrl: 'https://gateway.example' } }),
      { ANTHROPIC_BASE_URL: 'https://evil.example' },
    );
    expect(env).toMatchObject({ ANTHROPIC_BASE_URL: 'https://gateway.example', ANTHROPIC_AUTH_TOKEN: 't' });
  });

  it('passes on model aliases, tokens and a login', () => {
    const aliases = { opus: 'o', sonnet: 's', haiku: 'h', subagent: 'x' };
    const token = claudeEnvironment(
      settings({
        credential: { kind: 'oauth_token', token: 'oat', baseUrl: null },
        modelAliases: aliases,
        runningAsRoot: true,
      }),
      {},
    );
    expect(token).toMatchObject({
      CLAUDE_CODE_OAUTH_TOKEN: 'oat',
      ANTHROPIC_DEFAULT_OPUS_MODEL: 'o',
      CLAUDE_CODE_SUBAGENT_MODEL: 'x',
      IS_SANDBOX: '1',
    });
    const login = claudeEnvironment(settings({ credential: { kind: 'login', configDir: '/home/me/.claude' } }), {});
    expect(login.CLAUDE_CONFIG_DIR).toBe('/home/me/.claude');
  });
});

const result = (over: Record<string, unknown>): SDKResultMessage =>
  // The SDK's type has dozens of required fields that these rules do not look at.
  Object.assign(Object.create(null), { type: 'result', subtype: 'success', is_error: false, ...over });

describe('how a turn ended', () => {
  it.each([
    [{ terminal_reason: 'completed' }, 'completed'],
    [{ terminal_reason: 'tool_deferred' }, 'parked'],
    [{ subtype: 'error_max_turns' }, 'max_turns'],
    [{ subtype: 'error_max_budget_usd' }, 'budget'],
    [{ subtype: 'error_during_execution', terminal_reason: 'aborted_tools' }, 'interrupted'],
  ])('%j is %s', (over, kind) => {
    expect(outcomeOf(result(over), false).kind).toBe(kind);
  });

  it.each([
    [401, 'MODEL_AUTHENTICATION'],
    [403, 'MODEL_AUTHENTICATION'],
    [404, 'MODEL_REFUSED'],
    [413, 'MODEL_REFUSED'],
    [422, 'MODEL_REFUSED'],
    [429, 'MODEL_RATE_LIMITED'],
    [500, 'MODEL_UNAVAILABLE'],
    [529, 'MODEL_OVERLOADED'],
    [null, 'MODEL_UNAVAILABLE'],
  ])('status %s is %s', (api_error_status, code) => {
    const outcome = outcomeOf(result({ is_error: true, api_error_status }), false);
    expect(outcome).toMatchObject({ kind: 'failed', code });
  });

  it('tells a conversation that is too long, missing JSON and anything else apart', () => {
    expect(outcomeOf(result({ terminal_reason: 'prompt_too_long' }), false)).toMatchObject({ code: 'MODEL_REFUSED' });
    expect(outcomeOf(result({ subtype: 'error_max_structured_output_retries' }), false)).toMatchObject({
      code: 'MODEL_REFUSED',
    });
    expect(outcomeOf(result({ subtype: 'error_during_execution' }), false)).toMatchObject({ code: 'INTERNAL_ERROR' });
    expect(outcomeOf(result({ subtype: 'error_during_execution' }), true)).toEqual({ kind: 'interrupted' });
  });
});

const message = (fields: Record<string, unknown>): SDKMessage => Object.assign(Object.create(null), fields);

describe('translation of messages', () => {
  it('keeps the blocks it knows and leaves out the others', () => {
    expect(
      toBlocks([
        { type: 'text', text: 'a' },
        { type: 'from_the_future', x: 1 },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA' } },
        { type: 'image', source: { type: 'url', url: 'https://x.example/a.png' } },
      ]),
    ).toEqual([
      { type: 'text', text: 'a' },
      { type: 'image', media_type: 'image/png', source: 'base64', data: 'AA' },
      { type: 'image', media_type: '', source: 'url', data: 'https://x.example/a.png' },
    ]);
    expect(toBlocks('plain')).toEqual([{ type: 'text', text: 'plain' }]);
    expect(toBlocks('')).toEqual([]);
    expect(toBlocks(undefined)).toEqual([]);
  });

  it('counts what is missing as nothing', () => {
    expect(toUsage(undefined)).toEqual({
      input_tokens: 0,
      output_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation_input_tokens: 0,
    });
  });

  it('finds todos, hides synthetic messages and ignores what is new', () => {
    const todos = [{ content: 'a', status: 'pending' }];
    const assistant = {
      type: 'assistant',
      uuid: randomUUID(),
      parent_tool_use_id: null,
      message: {
        id: 'm',
        model: 'claude',
        content: [{ type: 'tool_use', id: 't', name: 'TodoWrite', input: { todos } }],
        usage: {},
      },
    };
    expect(toWorkerEvents(message(assistant), '').map((event) => event.type)).toEqual(['message', 'todo']);
    const synthetic = { ...assistant, message: { ...assistant.message, model: '<synthetic>' } };
    expect(toWorkerEvents(message(synthetic), '')).toEqual([]);
    expect(toWorkerEvents(message({ type: 'news' }), '')).toEqual([]);
    expect(toWorkerEvents(message({ type: 'user', isSynthetic: true, message: { content: 'x' } }), '')).toEqual([]);
  });

  it('tells results of tools and words for a subagent from what the process remarks by itself', () => {
    const user = (content: unknown, parent_tool_use_id: string | null = null) =>
      toWorkerEvents(message({ type: 'user', uuid: randomUUID(), parent_tool_use_id, message: { content } }), '');
    const typeOf = ([event]: ReturnType<typeof user>) => event?.type === 'message' && event.data.type;
    expect(typeOf(user([{ type: 'tool_result', tool_use_id: 't', content: 'x' }]))).toBe('user');
    expect(typeOf(user('look around', 't'))).toBe('user');
    expect(typeOf(user('<local-command-stdout>Compacted</local-command-stdout>'))).toBe('system');
  });

  it('says what happens while nothing is said', () => {
    const kinds = [
      { type: 'system', subtype: 'api_retry' },
      { type: 'system', subtype: 'status', status: 'compacting' },
      { type: 'system', subtype: 'task_started', description: 'Looking', tool_use_id: 't' },
      { type: 'system', subtype: 'status', status: 'requesting' },
    ];
    expect(
      kinds.flatMap((kind) => toWorkerEvents(message(kind), '')).map((event) => Object(event).data.status),
    ).toEqual(['retrying', 'compacting', 'subagent']);
  });

  it('groups the parts of one model answer by its id', () => {
    const start = message({ type: 'stream_event', event: { type: 'message_start', message: { id: 'msg_2' } } });
    expect(nextMessageId(start, 'msg_1')).toBe('msg_2');
    const delta = message({
      type: 'stream_event',
      parent_tool_use_id: null,
      event: { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'x' } },
    });
    expect(nextMessageId(delta, 'msg_2')).toBe('msg_2');
    expect(toWorkerEvents(delta, 'msg_2')).toEqual([
      {
        type: 'partial',
        data: {
          message_id: 'msg_2',
          parent_tool_use_id: null,
          type: 'content_block_delta',
          index: 0,
          delta: { type: 'text_delta', text: 'x' },
        },
      },
    ]);
    const unknown = message({
      type: 'stream_event',
      parent_tool_use_id: null,
      event: { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'x' } },
    });
    expect(toWorkerEvents(unknown, 'msg_2')).toEqual([]);
  });
});

describe('the hook', () => {
  const call = (fields: Record<string, unknown>) =>
    Object.assign(Object.create(null), {
      hook_event_name: 'PreToolUse',
      tool_name: 'Bash',
      tool_use_id: 't1',
      tool_input: { command: 'ls' },
      ...fields,
    });
  const decisionOf = (output: unknown): unknown => Object(Object(output).hookSpecificOutput).permissionDecision;
  const signal = () => new AbortController().signal;

  it('refuses when nobody listens, when the input is no object, and when the gate throws', async () => {
    const nobody = createGateHook(() => null, signal);
    expect(decisionOf(await nobody.preToolUse(call({}), 't1', { signal: signal() }))).toBe('deny');
    const throwing = createGateHook(
      () => async () => {
        throw new Error('broken');
      },
      signal,
    );
    expect(decisionOf(await throwing.preToolUse(call({}), 't1', { signal: signal() }))).toBe('deny');
    const allowing = createGateHook(() => async () => ({ decision: 'allow' }), signal);
    expect(decisionOf(await allowing.preToolUse(call({ tool_input: 'text' }), 't1', { signal: signal() }))).toBe(
      'deny',
    );
  });

  it('lets the callback through only for a call the gate has allowed, until the next turn', async () => {
    const hook = createGateHook(() => async () => ({ decision: 'allow' }), signal);
    expect(await hook.canUseTool('Bash', {}, { toolUseID: 't1' })).toMatchObject({ behavior: 'deny' });
    await hook.preToolUse(call({}), 't1', { signal: signal() });
    expect(await hook.canUseTool('Bash', {}, { toolUseID: 't1' })).toMatchObject({ behavior: 'allow' });
    hook.reset();
    expect(await hook.canUseTool('Bash', {}, { toolUseID: 't1' })).toMatchObject({ behavior: 'deny' });
  });

  it('parks one call of the main thread; others, and those of subagents, are refused for now', async () => {
    const hook = createGateHook(() => async () => ({ decision: 'park' }), signal);
    expect(decisionOf(await hook.preToolUse(call({ agent_id: 'sub' }), 't0', { signal: signal() }))).toBe('deny');
    expect(decisionOf(await hook.preToolUse(call({}), 't1', { signal: signal() }))).toBe('defer');
    expect(decisionOf(await hook.preToolUse(call({ tool_use_id: 't2' }), 't2', { signal: signal() }))).toBe('deny');
  });

  it('has no opinion about other events', async () => {
    const hook = createGateHook(() => null, signal);
    expect(await hook.preToolUse(call({ hook_event_name: 'Stop' }), undefined, { signal: signal() })).toEqual({});
  });
});
