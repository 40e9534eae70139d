import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { type Config, ConfigError } from '../../config.ts';
import { newId } from '../../kernel/ids.ts';
import { freePort } from '../../kernel/testing/free-port.ts';
import { runBackup } from '../backup/index.ts';
import { emptyPostgres } from '../testing/empty-postgres.ts';
import { captureIo, firstStart, makeFolder, makeHome, picture, serve, withDb } from '../testing/home.ts';
import type { Finding } from './finding.ts';
import { examine, runDoctor } from './index.ts';

const look = async (config: Config, now?: Date): Promise<Map<string, Finding>> => {
  const findings = await examine({ load: () => config, now: () => now ?? new Date() });
  return new Map(findings.map((finding) => [finding.id, finding]));
};
const errorsIn = (found: Map<string, Finding>): string[] =>
  [...found.values()].filter((one) => one.level === 'error').map((one) => one.id);

const lived = async (env: Record<string, string> = {}) => {
  const { config, folder } = await makeHome(env);
  await firstStart(config.database);
  for (const path of [config.paths.configDir, config.paths.workspace])
    mkdirSync(path, { recursive: true, mode: 0o700 });
  return { config, folder };
};

const insertRun = (config: Config, leaseUntil: string): Promise<void> =>
  withDb(config.database, async (db) => {
    const id = newId();
    const row = { id, owner_id: 'o', session_id: 's', key_id: 'k', origin: 'chat', request: '{}', created_at: '2026' };
    await db.kysely
      .insertInto('runs')
      .values({ ...row, status: 'running', lease_until: leaseUntil })
      .execute();
  });

describe('hearth doctor', () => {
  it('on a machine where Hearth never ran finds no error and makes nothing', async () => {
    const { config, folder } = await makeHome();
    const found = await look(config);
    expect(errorsIn(found)).toEqual([]);
    expect(found.get('data.missing')?.level).toBe('warning');
    expect(picture(folder)).toEqual([]);
  });

  it('changes nothing, neither with a stopped nor with a running server', async () => {
    const { config, folder } = await lived();
    const before = picture(folder);
    expect(errorsIn(await look(config))).toEqual([]);
    expect(picture(folder)).toEqual(before);
    await serve(config);
    const running = picture(folder);
    const found = await look(config);
    expect(picture(folder)).toEqual(running);
    expect([found.get('server')?.title, errorsIn(found)]).toEqual([expect.stringContaining('is running at'), []]);
  });

  it('answers with exit code 1 and JSON when something is wrong, and never with a secret', async () => {
    const secret = 'sk-ant-verysecretverysecret';
    const { config } = await lived({ HEARTH_DEMO: 'auto', ANTHROPIC_API_KEY: secret });
    writeFileSync(join(config.paths.dataDir, 'hearth.db'), 'this is no database'.repeat(1_000));
    const io = captureIo();
    expect(await runDoctor(io, { json: true }, { load: () => config })).toBe(1);
    const report: { ok: boolean; findings: Finding[] } = JSON.parse(io.printed.join('\n'));
    expect(report.ok).toBe(false);
    expect(report.findings.find((one) => one.id === 'database.damaged')?.fix).toContain('hearth restore');
    expect(report.findings.find((one) => one.id === 'account.shape')?.cause).toContain('too short');
    expect(io.printed.join('\n')).not.toContain('verysecret');
    for (const one of report.findings.filter((finding) => finding.level !== 'ok'))
      expect([one.id, one.cause !== '', one.fix !== '']).toEqual([one.id, true, true]);
  });

  it('names the wrong variables of a configuration that cannot be used', async () => {
    const load = (): Config => {
      throw new ConfigError(['HEARTH_PORT: is wrong']);
    };
    const [first] = await examine({ load });
    expect(first).toMatchObject({ id: 'config.invalid', level: 'error', cause: 'HEARTH_PORT: is wrong' });
  });

  it('sees folders and files that others can read', async () => {
    const { config } = await lived();
    chmodSync(config.paths.dataDir, 0o755);
    chmodSync(join(config.paths.dataDir, 'hearth.db'), 0o644);
    const found = await look(config);
    expect(found.get('data.open')?.fix).toBe(`chmod 0700 '${config.paths.dataDir}'`);
    expect(found.get('database.open')?.fix).toContain('chmod 0600');
  });

  it('sees a port that another program has, and a Hearth with other data', async () => {
    const { config } = await lived();
    const other = createServer((_request, response) => response.end('hello'));
    await new Promise<void>((resolve) => void other.listen(config.server.port, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    expect((await look(config)).get('server.port_taken')?.level).toBe('error');
    const { config: running } = await makeHome();
    await serve(running);
    expect((await look({ ...config, server: running.server })).get('server.other_folder')?.level).toBe('warning');
    expect((await look({ ...running, server: config.server })).get('server.silent')?.level).toBe('error');
  });

  it('sees what is exposed, missing, or does not fit', async () => {
    const { config } = await lived({
      HEARTH_HOST: '0.0.0.0',
      HEARTH_ALLOWED_ROOTS: join(makeFolder(), 'gone'),
      REDIS_URL: `redis://:pass-word@127.0.0.1:${await freePort()}`,
      ANTHROPIC_BASE_URL: `http://127.0.0.1:${await freePort()}`,
    });
    const found = await look(config);
    const levels = ['exposure.network', 'workspace.missing', 'redis.away', 'replicas.no_postgres', 'account.gateway'];
    expect(levels.map((id) => found.get(id)?.level)).toEqual(['warning', 'warning', 'error', 'warning', 'error']);
    expect(JSON.stringify([...found])).not.toContain('pass-word');
  });

  it('sees runs that nobody looks after, and requests that wait', async () => {
    const { config } = await lived();
    await insertRun(config, '2026-01-01T00:00:00.000Z');
    expect((await look(config)).get('runs')?.title).toBe('1 runs were cut off; the next start takes care of them');
    await withDb(config.database, async (db) => {
      const ids = { id: newId(), owner_id: 'o', session_id: 's', run_id: 'r', tool_use_id: 't' };
      const what = { kind: 'tool', tool: 'Bash', title: 'x', input: '{}', input_hash: 'x' } as const;
      const state = { risk: 'low', risk_reason: '', status: 'pending', created_at: '2026' } as const;
      const row = { ...ids, ...what, ...state, expires_at: '2099-01-01T00:00:00.000Z' };
      await db.kysely.insertInto('approvals').values(row).execute();
    });
    expect((await look(config)).get('approvals.waiting')?.level).toBe('warning');
  });

  it('sees a clock that is wrong, and a backup that is old', async () => {
    const { config } = await lived();
    const days = (n: number): Date => new Date(Date.now() + n * 86_400_000);
    expect((await look(config, new Date(0))).get('clock.wrong')?.level).toBe('error');
    expect((await look(config)).get('backup')?.level).toBe('ok');
    expect((await look(config, days(15))).get('backup.none')?.level).toBe('warning');
    await runBackup({ config, io: captureIo() }, { withSecrets: false, withWorkspace: false });
    expect((await look(config)).get('backup')?.title).toBe('The last backup is of today');
    expect((await look(config, days(15))).get('backup.old')?.title).toBe('The last backup is 15 days old');
  });

  it('sees a restore that was cut short', async () => {
    const { config } = await lived();
    mkdirSync(join(dirname(config.paths.dataDir), 'data.restoring-2026-01-02T03-04-05Z'));
    expect((await look(config)).get('restore.cut_short')?.level).toBe('error');
  });

  const postgres = inject('services')?.postgres;
  it.skipIf(!postgres)('looks at PostgreSQL too, and says when it is away', async () => {
    const { config } = await makeHome({ DATABASE_URL: await emptyPostgres(postgres ?? '') });
    const found = await look(config);
    expect([found.get('database')?.level, found.get('database.pending')?.level]).toEqual(['ok', 'warning']);
    expect(found.get('replicas.no_redis')?.level).toBe('warning');
    const { config: away } = await makeHome({ DATABASE_URL: `postgres://u:pass-word@127.0.0.1:${await freePort()}/x` });
    const missing = await look(away);
    expect(missing.get('database.away')?.level).toBe('error');
    expect(JSON.stringify([...missing])).not.toContain('pass-word');
  });
});
