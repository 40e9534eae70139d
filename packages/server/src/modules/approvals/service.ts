/**
 * Asking, waiting, deciding. Waiting happens in memory and is woken over the event bus, so the decision may come from
 * another replica; the row is what counts.
 */
import type {
  Approval,
  ApprovalStatus,
  Decision,
  JsonObject,
  Permissions,
  Risk,
  StepDecision,
  ToolRule,
} from '@hearth/contract';
import { hasPermission, jsonObjectSchema } from '@hearth/contract';
import { z } from 'zod';
import type { Db } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { newId, sha256Hex } from '../../kernel/ids.ts';
import { canonicalJson, parseJson } from '../../kernel/json.ts';
import type { EventBus } from '../../ports/event-bus.ts';
import type { Audit } from '../audit/index.ts';
import type { EventLog } from '../events/index.ts';
import { permissionFor, ruleInput } from '../policy/index.ts';
import { type ApprovalRow, createApprovalStore, createRuleStore, toApproval, toRule } from './store.ts';

export interface ApprovalRequest {
  ownerId: string;
  sessionId: string;
  runId: string;
  toolUseId: string;
  kind: 'tool' | 'question';
  tool: string;
  title: string;
  input: JsonObject;
  risk: Risk;
  riskReason: string;
  cwd: string;
  origin: string;
}

/** Who decides. */
export interface Decider {
  ownerId: string;
  keyId: string;
  keyName: string;
  permissions: Permissions;
}

export type Settlement =
  | { status: 'allowed'; input: JsonObject }
  | { status: 'answered'; answer: string }
  | { status: 'denied' | 'expired' | 'cancelled' };

export interface Approvals {
  /** Makes the row, or finds the one this very call already has. A call with other arguments gets a refusal. */
  ask(request: ApprovalRequest): Promise<ApprovalRow>;
  /** Resolves when the row is settled, the time is up, or the run is stopped. */
  wait(row: ApprovalRow, options: { ms: number; signal: AbortSignal }): Promise<'settled' | 'timeout' | 'aborted'>;
  /** What was decided, to be acted on once; null while it is pending or when it was already used. */
  use(id: string): Promise<Settlement | null>;
  decide(caller: Decider, id: string, decision: Decision): Promise<Approval>;
  answer(caller: Decider, sessionId: string, answer: string, toolUseId?: string): Promise<void>;
  list(ownerId: string, status?: ApprovalStatus): Promise<Approval[]>;
  get(ownerId: string, id: string): Promise<Approval>;
  /** How the questions of these runs ended: what the steps of a chat say of them, and those of its copies. */
  decisionsOf(ownerId: string, runIds: readonly string[]): Promise<StepDecision[]>;
  /** The question a run waits for, if any. */
  openOfRun(run: { id: string; session_id: string }): Promise<ApprovalRow | undefined>;
  /** The run that asked was stopped: the question is off. */
  cancel(row: ApprovalRow): Promise<void>;
  /** The owner moved on: what the session still waits for is over. */
  cancelOfSession(sessionId: string): Promise<number>;
  expireDue(): Promise<number>;
  /** True when "always allow" covers this call. */
  hasRule(request: { ownerId: string; tool: string; input: JsonObject; cwd: string }): Promise<boolean>;
  rules(ownerId: string): Promise<ToolRule[]>;
  revokeRule(caller: Decider, id: string): Promise<void>;
  /** Lets every waiting run park, for example because the server stops. */
  parkWaiting(): void;
  start(): Promise<void>;
  stop(): void;
}

export interface ApprovalsDeps {
  db: Db;
  clock: Clock;
  bus: EventBus;
  events: EventLog;
  audit: Audit;
  expiresMs: number;
  /** Something was decided; a parked run may go on. */
  onSettled: (row: { runId: string; ownerId: string }) => void;
}

const channel = 'approvals';
const settledMessage = z.object({ approval_id: z.string() });
const answerShape = z.string();

const notFound = (): AppError => new AppError('APPROVAL_NOT_FOUND', 'There is no such approval.');
const settledStatus = { allow: 'allowed', allow_always: 'allowed', deny: 'denied' } as const;

const questionShape = z.object({
  questions: z
    .array(
      z.looseObject({
        question: z.string(),
        options: z.array(z.looseObject({ label: z.string(), description: z.string().optional() })).optional(),
      }),
    )
    .min(1),
});

export const createApprovals = (deps: ApprovalsDeps): Approvals => {
  const { clock, bus, events, audit } = deps;
  const store = createApprovalStore(deps.db);
  const rules = createRuleStore(deps.db);
  const waiters = new Map<string, Set<() => void>>();
  const parkers = new Set<() => void>();
  let stopListening = (): void => {};
  const now = (): string => clock.now().toISOString();

  const wake = (id: string): void => {
    for (const resolve of waiters.get(id) ?? []) resolve();
  };

  const announce = (row: ApprovalRow): void => {
    const ids = { session_id: row.session_id, run_id: row.run_id, approval_id: row.id };
    const input = parseJson(jsonObjectSchema, row.input, 'approval');
    if (row.kind === 'question') {
      const first = questionShape.safeParse(input).data?.questions[0];
      const options = first?.options?.map(({ label, description }) => ({ label, description }));
      events.publish(row.owner_id, {
        type: 'question',
        data: {
          ...ids,
          tool_use_id: row.tool_use_id,
          question: first?.question ?? row.title,
          ...(options ? { options } : {}),
        },
      });
      return;
    }
    events.publish(row.owner_id, {
      type: 'approval',
      data: {
        ...ids,
        tool: row.tool,
        title: row.title,
        input,
        risk: row.risk,
        risk_reason: row.risk_reason,
        expires_at: row.expires_at,
      },
    });
  };

  const settled = async (row: ApprovalRow, status: ApprovalStatus, by: string | null): Promise<void> => {
    events.publish(row.owner_id, {
      type: 'approval_settled',
      data: { session_id: row.session_id, run_id: row.run_id, approval_id: row.id, status, decided_by: by },
    });
    await bus.send(channel, { approval_id: row.id }).catch(() => 0);
    wake(row.id);
    deps.onSettled({ runId: row.run_id, ownerId: row.owner_id });
  };

  const settle = async (row: ApprovalRow, status: ApprovalStatus, extra: SettleExtra): Promise<boolean> => {
    const won = await store.settle(row.id, {
      status,
      at: now(),
      by: extra.by,
      editedInput: extra.editedInput,
      answer: extra.answer,
    });
    if (won) await settled(row, status, extra.by);
    return won;
  };

  const owned = async (ownerId: string, id: string): Promise<ApprovalRow> => {
    const row = await store.byId(id);
    if (!row || row.owner_id !== ownerId) throw notFound();
    return row;
  };

  /** A decision that comes after the time is none, also when nobody has tidied up yet. */
  const refuseExpired = async (row: ApprovalRow): Promise<void> => {
    if (row.status !== 'pending' || row.expires_at > now()) return;
    await settle(row, 'expired', { by: null });
    throw conflict(await owned(row.owner_id, row.id));
  };

  const alwaysAllow = async (row: ApprovalRow): Promise<void> => {
    const input = canonicalJson(
      ruleInput(row.tool, parseJson(jsonObjectSchema, row.edited_input ?? row.input, 'approval')),
    );
    await rules.add({
      id: newId(),
      owner_id: row.owner_id,
      tool: row.tool,
      input,
      input_hash: sha256Hex(input),
      cwd: row.cwd,
      created_at: now(),
      last_used_at: null,
      revoked_at: null,
    });
  };

  const conflict = (row: ApprovalRow): AppError =>
    new AppError(
      'CONFLICT',
      `This was already decided: ${row.status}${row.decided_by ? ` by ${row.decided_by}` : ''}.`,
      {
        details: { status: row.status },
      },
    );

  return {
    async ask(request) {
      const existing = await store.byCall(request.runId, request.toolUseId);
      const hash = sha256Hex(canonicalJson(request.input));
      if (existing) {
        if (existing.input_hash !== hash)
          throw new AppError('CONFLICT', 'The arguments changed after the question was asked.');
        return existing;
      }
      const at = clock.now();
      const row: ApprovalRow = {
        id: newId(),
        owner_id: request.ownerId,
        session_id: request.sessionId,
        run_id: request.runId,
        tool_use_id: request.toolUseId,
        kind: request.kind,
        tool: request.tool,
        title: request.title,
        input: JSON.stringify(request.input),
        input_hash: hash,
        edited_input: null,
        answer: null,
        risk: request.risk,
        risk_reason: request.riskReason,
        status: 'pending',
        cwd: request.cwd,
        created_at: at.toISOString(),
        expires_at: new Date(at.getTime() + deps.expiresMs).toISOString(),
        decided_at: null,
        decided_by: null,
        consumed_at: null,
      };
      await store.insert(row);
      announce(row);
      return row;
    },

    async wait(row, { ms, signal }) {
      if (signal.aborted) return 'aborted';
      const done = Promise.withResolvers<'settled' | 'timeout' | 'aborted'>();
      const onSettled = (): void => done.resolve('settled');
      const onAbort = (): void => done.resolve('aborted');
      const park = (): void => done.resolve('timeout');
      parkers.add(park);
      const set = waiters.get(row.id) ?? new Set();
      waiters.set(row.id, set.add(onSettled));
      signal.addEventListener('abort', onAbort, { once: true });
      const cancel = clock.setTimer(ms, () => done.resolve('timeout'));
      // Decided between the row and the listening: the row says so.
      if ((await store.byId(row.id))?.status !== 'pending') onSettled();
      try {
        return await done.promise;
      } finally {
        cancel();
        parkers.delete(park);
        signal.removeEventListener('abort', onAbort);
        set.delete(onSettled);
        if (set.size === 0) waiters.delete(row.id);
      }
    },

    async use(id) {
      const row = await store.byId(id);
      if (!row || row.status === 'pending') return null;
      if (!(await store.consume(id, now()))) return null;
      if (row.status === 'allowed')
        return { status: 'allowed', input: parseJson(jsonObjectSchema, row.edited_input ?? row.input, 'approval') };
      if (row.status === 'answered')
        return { status: 'answered', answer: parseJson(answerShape, row.answer ?? '""', 'answer') };
      return { status: row.status };
    },

    async decide(caller, id, decision) {
      const row = await owned(caller.ownerId, id);
      if (row.kind === 'question' && decision.decision !== 'deny')
        throw new AppError('CONFLICT', 'This is a question; answer it with POST /sessions/{id}/answer.');
      const permission = permissionFor(row.tool);
      if (decision.decision !== 'deny' && permission !== null && !hasPermission(caller.permissions, permission))
        throw new AppError('FORBIDDEN', `Allowing this needs the permission "${permission}".`, {
          details: { permission },
        });
      await refuseExpired(row);
      const status = settledStatus[decision.decision];
      const extra = { by: caller.keyName, editedInput: decision.edited_input, answer: decision.decision };
      if (!(await settle(row, status, extra))) {
        const current = await owned(caller.ownerId, id);
        // "Always", or other arguments, after a plain "allow" is another decision: nothing of it would be true.
        const edited = decision.edited_input === undefined ? null : JSON.stringify(decision.edited_input);
        const same = current.answer === JSON.stringify(decision.decision) && current.edited_input === edited;
        if (!same) throw conflict(current);
        return toApproval(current);
      }
      if (decision.decision === 'allow_always') await alwaysAllow(await owned(caller.ownerId, id));
      await audit.record({
        ownerId: caller.ownerId,
        keyId: caller.keyId,
        action: `approval.${decision.decision}`,
        outcome: 'ok',
        target: row.tool,
        sessionId: row.session_id,
        runId: row.run_id,
      });
      return toApproval(await owned(caller.ownerId, id));
    },

    async answer(caller, sessionId, answer, toolUseId) {
      const pending = (await store.pendingOfSession(sessionId)).filter(
        (row) => row.owner_id === caller.ownerId && row.kind === 'question',
      );
      const row = toolUseId === undefined ? pending[0] : pending.find((one) => one.tool_use_id === toolUseId);
      if (!row) throw new AppError('CONFLICT', 'This session is not waiting for an answer.');
      await refuseExpired(row);
      if (!(await settle(row, 'answered', { by: caller.keyName, answer })))
        throw new AppError('CONFLICT', 'This question was already answered.');
    },

    list: async (ownerId, status) => (await store.list(ownerId, status)).map(toApproval),
    get: async (ownerId, id) => toApproval(await owned(ownerId, id)),
    decisionsOf: store.decisionsOf,
    openOfRun: async (run) =>
      (await store.pendingOfSession(run.session_id)).findLast((approval) => approval.run_id === run.id),

    async cancel(row) {
      await settle(row, 'cancelled', { by: null });
    },
    async cancelOfSession(sessionId) {
      const pending = await store.pendingOfSession(sessionId);
      for (const row of pending) await settle(row, 'cancelled', { by: null });
      return pending.length;
    },
    async expireDue() {
      const due = await store.due(now());
      for (const row of due) await settle(row, 'expired', { by: null });
      return due.length;
    },
    async hasRule({ ownerId, tool, input, cwd }) {
      const rule = await rules.find(ownerId, tool, sha256Hex(canonicalJson(ruleInput(tool, input))), cwd);
      if (!rule) return false;
      await rules.touch(rule.id, now());
      return true;
    },
    rules: async (ownerId) => (await rules.list(ownerId)).map(toRule),
    async revokeRule(caller, id) {
      if (!(await rules.revoke(caller.ownerId, id, now()))) throw new AppError('NOT_FOUND', 'There is no such rule.');
      await audit.record({
        ownerId: caller.ownerId,
        keyId: caller.keyId,
        action: 'rule.revoked',
        outcome: 'ok',
        target: id,
      });
    },
    async start() {
      stopListening = await bus.listen(channel, (payload) => {
        const message = settledMessage.safeParse(payload);
        if (message.success) wake(message.data.approval_id);
      });
    },
    parkWaiting() {
      for (const park of parkers) park();
    },
    stop: () => stopListening(),
  };
};

interface SettleExtra {
  by: string | null;
  editedInput?: JsonObject;
  answer?: string;
}
