import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../kernel/testing/free-port.ts';
import { makeFolder, makeHome } from './testing/home.ts';
import { version } from './version.ts';

const program = fileURLToPath(new URL('../../bin/hearth.mjs', import.meta.url));

type Ended = { code: number; out: string; err: string };

const makeEnv = async (home = makeFolder()): Promise<Record<string, string>> => ({
  PATH: process.env.PATH ?? '',
  HOME: home,
  HEARTH_HOME: join(home, 'home'),
  HEARTH_PORT: String(await freePort()),
  HEARTH_DEMO: 'always',
  HEARTH_SPARE_WORKER: 'off',
});

const hearth = (args: string[], env: Record<string, string>): Promise<Ended> =>
  new Promise((resolve) => {
    const options = { env, cwd: env.HOME, timeout: 30_000 };
    const child = execFile(process.execPath, [program, ...args], options, (error, out, err) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, out, err });
    });
    child.stdin?.end();
  });

it('says what there is, and what is wrong with what was typed', async () => {
  const env = await makeEnv();
  const help = await hearth(['--help'], env);
  for (const name of ['start', 'chat', 'keys', 'migrate', 'config', 'doctor', 'backup', 'restore'])
    expect(help.out).toMatch(new RegExp(`^  ${name} `, 'm'));
  expect(help).toMatchObject({ code: 0, err: '' });
  expect((await hearth(['--version'], env)).out).toBe(`${version}\n`);
  expect(await hearth(['kyes'], env)).toMatchObject({ code: 1, err: expect.stringContaining('Did you mean keys?') });
});

it('starts, answers, and ends with the signal passed on', async () => {
  const env = await makeEnv();
  const server = spawn(process.execPath, [program, 'start'], { env, cwd: env.HOME, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void server.kill('SIGKILL'));
  let said = '';
  const collect = (piece: Buffer): void => {
    said += piece.toString('utf8');
  };
  server.stdout.on('data', collect);
  server.stderr.on('data', collect);
  const exited = new Promise<number | null>((resolve) => server.once('exit', resolve));
  while (!said.includes('npx hearth chat')) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(said).not.toContain('ExperimentalWarning');
  const second = await hearth(['start'], env);
  expect(second).toMatchObject({ code: 1, err: expect.stringContaining('Hearth already runs with this data folder') });
  expect(await hearth(['restore', program], env)).toMatchObject({
    code: 1,
    err: expect.stringContaining('Stop Hearth'),
  });
  const made = await hearth(['keys', 'create', 'script', '--permission', 'admin'], env);
  expect(made.out).toMatch(/^ak_[\w-]{43}\n$/);
  server.kill('SIGTERM');
  expect(await exited).toBe(0);
  expect(await hearth(['chat', 'Hello'], env)).toMatchObject({
    code: 1,
    err: `No Hearth answers at http://127.0.0.1:${env.HEARTH_PORT}.\nStart it in another terminal: npx hearth start\n`,
  });
});

it('shows every setting without secrets, and names wrong ones', async () => {
  const env: Record<string, string> = { ...(await makeEnv()), ANTHROPIC_API_KEY: 'sk-ant-secret' };
  const { out, code } = await hearth(['config', '--json'], env);
  const shown: { variables: Record<string, string>; paths: Record<string, string> } = JSON.parse(out);
  expect(code).toBe(0);
  expect(shown.variables).toMatchObject({ ANTHROPIC_API_KEY: '********', DATABASE_URL: '', HEARTH_DEMO: 'always' });
  expect(shown.paths.data).toBe(join(env.HEARTH_HOME ?? '', 'data'));
  expect((await hearth(['config'], env)).out).not.toContain('sk-ant-secret');
  const wrong = await hearth(['keys', 'list'], { ...env, HEARTH_PORT: 'many' });
  expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('HEARTH_PORT') });
});

it('lists migrations without applying them, then applies them once', async () => {
  const { config, folder } = await makeHome();
  const env = { ...(await makeEnv(folder)), HEARTH_HOME: join(folder, 'home') };
  expect((await hearth(['migrate', '--dry-run'], env)).out).toContain('  0001-ground\n');
  expect(existsSync(config.paths.dataDir)).toBe(false);
  expect((await hearth(['migrate'], env)).out).toContain('Applied 0001-ground\n');
  expect((await hearth(['migrate'], env)).out).toBe('The database is up to date.\n');
});
