/** Routes that need a permission: only the boolean true opens them, and a refusal comes before any side effect (case 15). */
import { type Permission, type Permissions, permissionNames } from '@hearth/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHarness } from '../harness.ts';
import { everyPermission } from '../support/owners.ts';
import { errorOf, send } from '../support/requests.ts';
import { rowsOf } from '../support/rows.ts';
import { type Operation, readDocument } from './document.ts';
import { fixtures } from './fixtures.ts';
import { callAs, newAddress, startWorld, type World } from './world.ts';

const reader = await startHarness();
const { operations } = await readDocument(reader);
await reader.close();

const isPermission = (text: string): text is Permission => permissionNames.some((name) => name === text);
const needed = (operation: Operation): Permission | null => {
  if (operation.access === 'ops') return 'admin';
  return isPermission(operation.access) ? operation.access : null;
};
const elevated = operations.flatMap((operation) => {
  const permission = needed(operation);
  return permission === null ? [] : [{ name: operation.name, operation, permission }];
});

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

describe('a route that needs a permission', () => {
  const attempt = async (operation: Operation, permissions: Permissions) => {
    const made = await fixtures[operation.name]?.make(world, world.first);
    if (made === undefined) throw new Error(`no fixture for ${operation.name}`);
    const before = await rowsOf(world.harness);
    const answer = await callAs(world, world.first, { ...made, method: operation.method }, permissions);
    const { api_keys: _keysBefore, ...rest } = before;
    const { api_keys: _keysAfter, ...after } = await rowsOf(world.harness);
    return { answer, rest, after };
  };

  it.each(elevated)(
    '$name is refused without "$permission", before anything happens',
    async ({ operation, permission }) => {
      const allOthers: Permissions = { ...everyPermission };
      delete allOthers[permission];
      for (const permissions of [{}, { [permission]: false }, allOthers]) {
        const { answer, rest, after } = await attempt(operation, permissions);
        expect(answer.status).toBe(403);
        expect(errorOf(answer)).toMatchObject({ code: 'FORBIDDEN', details: { permission } });
        expect(after).toEqual(rest);
      }
    },
  );

  it.each(elevated)('$name passes with nothing but "$permission"', async ({ operation, permission }) => {
    const { answer } = await attempt(operation, { [permission]: true });
    expect(answer.status, answer.text.slice(0, 300)).toBe(fixtures[operation.name]?.status);
  });

  it.each(['/livez', '/readyz', '/metrics'])(
    '%s is open to the machine itself, and to nobody behind a proxy',
    async (path) => {
      expect((await send(world.url, { method: 'GET', path })).status).toBe(200);
      const proxied = await send(world.url, { method: 'GET', path, headers: { 'X-Forwarded-For': newAddress() } });
      expect(proxied.status).toBe(401);
    },
  );
});

describe('a new key', () => {
  const create = (permissions: unknown, by: Permissions = everyPermission) =>
    callAs(world, world.first, { method: 'POST', path: '/api/v1/api-keys', body: { name: 'child', permissions } }, by);

  it.each(permissionNames)(
    'is not made with a "%s" that is no boolean, so that nothing is granted by accident',
    async (name) => {
      const before = await rowsOf(world.harness);
      for (const odd of [null, 1, 0, 'true', 'false', '', [], {}, [true]]) {
        const answer = await create({ [name]: odd });
        expect(answer.status, String(odd)).toBe(422);
        const { issues } = errorOf(answer).details ?? {};
        expect(JSON.stringify(issues), String(odd)).toContain(`permissions.${name}`);
      }
      const named = (rows: string[] = []): number => rows.filter((row) => row.includes('"child"')).length;
      expect(named((await rowsOf(world.harness)).api_keys)).toBe(named(before.api_keys));
    },
  );

  it('is not made with a permission nobody has heard of', async () => {
    for (const odd of [{ root: true }, { 'shell ': true }, { Admin: true }, { '*': true }])
      expect((await create(odd)).status, JSON.stringify(odd)).toBe(422);
  });

  it.each(permissionNames.filter((name) => name !== 'admin'))(
    'has no "%s" when its maker has none: nobody hands out more than they hold',
    async (name) => {
      const answer = await create({ [name]: true }, { admin: true });
      expect(answer.status).toBe(403);
      expect(errorOf(answer).details).toEqual({ permission: name });
    },
  );

  it('has no permission at all unless they are named', async () => {
    const answer = await create(undefined);
    expect(JSON.parse(answer.text)).toMatchObject({ permissions: {} });
  });

  it('takes no field that is not the caller to give: id, owner, hash, state', async () => {
    for (const field of ['id', 'owner_id', 'key_hash', 'key', 'is_active', 'created_at', 'revoked_at', 'hint']) {
      const body = { name: 'child', [field]: 'x' };
      const answer = await callAs(world, world.first, { method: 'POST', path: '/api/v1/api-keys', body });
      expect(answer.status, field).toBe(422);
    }
  });
});
