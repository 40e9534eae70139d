/** A PostgreSQL database of its own for a test: nothing is in it, and it goes with the test. */
import { Client } from 'pg';
import { onTestFinished } from 'vitest';
import { newId } from '../../kernel/ids.ts';

const administer = async (url: string, statement: string): Promise<void> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
};

/** `admin` is any database of the server; answers the address of the new one. */
export const emptyPostgres = async (admin: string): Promise<string> => {
  const name = `cli_${newId().replaceAll('-', '')}`;
  await administer(admin, `create database ${name}`);
  onTestFinished(() => administer(admin, `drop database ${name} with (force)`));
  return Object.assign(new URL(admin), { pathname: `/${name}` }).href;
};
