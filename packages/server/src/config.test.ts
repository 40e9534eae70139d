import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError, describeConfig, loadConfig, renderEnvExample } from './config.ts';

const dirs: string[] = [];
const tempDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'hearth-config-'));
  dirs.push(dir);
  return dir;
};
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const load = (env: Record<string, string>, dotenvDir: string | null = null) =>
  loadConfig({ env, dotenvDir, home: '/home/me' });

const issuesOf = (env: Record<string, string>): string[] => {
  try {
    load(env);
    return [];
  } catch (error) {
    return error instanceof ConfigError ? error.issues : ['not a ConfigError'];
  }
};

describe('the configuration', () => {
  it('works with nothing set, on embedded parts, reachable from this machine only', () => {
    const config = load({});
    expect(config.server).toMatchObject({ port: 54_000, host: '127.0.0.1', adminKey: null });
    expect(config.database).toEqual({ kind: 'sqlite', path: '/home/me/.local/share/assistant/hearth.db' });
    expect(config.redis).toBeNull();
    expect(config.paths.configDir).toBe('/home/me/.config/assistant');
    expect(Object.isFrozen(config) && Object.isFrozen(config.server)).toBe(true);
  });

  it('moves configuration and data together with HEARTH_HOME', () => {
    expect(load({ HEARTH_HOME: '/srv/hearth' }).paths).toMatchObject({
      configDir: '/srv/hearth/config',
      dataDir: '/srv/hearth/data',
      workspace: '/srv/hearth/data/workspace',
      allowedRoots: ['/srv/hearth/data/workspace'],
    });
  });

  it('names every wrong variable at once', () => {
    const issues = issuesOf({ HEARTH_PORT: '99999', DATABASE_URL: 'mysql://x', HEARTH_LOG_LEVEL: 'loud' });
    expect(issues.map((issue) => issue.split(':')[0]).sort()).toEqual([
      'DATABASE_URL',
      'HEARTH_LOG_LEVEL',
      'HEARTH_PORT',
    ]);
  });

  it.each(['short', 'undefined', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'has spaces in it and is long enough'])(
    'refuses the admin key "%s"',
    (key) => expect(issuesOf({ HEARTH_ADMIN_KEY: key }).join()).toContain('HEARTH_ADMIN_KEY'),
  );

  it('takes Mem0 as the memory engine with a model, and not with a graph', () => {
    expect(load({}).memory.services.engine).toBe('hearth');
    const model = { LLM_BASE_URL: 'http://gateway/v1', LLM_MODEL: 'small' };
    expect(load({ MEMORY_ENGINE: 'mem0', ...model }).memory.services.engine).toBe('mem0');
    expect(issuesOf({ MEMORY_ENGINE: 'mem0' })).toEqual(['LLM_BASE_URL: is needed with MEMORY_ENGINE=mem0']);
    const graph = { NEO4J_URL: 'bolt://graph', NEO4J_PASSWORD: 'secret' };
    expect(issuesOf({ MEMORY_ENGINE: 'mem0', ...model, ...graph })).toEqual([expect.stringContaining('NEO4J_URL')]);
    expect(issuesOf({ MEMORY_ENGINE: 'other' })).toEqual([expect.stringContaining('MEMORY_ENGINE')]);
  });

  it('treats a blank variable as not set', () => {
    expect(load({ HEARTH_ADMIN_KEY: '  ', DATABASE_URL: '' }).database.kind).toBe('sqlite');
  });

  it('reads secrets from files, and says so when it cannot', () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'key'), 'sk-from-file\n');
    expect(load({ ANTHROPIC_API_KEY_FILE: join(dir, 'key') }).claude.apiKey).toBe('sk-from-file');
    expect(issuesOf({ ANTHROPIC_API_KEY_FILE: join(dir, 'missing') })).toEqual([
      'ANTHROPIC_API_KEY_FILE: the file cannot be read',
    ]);
  });

  it('reads .env, and lets the environment win', () => {
    const dir = tempDir();
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, '.env'), 'HEARTH_PORT=1234\nHEARTH_HOST=0.0.0.0\n');
    expect(load({ HEARTH_PORT: '4321' }, dir).server).toMatchObject({ port: 4321, host: '0.0.0.0' });
  });

  it('knows its secrets, also inside addresses', () => {
    const config = load({
      DATABASE_URL: 'postgres://u:p%40ss@db/x',
      REDIS_URL: 'redis://:word@r',
      ANTHROPIC_API_KEY: 'sk-1',
    });
    expect(config.secrets).toEqual(expect.arrayContaining(['sk-1', 'p@ss', 'p%40ss', 'word']));
  });

  it('is described without secrets', () => {
    const shown = JSON.stringify(describeConfig({ env: { ANTHROPIC_API_KEY: 'sk-visible', HEARTH_PORT: '1' } }));
    expect(shown).not.toContain('sk-visible');
    expect(shown).toContain('********');
  });

  it('writes an example that loads as it stands', () => {
    const dir = tempDir();
    const text = renderEnvExample();
    writeFileSync(join(dir, '.env'), text);
    expect(load({}, dir)).toEqual(load({}));
    expect(text).toContain('#HEARTH_PORT=54000');
  });
});
