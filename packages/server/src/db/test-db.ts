/**
 * Databases for tests. SQLite: a fresh file per call, copied from a template that was migrated once. PostgreSQL: a fresh
 * database per call, made from a migrated template database; only in the integration project, where one is running.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { Client } from 'pg';
import { afterAll, describe, inject, it } from 'vitest';
import { newId } from '../kernel/ids.ts';
import { type DatabaseOptions, type Db, migrateDatabase, openDatabase } from './index.ts';

export interface Engine {
  readonly name: 'sqlite' | 'postgres';
  /** A fresh, migrated database; closed and removed after the suite. */
  makeDb(): Promise<Db>;
  /** As `makeDb`, but only where it is, to be opened by the test, perhaps more than once. */
  makeOptions(): Promise<DatabaseOptions>;
}

const withCleanUp = (): { later(task: () => void | Promise<void>): void } => {
  const tasks: (() => void | Promise<void>)[] = [];
  afterAll(async () => {
    for (const task of tasks.reverse()) await task();
  });
  return { later: (task) => tasks.push(task) };
};

const opened = async (options: DatabaseOptions, later: (task: () => Promise<void>) => void): Promise<Db> => {
  const db = await openDatabase(options);
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await db.close();
  };
  later(close);
  return { kysely: db.kysely, kind: db.kind, ping: db.ping, close };
};

let sqliteTemplate: Promise<Buffer> | undefined;
const makeSqliteTemplate = async (): Promise<Buffer> => {
  const folder = mkdtempSync(join(tmpdir(), 'hearth-template-'));
  const path = join(folder, 'hearth.db');
  await migrateDatabase({ kind: 'sqlite', path });
  const bytes = readFileSync(path);
  rmSync(folder, { recursive: true });
  return bytes;
};

/** Call it inside `describe`: it cleans up after that suite. */
export const sqliteEngine = (): Engine => {
  const { later } = withCleanUp();
  const makeOptions = async (): Promise<DatabaseOptions> => {
    sqliteTemplate ??= makeSqliteTemplate();
    const folder = mkdtempSync(join(tmpdir(), 'hearth-db-'));
    later(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'hearth.db');
    writeFileSync(path, await sqliteTemplate, { mode: 0o600 });
    return { kind: 'sqlite', path };
  };
  return { name: 'sqlite', makeOptions, makeDb: async () => opened(await makeOptions(), later) };
};

const databaseUrl = (url: string, name: string): string => Object.assign(new URL(url), { pathname: `/${name}` }).href;

const administer = async (url: string, statement: string): Promise<void> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
};

const makePostgresTemplate = async (url: string): Promise<string> => {
  const name = `template_${newId().replaceAll('-', '')}`;
  await administer(url, `create database ${name}`);
  await migrateDatabase({ kind: 'postgres', url: databaseUrl(url, name) });
  return name;
};

const postgresEngine = (url: string): Engine => {
  const { later } = withCleanUp();
  let template: Promise<string> | undefined;
  const makeOptions = async (): Promise<DatabaseOptions> => {
    template ??= makePostgresTemplate(url);
    const name = `test_${newId().replaceAll('-', '')}`;
    await administer(url, `create database ${name} template ${await template}`);
    later(() => administer(url, `drop database ${name} with (force)`));
    return { kind: 'postgres', url: databaseUrl(url, name) };
  };
  return { name: 'postgres', makeOptions, makeDb: async () => opened(await makeOptions(), later) };
};

/** Runs a suite once per engine; for `x.int.test.ts`. Where PostgreSQL is missing, its run is skipped and says why. */
export const eachEngine = (title: string, suite: (engine: Engine) => void): void => {
  describe(`${title} (sqlite)`, () => suite(sqliteEngine()));
  const services = inject('services');
  const url = services?.postgres;
  if (url) {
    describe(`${title} (postgres)`, () => suite(postgresEngine(url)));
  } else {
    const reason = services?.reasons.postgres ?? 'only in the integration project';
    describe.skip(`${title} (postgres)`, () => it(reason, () => undefined));
  }
};

/** One statement as it is, for tests that break a database. */
export const runStatement = async (db: Pick<Db, 'kysely'>, statement: string): Promise<void> => {
  await sql.raw(statement).execute(db.kysely);
};

/** The Redis of the run, or undefined with the reason to put into a skipped suite's title. */
export const testRedis = (): { url: string } | { url: undefined; reason: string } => {
  const services = inject('services');
  if (services?.redis) return { url: services.redis };
  return { url: undefined, reason: services?.reasons.redis ?? 'only in the integration project' };
};
