/**
 * `Idempotency-Key` on requests that create something: the same key with the same body gives the first answer again
 * and does nothing; with another body it is a conflict. Runs have their own rule, `client_message_id`. An answer that
 * holds a secret is not kept, so its repeat is a conflict instead. Rows live for a day.
 */
import type { MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type Db, isUniqueViolation } from '../db/index.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { sha256Hex } from '../kernel/ids.ts';
import type { HttpEnv, RouteMarks } from './context.ts';

const keyShape = /^[\x21-\x7e]{1,200}$/;
export const checkIdempotencyKey = (key: string): string => {
  if (keyShape.test(key)) return key;
  throw new AppError('BAD_REQUEST', 'Idempotency-Key must be 1-200 printable characters.');
};

const keptMs = 86_400_000;

const conflict = (message: string): AppError => new AppError('CONFLICT', message);

export const createIdempotency = (deps: { db: Db; clock: Clock }): MiddlewareHandler<HttpEnv> => {
  const table = deps.db.kysely;
  const row = (ownerId: string, route: string, key: string) => ({ owner_id: ownerId, route, key });

  const earlier = async (id: ReturnType<typeof row>, hash: string) => {
    const found = await table
      .selectFrom('idempotency')
      .select(['request_hash', 'status', 'body'])
      .where('owner_id', '=', id.owner_id)
      .where('route', '=', id.route)
      .where('key', '=', id.key)
      .executeTakeFirstOrThrow();
    if (found.request_hash !== hash) throw conflict('This Idempotency-Key was used for another request.');
    if (found.status === null) throw conflict('The first request with this Idempotency-Key is still at work.');
    if (found.body === null) throw conflict('This was already done; its answer is shown only once.');
    return { status: found.status, body: found.body };
  };

  const remove = async (id: ReturnType<typeof row>): Promise<void> => {
    await table
      .deleteFrom('idempotency')
      .where('owner_id', '=', id.owner_id)
      .where('route', '=', id.route)
      .where('key', '=', id.key)
      .execute();
  };

  const finish = async (id: ReturnType<typeof row>, response: Response, rule: 'replay' | 'once'): Promise<void> => {
    if (!response.ok) return remove(id);
    const body = rule === 'replay' ? await response.clone().text() : null;
    await table
      .updateTable('idempotency')
      .set({ status: response.status, body })
      .where('owner_id', '=', id.owner_id)
      .where('route', '=', id.route)
      .where('key', '=', id.key)
      .execute();
  };

  return async (c, next) => {
    const key = c.req.header('idempotency-key');
    // Public routes have no marks, and routes without the rule do not look at the header.
    const marks: RouteMarks | undefined = c.get('marks');
    if (key === undefined || !marks?.idempotency) return next();
    checkIdempotencyKey(key);
    const id = row(c.var.caller.ownerId, `${c.req.method} ${c.req.path}`, key);
    const hash = sha256Hex(await c.req.text());
    const now = deps.clock.now();
    try {
      await table
        .insertInto('idempotency')
        .values({ ...id, request_hash: hash, status: null, body: null, created_at: now.toISOString() })
        .execute();
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      const first = await earlier(id, hash);
      c.header('Idempotent-Replay', 'true');
      return c.body(first.body, first.status as ContentfulStatusCode, { 'Content-Type': 'application/json' });
    }
    await next();
    await finish(id, c.res, marks.idempotency);
    return undefined;
  };
};

/** Forgets keys of yesterday; returns how many. */
export const pruneIdempotency = async ({ db, clock }: { db: Db; clock: Clock }): Promise<number> => {
  const before = new Date(clock.now().getTime() - keptMs).toISOString();
  const removed = await db.kysely.deleteFrom('idempotency').where('created_at', '<', before).executeTakeFirst();
  return Number(removed.numDeletedRows);
};
