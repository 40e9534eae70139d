/**
 * The database: opens, is whole, has the right schema; and what waits in it. SQLite is opened for reading only;
 * PostgreSQL in a read-only transaction.
 */
import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Config } from '../../config.ts';
import { createPostgresPool } from '../../db/dialect-postgres.ts';
import { silentLog } from '../../kernel/log.ts';
import { readSchemaState, type SchemaState } from '../database.ts';
import { openForReading } from '../sqlite-file.ts';
import { error, type Finding, ok, warning } from './finding.ts';

/** One row of one statement; names of columns are the same on both engines. */
type Ask = (sql: string) => Promise<Record<string, unknown> | undefined>;

export interface DatabaseState {
  findings: Finding[];
  /** When the newest row was written, and when the database was made. */
  newest: string | null;
  since: string | null;
}

const graceMs = 60_000;
const number = (value: unknown): number => Number(value ?? 0);
const time = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

const checkRuns = async (ask: Ask, now: Date, serverRuns: boolean): Promise<Finding[]> => {
  const before = new Date(now.getTime() - graceMs).toISOString();
  const row = await ask(
    `select count(*) as n from runs where status in ('queued', 'running', 'waiting') and lease_until < '${before}'`,
  );
  const stuck = number(row?.n);
  if (stuck === 0) return [ok('runs', 'No run is stuck')];
  if (!serverRuns) return [ok('runs', `${stuck} runs were cut off; the next start takes care of them`)];
  return [
    warning({
      id: 'runs.stuck',
      title: `${stuck} runs are stuck`,
      cause: 'No server has looked after them for more than a minute.',
      fix: 'Start Hearth again; it ends or continues them.',
    }),
  ];
};

const checkApprovals = async (ask: Ask, now: Date): Promise<Finding[]> => {
  const row = await ask(
    `select count(*) as n from approvals where status = 'pending' and expires_at > '${now.toISOString()}'`,
  );
  const waiting = number(row?.n);
  if (waiting === 0) return [ok('approvals', 'Nothing waits for your decision')];
  return [
    warning({
      id: 'approvals.waiting',
      title: `${waiting} ${waiting === 1 ? 'request waits' : 'requests wait'} for your decision`,
      cause: 'The runs that asked go on when you decide, and are denied when the time is over.',
      fix: 'Decide in the app, or with "hearth chat --session last".',
    }),
  ];
};

const checkContent = async (ask: Ask, now: Date, serverRuns: boolean): Promise<DatabaseState> => {
  const findings = [...(await checkRuns(ask, now, serverRuns)), ...(await checkApprovals(ask, now))];
  const since = time((await ask('select min(created_at) as t from owners'))?.t);
  const newest = time((await ask('select max(created_at) as t from audit'))?.t);
  return { findings, newest, since };
};

const checkSchema = (state: SchemaState): Finding => {
  if (state.unknown.length > 0)
    return error({
      id: 'database.newer',
      title: 'The database was made by a newer version of Hearth',
      cause: `This version does not know ${state.unknown.join(', ')}.`,
      fix: 'Update Hearth.',
    });
  if (state.pending.length > 0)
    return warning({
      id: 'database.pending',
      title: 'The database is older than this version of Hearth',
      cause: `Not applied yet: ${state.pending.join(', ')}.`,
      fix: 'Start Hearth, or run "hearth migrate".',
    });
  return ok('database.schema', 'The schema is up to date');
};

const unreadable = (path: string): Finding =>
  error({
    id: 'database.damaged',
    title: 'The database is damaged or cannot be read',
    cause: `SQLite cannot make sense of ${path}.`,
    fix: 'Keep a copy of the file, then go back to the last backup with "hearth restore".',
  });

const askSqlite =
  (database: DatabaseSync): Ask =>
  async (sql) =>
    database.prepare(sql).get();

type Scene = { now: Date; serverRuns: boolean };

const checkSqlite = async (config: Config, path: string, { now, serverRuns }: Scene): Promise<DatabaseState> => {
  if (!existsSync(path))
    return { findings: [ok('database', 'The database is made at the first start')], newest: null, since: null };
  let database: DatabaseSync | undefined;
  try {
    database = openForReading(path);
    const check = database.prepare('PRAGMA quick_check(1)').get();
    if (check?.quick_check !== 'ok') return { findings: [unreadable(path)], newest: null, since: null };
    const schema = await readSchemaState(config.database);
    const findings = [ok('database', `The database is whole: ${path}`), checkSchema(schema)];
    if (schema.pending.length > 0) return { findings, newest: null, since: null };
    const content = await checkContent(askSqlite(database), now, serverRuns);
    return { ...content, findings: [...findings, ...content.findings] };
  } catch {
    return { findings: [unreadable(path)], newest: null, since: null };
  } finally {
    database?.close();
  }
};

const checkPostgres = async (config: Config, url: string, { now, serverRuns }: Scene): Promise<DatabaseState> => {
  const { host } = new URL(url);
  const pool = createPostgresPool({ url, log: silentLog, maxConnections: 1 });
  try {
    await pool.query('set default_transaction_read_only = on');
    const schema = await readSchemaState(config.database);
    const findings = [ok('database', `PostgreSQL at ${host} answers`), checkSchema(schema)];
    if (schema.pending.length > 0) return { findings, newest: null, since: null };
    const content = await checkContent(async (sql) => (await pool.query(sql)).rows[0], now, serverRuns);
    return { ...content, findings: [...findings, ...content.findings] };
  } catch {
    const away = error({
      id: 'database.away',
      title: 'PostgreSQL cannot be reached',
      cause: `${host} does not answer, or refuses this user and database.`,
      fix: 'Check that PostgreSQL runs and that DATABASE_URL is right.',
    });
    return { findings: [away], newest: null, since: null };
  } finally {
    await pool.end();
  }
};

export const checkDatabase = (config: Config, scene: Scene): Promise<DatabaseState> =>
  config.database.kind === 'sqlite'
    ? checkSqlite(config, config.database.path, scene)
    : checkPostgres(config, config.database.url, scene);
