/**
 * `pg_dump` and `pg_restore` of the machine. The address of the database goes through the environment of the child, so
 * that no password shows in the list of processes.
 */
import { spawn } from 'node:child_process';
import type { Config } from '../../config.ts';
import { CliError } from '../failure.ts';

type Tool = 'pg_dump' | 'pg_restore';

const connection = (url: string): Record<string, string> => {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const settings = {
    PGHOST: decodeURIComponent(searchParams.get('host') ?? hostname),
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.replace(/^\//, '')),
    PGSSLMODE: searchParams.get('sslmode') ?? '',
    PGSSLROOTCERT: searchParams.get('sslrootcert') ?? '',
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== ''));
};

/** The name in `--dbname` makes `pg_restore` connect; everything else comes from the environment. */
export const databaseName = (url: string): string => decodeURIComponent(new URL(url).pathname.replace(/^\//, ''));

const scrub = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((clean, secret) => (secret === '' ? clean : clean.replaceAll(secret, '[secret]')), text);

/** Resolves to what the tool printed. */
export const runPostgresTool = (config: Config, tool: Tool, args: readonly string[]): Promise<string> => {
  const { database, agent, secrets } = config;
  if (database.kind !== 'postgres') throw new CliError(`${tool} is for PostgreSQL.`, 'Set DATABASE_URL.');
  const { PATH, HOME } = agent.baseEnv;
  const child = spawn(tool, [...args], {
    env: { PATH, HOME, ...connection(database.url) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (piece: Buffer) => {
    said.out += piece.toString('utf8');
  });
  child.stderr.on('data', (piece: Buffer) => {
    said.err = `${said.err}${piece.toString('utf8')}`.slice(-2_000);
  });
  return new Promise((resolve, reject) => {
    child.on('error', (error) =>
      reject(
        new CliError(
          `The program ${tool} is not on this machine.`,
          'Install the PostgreSQL client programs (package "postgresql-client") of at least the version of your server.',
          error,
        ),
      ),
    );
    child.on('close', (code) => {
      if (code === 0) return resolve(said.out);
      const reason = scrub(said.err.trim(), secrets).split('\n').slice(-3).join(' ');
      reject(new CliError(`${tool} failed: ${reason}`, 'Check DATABASE_URL and the versions of both, and try again.'));
    });
  });
};
