import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createScriptedProvider, type TurnOutcome } from '@hearth/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AccountsDeps, createAccounts, proveWith } from './index.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hearth-account-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const nothing = { apiKey: null, oauthToken: null, authToken: null, baseUrl: null };
const make = (over: Partial<AccountsDeps> = {}) => {
  let changes = 0;
  const accounts = createAccounts({
    configured: nothing,
    aliases: {},
    demo: 'auto',
    file: join(home, 'data', 'claude-account.json'),
    home,
    demoUrl: () => 'http://127.0.0.1:1',
    prove: async () => ({ kind: 'completed' }),
    onChanged: async () => {
      changes += 1;
    },
    ...over,
  });
  return { accounts, changes: () => changes };
};
const key = 'sk-ant-api03-abcdefghijklmnop-x7Qa';
const failing = (code: 'MODEL_AUTHENTICATION' | 'MODEL_UNAVAILABLE') => async (): Promise<TurnOutcome> => ({
  kind: 'failed',
  code,
  message: 'no',
  retryAfter: null,
});

describe('the account', () => {
  it('is the demo model when there is none, and says so', () => {
    const { accounts } = make();
    expect(accounts.account()).toMatchObject({ kind: 'demo', demo: true, source: 'none' });
    expect(accounts.credential()).toMatchObject({ kind: 'api_key', baseUrl: 'http://127.0.0.1:1' });
  });

  it('comes from the environment first: gateway, key, token', () => {
    const gateway = make({ configured: { ...nothing, authToken: 't', baseUrl: 'https://gw.example/x', apiKey: 'k' } });
    expect(gateway.accounts.account()).toMatchObject({ kind: 'gateway', base_url_host: 'gw.example', demo: false });
    expect(make({ configured: { ...nothing, apiKey: key } }).accounts.account()).toMatchObject({
      kind: 'api_key',
      label: 'Claude API key …x7Qa',
    });
    expect(make({ configured: { ...nothing, oauthToken: 'token-1234' } }).accounts.account().kind).toBe('oauth_token');
  });

  it('falls back to an existing login of the machine', () => {
    mkdirSync(join(home, '.claude'));
    writeFileSync(join(home, '.claude', '.credentials.json'), '{}');
    expect(make().accounts.account()).toMatchObject({ kind: 'login', source: 'claude_login', demo: false });
    expect(make({ demo: 'always' }).accounts.isDemo()).toBe(true);
  });

  it('is saved only after a real question, readable by the owner alone, and survives a restart', async () => {
    const { accounts, changes } = make();
    expect(await accounts.connect(key)).toMatchObject({ kind: 'api_key', source: 'saved' });
    const file = join(home, 'data', 'claude-account.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(changes()).toBe(1);
    expect(make().accounts.credential()).toMatchObject({ kind: 'api_key', apiKey: key });
    expect(make().accounts.secrets()).toEqual([key]);
    expect(await accounts.disconnect()).toMatchObject({ kind: 'demo' });
    expect(existsSync(file)).toBe(false);
  });

  it('knows a token from a key', async () => {
    const { accounts } = make();
    expect((await accounts.connect('sk-ant-oat01-abcdefghijklmnop')).kind).toBe('oauth_token');
  });

  it('keeps nothing when Claude refuses the key or cannot be asked', async () => {
    const refused = make({ prove: failing('MODEL_AUTHENTICATION') });
    await expect(refused.accounts.connect(key)).rejects.toMatchObject({ code: 'VALIDATION_ERROR' });
    const away = make({ prove: failing('MODEL_UNAVAILABLE') });
    await expect(away.accounts.connect(key)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(existsSync(join(home, 'data', 'claude-account.json'))).toBe(false);
    expect(refused.accounts.isDemo()).toBe(true);
  });

  it('cannot be changed here when the configuration sets it', async () => {
    const { accounts } = make({ configured: { ...nothing, apiKey: key } });
    await expect(accounts.connect(key)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(accounts.disconnect()).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('ignores a saved file that is damaged', () => {
    mkdirSync(join(home, 'data'));
    writeFileSync(join(home, 'data', 'claude-account.json'), '{"kind":');
    expect(make().accounts.isDemo()).toBe(true);
    expect(readFileSync(join(home, 'data', 'claude-account.json'), 'utf8')).toBe('{"kind":');
  });
});

describe('proving a credential', () => {
  const open = {
    transcripts: { append: async () => {}, load: async () => null, listSubpaths: async () => [] },
    resume: null,
    profile: {
      model: null,
      effort: null,
      systemPrompt: { kind: 'append' as const, text: '' },
      tools: [],
      disallowedTools: [],
      planMode: false,
      cwd: '/',
      addDirs: [],
      env: {},
      agents: {},
      mcpServers: {},
      plugins: [],
      ownTools: null,
      outputSchema: null,
      maxTurns: null,
      maxBudgetUsd: null,
      sandbox: null,
    },
  };

  it('asks one question and ends the worker', async () => {
    expect(
      await proveWith(
        createScriptedProvider(() => [{ say: 'OK' }]),
        open,
      ),
    ).toEqual({ kind: 'completed' });
    expect(
      await proveWith(
        createScriptedProvider(() => [{ fail: 'MODEL_AUTHENTICATION' }]),
        open,
      ),
    ).toMatchObject({
      code: 'MODEL_AUTHENTICATION',
    });
    expect(
      await proveWith(
        createScriptedProvider(() => [{ die: true }]),
        open,
      ),
    ).toMatchObject({ code: 'WORKER_DIED' });
  });

  it('says so when the process does not start', async () => {
    const provider = { ...createScriptedProvider(() => []), open: () => Promise.reject(new Error('no binary')) };
    expect(await proveWith(provider, open)).toMatchObject({ kind: 'failed', code: 'WORKER_DIED' });
  });
});
