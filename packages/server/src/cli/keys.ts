/**
 * `hearth keys`: API keys, made and ended directly in the database, so that it works with and without a running server
 * and also for someone who lost the last key. A running server notices within a second. The text of a key goes to the
 * output alone, so that a script can catch it.
 */
import { type ApiKey, createApiKeySchema, permissionNames } from '@hearth/contract';
import type { Config } from '../config.ts';
import { isAppError } from '../kernel/errors.ts';
import { operatorKeyId } from '../modules/auth/first-key.ts';
import { stripControls } from './chat-text.ts';
import { CliError } from './failure.ts';
import { type Io, renderTable } from './io.ts';
import { allPermissions, type Operator, withOperator } from './operator.ts';

export interface KeysDeps {
  config: Config;
  io: Io;
  now?: () => Date;
}

export interface CreateKeyOptions {
  name: string;
  permissions: readonly string[];
  expiresDays: number | null;
}

const dayMs = 86_400_000;
const day = (time: string | null, otherwise: string): string => time?.slice(0, 10) ?? otherwise;

const permissionsOf = (key: ApiKey): string => {
  const granted = permissionNames.filter((name) => key.permissions[name] === true);
  if (granted.length === permissionNames.length) return 'all';
  return granted.length === 0 ? 'chat only' : granted.join(' ');
};

const toRow = (key: ApiKey): string[] => [
  key.id,
  stripControls(key.name),
  key.hint,
  permissionsOf(key),
  day(key.created_at, ''),
  day(key.last_used_at, 'never'),
  day(key.expires_at, 'never'),
  key.is_active ? 'active' : 'ended',
];

export const listKeys = ({ config, io }: KeysDeps, options: { all: boolean; json: boolean }): Promise<void> =>
  withOperator(config.database, async ({ auth, caller }) => {
    const keys = (await auth.listKeys(caller)).filter((key) => options.all || key.is_active);
    if (options.json) return io.out(JSON.stringify(keys, null, 2));
    if (keys.length === 0)
      return io.out('There is no active key. Make one: hearth keys create my-key --permission all');
    const head = ['ID', 'NAME', 'BEGINS', 'MAY', 'MADE', 'USED', 'EXPIRES', 'STATE'];
    io.out(renderTable([head, ...keys.map(toRow)]));
  });

const wantedPermissions = (names: readonly string[]) => {
  if (names.includes('all')) return allPermissions();
  const unknown = names.find((name) => !permissionNames.some((known) => known === name));
  if (unknown !== undefined)
    throw new CliError(`There is no permission "${unknown}".`, `Use one of: ${permissionNames.join(', ')}, all.`);
  return Object.fromEntries(names.map((name) => [name, true]));
};

const expiryAfter = (days: number | null, now: Date): string | null =>
  days === null ? null : new Date(now.getTime() + days * dayMs).toISOString();

export const createKey = (deps: KeysDeps, options: CreateKeyOptions): Promise<void> => {
  const { config, io, now = () => new Date() } = deps;
  const parsed = createApiKeySchema.safeParse({
    name: options.name,
    permissions: wantedPermissions(options.permissions),
    expires_at: expiryAfter(options.expiresDays, now()),
  });
  if (!parsed.success) throw new CliError('The name of a key has 1 to 100 characters.', 'Choose another name.');
  return withOperator(config.database, async ({ auth, caller, record }) => {
    const made = await auth.createKey(caller, parsed.data);
    await record('key.created', made.id);
    io.err(`Key "${stripControls(made.name)}" (${permissionsOf(made)}), id ${made.id}. It is shown this one time:`);
    io.out(made.key);
  });
};

const requireKey = async ({ auth, caller }: Operator, id: string): Promise<ApiKey> => {
  const key = (await auth.listKeys(caller)).find((one) => one.id === id);
  if (key) return key;
  throw new CliError(`There is no key with the id ${id}.`, 'See the ids with "hearth keys list".');
};

export const rotateKey = ({ config, io }: KeysDeps, id: string): Promise<void> =>
  withOperator(config.database, async (operator) => {
    const key = await requireKey(operator, id);
    if (id === operatorKeyId)
      throw new CliError('This key is set by HEARTH_ADMIN_KEY.', 'Change the variable and start Hearth again.');
    if (!key.is_active) throw new CliError('This key has ended.', 'Make a new one with "hearth keys create".');
    const { new_key } = await operator.auth.rotateKey(operator.caller, id);
    await operator.record('key.rotated', id);
    io.err(`Key "${stripControls(key.name)}" has a new text; the old one no longer works. It is shown this one time:`);
    io.out(new_key);
  });

export const revokeKey = ({ config, io }: KeysDeps, id: string): Promise<void> =>
  withOperator(config.database, async (operator) => {
    const key = await requireKey(operator, id);
    await operator.auth.revokeKey(operator.caller, id).catch((error: unknown) => {
      if (!isAppError(error, 'CONFLICT')) throw error;
      throw new CliError(`${error.message}.`, 'Make another first: hearth keys create my-key --permission all', error);
    });
    await operator.record('key.revoked', id);
    io.out(`Key "${stripControls(key.name)}" is revoked.`);
    if (id === operatorKeyId) io.err('It comes back at the next start as long as HEARTH_ADMIN_KEY is set.');
  });
