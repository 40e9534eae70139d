/** Rows of the audit trail. See `index.ts`. */
import type { AuditEntry, auditQuerySchema } from '@hearth/contract';
import type { Kysely } from 'kysely';
import type { z } from 'zod';
import type { AuditTable, Database, Db } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { newId } from '../../kernel/ids.ts';

export interface AuditRecord {
  ownerId: string | null;
  keyId?: string | null;
  ip?: string | null;
  action: string;
  outcome: 'ok' | 'denied' | 'failed';
  code?: string | null;
  target?: string | null;
  origin?: string | null;
  sessionId?: string | null;
  runId?: string | null;
}

export interface Audit {
  /** In the caller's transaction when given. */
  record(entry: AuditRecord, tx?: Kysely<Database>): Promise<void>;
  list(ownerId: string, query: z.infer<typeof auditQuerySchema>): Promise<{ entries: AuditEntry[]; total: number }>;
  prune(before: Date): Promise<number>;
}

// Input must not be able to forge a line wherever these rows are printed.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed here
const oneLine = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f]/g, ' ').slice(0, 200);

const toEntry = (row: AuditTable): AuditEntry => ({
  id: row.id,
  action: row.action,
  outcome: row.outcome,
  code: row.code,
  target: row.target,
  origin: row.origin,
  session_id: row.session_id,
  run_id: row.run_id,
  key_id: row.key_id,
  ip: row.ip,
  created_at: row.created_at,
});

export const createAudit = ({ db, clock }: { db: Db; clock: Clock }): Audit => ({
  async record(entry, tx = db.kysely) {
    await tx
      .insertInto('audit')
      .values({
        id: newId(),
        owner_id: entry.ownerId,
        key_id: entry.keyId ?? null,
        ip: entry.ip ?? null,
        action: entry.action,
        outcome: entry.outcome,
        code: entry.code ?? null,
        target: entry.target ? oneLine(entry.target) : null,
        origin: entry.origin ?? null,
        session_id: entry.sessionId ?? null,
        run_id: entry.runId ?? null,
        detail: null,
        created_at: clock.now().toISOString(),
      })
      .execute();
  },
  async list(ownerId, query) {
    let rows = db.kysely.selectFrom('audit').where('owner_id', '=', ownerId);
    if (query.action) rows = rows.where('action', '=', query.action);
    if (query.session_id) rows = rows.where('session_id', '=', query.session_id);
    const [page, count] = await Promise.all([
      rows
        .selectAll()
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(query.page_size)
        .offset((query.page - 1) * query.page_size)
        .execute(),
      rows.select((eb) => eb.fn.countAll().as('n')).executeTakeFirstOrThrow(),
    ]);
    return { entries: page.map(toEntry), total: Number(count.n) };
  },
  async prune(before) {
    const removed = await db.kysely
      .deleteFrom('audit')
      .where('created_at', '<', before.toISOString())
      .executeTakeFirst();
    return Number(removed.numDeletedRows);
  },
});
