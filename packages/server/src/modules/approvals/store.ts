/** SQL of approvals and standing rules. Every state change is one conditional update, so that a race has one winner. */
import {
  type Approval,
  type ApprovalStatus,
  type JsonObject,
  jsonObjectSchema,
  type StepDecision,
  type ToolRule,
} from '@hearth/contract';
import type { Selectable } from 'kysely';
import type { ApprovalsTable, Db, ToolRulesTable } from '../../db/index.ts';
import { parseJson } from '../../kernel/json.ts';

export type ApprovalRow = Selectable<ApprovalsTable>;

export const toApproval = (row: ApprovalRow): Approval => ({
  id: row.id,
  kind: row.kind,
  session_id: row.session_id,
  run_id: row.run_id,
  tool_use_id: row.tool_use_id,
  tool: row.tool,
  title: row.title,
  input: parseJson(jsonObjectSchema, row.input, 'approval'),
  edited_input: row.edited_input === null ? null : parseJson(jsonObjectSchema, row.edited_input, 'approval'),
  risk: row.risk,
  risk_reason: row.risk_reason,
  status: row.status,
  created_at: row.created_at,
  expires_at: row.expires_at,
  decided_at: row.decided_at,
  decided_by: row.decided_by,
});

export const toRule = (row: Selectable<ToolRulesTable>): ToolRule => ({
  id: row.id,
  tool: row.tool,
  input: parseJson(jsonObjectSchema, row.input, 'rule'),
  cwd: row.cwd,
  created_at: row.created_at,
  last_used_at: row.last_used_at,
});

const toDecision = (row: Pick<ApprovalRow, keyof StepDecision>): StepDecision => ({
  tool_use_id: row.tool_use_id,
  status: row.status,
  decided_at: row.decided_at,
  decided_by: row.decided_by,
});

export interface Settle {
  status: ApprovalStatus;
  at: string;
  by: string | null;
  editedInput?: JsonObject;
  answer?: unknown;
}

export interface ApprovalStore {
  insert(row: ApprovalRow): Promise<void>;
  byId(id: string): Promise<ApprovalRow | undefined>;
  byCall(runId: string, toolUseId: string): Promise<ApprovalRow | undefined>;
  list(ownerId: string, status: ApprovalStatus | undefined): Promise<ApprovalRow[]>;
  pendingOfSession(sessionId: string): Promise<ApprovalRow[]>;
  /** How the questions of these runs ended, in the order in which they were asked. */
  decisionsOf(ownerId: string, runIds: readonly string[]): Promise<StepDecision[]>;
  due(at: string): Promise<ApprovalRow[]>;
  /** True for the one caller that moved it out of `pending`. */
  settle(id: string, settle: Settle): Promise<boolean>;
  /** True for the one caller that may act on it. */
  consume(id: string, at: string): Promise<boolean>;
}

export const createApprovalStore = (db: Db): ApprovalStore => {
  const all = () => db.kysely.selectFrom('approvals').selectAll();
  return {
    async insert(row) {
      await db.kysely.insertInto('approvals').values(row).execute();
    },
    byId: (id) => all().where('id', '=', id).executeTakeFirst(),
    byCall: (runId, toolUseId) =>
      all().where('run_id', '=', runId).where('tool_use_id', '=', toolUseId).executeTakeFirst(),
    list(ownerId, status) {
      const rows = all().where('owner_id', '=', ownerId).orderBy('created_at', 'desc').orderBy('id', 'desc').limit(200);
      return (status ? rows.where('status', '=', status) : rows).execute();
    },
    pendingOfSession: (sessionId) =>
      all().where('session_id', '=', sessionId).where('status', '=', 'pending').orderBy('created_at').execute(),
    async decisionsOf(ownerId, runIds) {
      if (runIds.length === 0) return [];
      const rows = await db.kysely
        .selectFrom('approvals')
        .select(['tool_use_id', 'status', 'decided_at', 'decided_by'])
        .where('owner_id', '=', ownerId)
        .where('status', '!=', 'pending')
        .where('run_id', 'in', [...runIds])
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map(toDecision);
    },
    due: (at) => all().where('status', '=', 'pending').where('expires_at', '<=', at).limit(100).execute(),
    async settle(id, settle) {
      const changed = await db.kysely
        .updateTable('approvals')
        .set({
          status: settle.status,
          decided_at: settle.at,
          decided_by: settle.by,
          edited_input: settle.editedInput ? JSON.stringify(settle.editedInput) : null,
          answer: settle.answer === undefined ? null : JSON.stringify(settle.answer),
        })
        .where('id', '=', id)
        .where('status', '=', 'pending')
        .executeTakeFirst();
      return changed.numUpdatedRows === 1n;
    },
    async consume(id, at) {
      const changed = await db.kysely
        .updateTable('approvals')
        .set({ consumed_at: at })
        .where('id', '=', id)
        .where('consumed_at', 'is', null)
        .executeTakeFirst();
      return changed.numUpdatedRows === 1n;
    },
  };
};

export interface RuleStore {
  add(rule: Selectable<ToolRulesTable>): Promise<void>;
  find(ownerId: string, tool: string, inputHash: string, cwd: string): Promise<Selectable<ToolRulesTable> | undefined>;
  touch(id: string, at: string): Promise<void>;
  list(ownerId: string): Promise<Selectable<ToolRulesTable>[]>;
  revoke(ownerId: string, id: string, at: string): Promise<boolean>;
}

export const createRuleStore = (db: Db): RuleStore => ({
  async add(rule) {
    await db.kysely.insertInto('tool_rules').values(rule).execute();
  },
  find: (ownerId, tool, inputHash, cwd) =>
    db.kysely
      .selectFrom('tool_rules')
      .selectAll()
      .where('owner_id', '=', ownerId)
      .where('tool', '=', tool)
      .where('input_hash', '=', inputHash)
      .where('cwd', '=', cwd)
      .where('revoked_at', 'is', null)
      .executeTakeFirst(),
  async touch(id, at) {
    await db.kysely.updateTable('tool_rules').set({ last_used_at: at }).where('id', '=', id).execute();
  },
  list: (ownerId) =>
    db.kysely
      .selectFrom('tool_rules')
      .selectAll()
      .where('owner_id', '=', ownerId)
      .where('revoked_at', 'is', null)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(500)
      .execute(),
  async revoke(ownerId, id, at) {
    const changed = await db.kysely
      .updateTable('tool_rules')
      .set({ revoked_at: at })
      .where('id', '=', id)
      .where('owner_id', '=', ownerId)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    return changed.numUpdatedRows === 1n;
  },
});
