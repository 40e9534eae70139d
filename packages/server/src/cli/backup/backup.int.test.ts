import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createClient } from '@hearth/client';
import { list } from 'tar';
import { describe, expect, it } from 'vitest';
import { listKeys } from '../keys.ts';
import { captureIo, firstStart, makeFolder, makeHome, picture, serve, withDb } from '../testing/home.ts';
import { runBackup } from './index.ts';
import { runRestore } from './restore.ts';

const plain = { withSecrets: false, withWorkspace: false };
const everything = { withSecrets: true, withWorkspace: true };

/** A server that has had one conversation, with files beside the database. */
const lived = async () => {
  const { config, folder } = await makeHome();
  const server = await serve(config);
  const key = server.app.firstKey ?? '';
  const client = createClient({ baseUrl: server.url, apiKey: key });
  for await (const _event of client.stream({ prompt: 'How many?' }));
  const { dataDir, configDir, workspace } = config.paths;
  writeFileSync(join(configDir, 'HEARTBEAT.md'), 'look');
  mkdirSync(join(dataDir, 'checkpoints', 'ab'), { recursive: true });
  writeFileSync(join(dataDir, 'checkpoints', 'ab', 'abcd'), 'old');
  writeFileSync(join(dataDir, 'claude-account.json'), '{"kind":"api_key","secret":"sk-ant-x"}', { mode: 0o600 });
  writeFileSync(join(workspace, 'run.sh'), 'echo', { mode: 0o755 });
  symlinkSync('/etc', join(workspace, 'link'));
  return { config, folder, server, key, client, io: captureIo() };
};

const pathsIn = async (file: string): Promise<string[]> => {
  const paths: string[] = [];
  await list({ file, onReadEntry: (entry) => void paths.push(entry.path) });
  return paths.sort();
};

const sessionsOf = async (config: Awaited<ReturnType<typeof makeHome>>['config'], key: string): Promise<string[]> => {
  const server = await serve(config);
  const { sessions } = await createClient({ baseUrl: server.url, apiKey: key }).sessions.list();
  await server.stop();
  return sessions.map((session) => session.last_message ?? '');
};

describe('hearth backup and restore', () => {
  it('bring a running Hearth to another machine: keys log in, conversations are there', async () => {
    const { config, key, io } = await lived();
    const file = await runBackup({ config, io }, plain);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await pathsIn(file)).toEqual([
      'config/HEARTBEAT.md',
      'data/checkpoints/ab/abcd',
      'database/hearth.db',
      'manifest.json',
    ]);
    expect(readdirSync(join(config.paths.dataDir, 'backups'))).toHaveLength(1);
    const { config: other } = await makeHome();
    await runRestore({ config: other, io }, file);
    expect(readdirSync(join(other.paths.dataDir, '..'))).toEqual(['config', 'data']);
    expect(statSync(join(other.paths.dataDir, 'hearth.db')).mode & 0o777).toBe(0o600);
    expect(await sessionsOf(other, key)).toEqual(['Four']);
    expect(readFileSync(join(other.paths.configDir, 'HEARTBEAT.md'), 'utf8')).toBe('look');
  });

  it('take the account and the workspace along only when told', async () => {
    const { config, io } = await lived();
    const file = await runBackup({ config, io }, { ...everything, out: join(makeFolder(), 'all.tar.gz') });
    expect(await pathsIn(file)).toEqual(expect.arrayContaining(['data/claude-account.json', 'workspace/run.sh']));
    expect(await pathsIn(file)).not.toContain('workspace/link');
    expect(io.printed.join('\n')).toContain('Not in it: 1 links or special files.');
    const { config: other } = await makeHome();
    await runRestore({ config: other, io }, file);
    expect(statSync(join(other.paths.workspace, 'run.sh')).mode & 0o777).toBe(0o755);
    expect(statSync(join(other.paths.dataDir, 'claude-account.json')).mode & 0o777).toBe(0o600);
  });

  it('go back in time, keep what a backup does not hold, and say how to undo it', async () => {
    const { config, server, key, io } = await lived();
    const file = await runBackup({ config, io }, plain);
    const client = createClient({ baseUrl: server.url, apiKey: key });
    for await (const _event of client.stream({ prompt: 'Again?' }));
    await expect(runRestore({ config, io }, file)).rejects.toThrow('Hearth already runs with this data folder');
    await server.stop();
    await runRestore({ config, io: captureIo() }, file);
    expect(await sessionsOf(config, key)).toHaveLength(1);
    expect(existsSync(join(config.paths.workspace, 'run.sh'))).toBe(true);
    expect(existsSync(file)).toBe(true);
    expect(existsSync(join(config.paths.dataDir, 'claude-account.json'))).toBe(true);

    const last = captureIo();
    await runRestore({ config, io: last, now: () => new Date('2030-01-02T03:04:05Z') }, file);
    const undo = last.printed.join('\n').match(/ {4}mv .+/g) ?? [];
    expect(undo.length).toBeGreaterThan(3);
    for (const line of undo) {
      const [, from = '', to = ''] = line.trim().split(' ');
      renameSync(from, to);
    }
    expect(await sessionsOf(config, key)).toHaveLength(1);
    expect(existsSync(join(config.paths.workspace, 'run.sh'))).toBe(true);
    expect(existsSync(file)).toBe(true);
  });

  it('say that what Mem0 remembers is not in it, and leave that where it is', async () => {
    const { server, folder, io } = await lived();
    await server.stop();
    const model = { LLM_BASE_URL: 'http://127.0.0.1:9/v1', LLM_MODEL: 'small' };
    const { config } = await makeHome({ MEMORY_ENGINE: 'mem0', ...model }, folder);
    const kept = join(config.paths.dataDir, 'mem0', 'history.db');
    mkdirSync(dirname(kept), { recursive: true });
    writeFileSync(kept, 'remembered');
    const file = await runBackup({ config, io }, plain);
    expect(io.printed.join('\n')).toContain('Not in it: what Mem0 remembers');
    await runRestore({ config, io }, file);
    expect(readFileSync(kept, 'utf8')).toBe('remembered');
  });

  it('of a Hearth that is being written to is one moment', async () => {
    const { config, io, server } = await lived();
    let writing = true;
    const writer = (async () => {
      for (let i = 0; writing; i += 1) {
        const row = { name: 'O', created_at: '2026' };
        await server.app.db.kysely.transaction().execute(async (trx) => {
          await trx
            .insertInto('owners')
            .values([
              { id: `a${i}`, ...row },
              { id: `b${i}`, ...row },
            ])
            .execute();
        });
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const file = await runBackup({ config, io }, plain);
    writing = false;
    await writer;
    const { config: other } = await makeHome();
    await runRestore({ config: other, io }, file);
    const ids = await withDb(other.database, (db) => db.kysely.selectFrom('owners').select('id').execute());
    expect(ids.filter(({ id }) => id.startsWith('a')).length).toBe(ids.filter(({ id }) => id.startsWith('b')).length);
  });
});

describe('a restore that fails leaves everything as it was', () => {
  const ready = async () => {
    const { config } = await makeHome();
    await firstStart(config.database);
    writeFileSync(join(config.paths.dataDir, 'hearth.pid'), 'x');
    mkdirSync(config.paths.configDir, { recursive: true });
    writeFileSync(join(config.paths.configDir, 'note'), 'x');
    const file = await runBackup({ config, io: captureIo() }, { ...plain, out: join(makeFolder(), 'x.tar.gz') });
    const home = join(config.paths.dataDir, '..');
    const state = (): string[] => picture(home).filter((line) => !/hearth\.(lock|pid)/.test(line));
    return { config, file, state, before: state(), io: captureIo() };
  };

  it('when the archive is cut short', async () => {
    const { config, file, state, before, io } = await ready();
    const whole = readFileSync(file);
    for (const share of [0.1, 0.6, 0.999]) {
      writeFileSync(file, whole.subarray(0, Math.floor(whole.length * share)));
      await expect(runRestore({ config, io }, file)).rejects.toThrow('This backup cannot be used');
      expect(state()).toEqual(before);
    }
  });

  it('when the disk is full', async () => {
    const { config, file, state, before, io } = await ready();
    const measure = async (): Promise<number> => 1_000;
    await expect(runRestore({ config, io, measure }, file)).rejects.toThrow('There is not enough room');
    expect(state()).toEqual(before);
    const backup = runBackup({ config, io, measure }, plain);
    await expect(backup).rejects.toThrow('There is not enough room');
    expect(state().filter((line) => !line.startsWith('data/backups'))).toEqual(before);
    expect(readdirSync(join(config.paths.dataDir, 'backups'))).toEqual([]);
  });

  it.each([1, 2, 3, 4])('when rename %i of the swap fails', async (failing) => {
    const { config, file, state, before, io } = await ready();
    let calls = 0;
    const rename = (from: string, to: string): void => {
      calls += 1;
      if (calls === failing) throw Object.assign(new Error('busy'), { code: 'EBUSY', path: from });
      renameSync(from, to);
    };
    await expect(runRestore({ config, io, rename }, file)).rejects.toThrow('it is in use, or a mount point');
    expect(state()).toEqual(before);
  });

  it('when the database in it is damaged, although its hash is right', async () => {
    const { config, state, before, io } = await ready();
    const { config: bad } = await makeHome();
    await firstStart(bad.database);
    const wrong = await makeWithGarbage();
    await expect(runRestore({ config, io }, wrong)).rejects.toThrow('The database in this backup is damaged.');
    expect(state()).toEqual(before);
  });

  it('when it is for another kind of database', async () => {
    const { config, file, state, before, io } = await ready();
    const other = { ...config, database: { kind: 'postgres' as const, url: 'postgres://nobody@127.0.0.1:1/x' } };
    await expect(runRestore({ config: other, io }, file)).rejects.toThrow('The database is not available');
    expect(state()).toEqual(before);
  });

  it('when there was nothing before: no folder is left', async () => {
    const { file, io } = await ready();
    const { config, folder } = await makeHome();
    writeFileSync(file, 'no backup');
    await expect(runRestore({ config, io }, file)).rejects.toThrow('This backup cannot be used');
    expect(readdirSync(folder).flatMap((name) => readdirSync(join(folder, name)))).toEqual([]);
  });
});

/** A well-formed backup around a database file that is none. */
const makeWithGarbage = async (): Promise<string> => {
  const { create } = await import('tar');
  const { createHash } = await import('node:crypto');
  const folder = makeFolder();
  mkdirSync(join(folder, 'database'));
  const garbage = 'SQLite format 3\0'.padEnd(8192, 'x');
  writeFileSync(join(folder, 'database', 'hearth.db'), garbage);
  const sha256 = createHash('sha256').update(garbage).digest('hex');
  const files = [{ path: 'database/hearth.db', size: garbage.length, sha256, mode: 0o600 }];
  const about = { format: 'hearth-backup', format_version: 1, version: '0', created_at: '2026-01-02T03:04:05Z' };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...about, kind: 'sqlite', migrations: [], files }));
  const file = join(folder, 'x.tar.gz');
  await create({ file, cwd: folder, gzip: true }, ['manifest.json', 'database/hearth.db']);
  return file;
};

it('a damaged database is not backed up', async () => {
  const { config } = await makeHome();
  await firstStart(config.database);
  const path = join(config.paths.dataDir, 'hearth.db');
  const bytes = readFileSync(path);
  bytes.fill(0xff, 4096 * 3, 4096 * 6);
  writeFileSync(path, bytes);
  chmodSync(path, 0o600);
  await expect(runBackup({ config, io: captureIo() }, plain)).rejects.toThrow(/damaged|database/);
  expect(readdirSync(join(config.paths.dataDir, 'backups'))).toEqual([]);
});

it('keys of a restored database are listed', async () => {
  const { config, io } = await lived();
  const file = await runBackup({ config, io }, plain);
  const { config: other } = await makeHome();
  await runRestore({ config: other, io }, file);
  const listing = captureIo();
  await listKeys({ config: other, io: listing }, { all: false, json: false });
  expect(listing.printed.join()).toContain('First key');
});
