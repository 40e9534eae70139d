/**
 * The gate: where a tool call is allowed, refused, or put before a person. It is the only way to a tool, for the main
 * thread and for subagents, in every mode and from every origin. Each call leaves an audit row before it may run.
 */
import type { JsonObject, Permissions } from '@hearth/contract';
import type { ToolCall, ToolGate, ToolVerdict } from '@hearth/runtime';
import { z } from 'zod';
import type { ApprovalRequest, Approvals, Settlement } from '../approvals/index.ts';
import type { Audit } from '../audit/index.ts';
import { canonicalTool, type Decision, type Grant, isOwnTool, type PathGuard, type Policy } from '../policy/index.ts';
import { type Checkpoints, changedPath } from './checkpoints.ts';
import type { OwnCalls } from './own-calls.ts';
import type { RunWebhooks } from './webhooks.ts';

export interface GateRun {
  ownerId: string;
  keyId: string;
  sessionId: string;
  runId: string;
  label: string;
  grant: Grant;
  checkpointing: boolean;
  /** The mode may change while the run lasts. */
  mode: () => Grant['mode'];
  onWaiting: (waiting: boolean) => void;
  webhooks: RunWebhooks;
  /** Resolves when the agent's transcript holds the call, so that a crash cannot orphan the question. */
  recorded: (toolUseId: string) => Promise<void>;
}

export interface GateDeps {
  policy: Policy;
  approvals: Approvals;
  audit: Audit;
  checkpoints: Checkpoints;
  paths: PathGuard;
  /** The key's permissions now; null when it is revoked or expired. */
  currentPermissions: (keyId: string) => Promise<Permissions | null>;
  parkMs: number;
  ownCalls: Pick<OwnCalls, 'note'>;
}

const questionInput = z.looseObject({ questions: z.array(z.looseObject({ question: z.string() })).min(1) });

const titleOfQuestion = (input: JsonObject): string =>
  questionInput.safeParse(input).data?.questions[0]?.question ?? 'A question';

/** The answer goes to every question of the call; a person answers the call, not its parts. */
const withAnswer = (input: JsonObject, answer: string): JsonObject => {
  const questions = questionInput.safeParse(input).data?.questions ?? [];
  return { ...input, answers: Object.fromEntries(questions.map((one) => [one.question, answer])) };
};

const refusals = {
  denied: 'The owner said no to this step. Do not try it again in another way; ask what they would like instead.',
  expired: 'Nobody answered in time, so this step did not happen.',
  cancelled: 'The owner wrote something else instead of deciding, so this step did not happen.',
} as const;

const toVerdict = (settlement: Settlement | null, input: JsonObject): ToolVerdict => {
  if (settlement === null) return { decision: 'deny', reason: 'This approval was already used.' };
  if (settlement.status === 'allowed') return { decision: 'allow', input: settlement.input };
  if (settlement.status === 'answered') return { decision: 'allow', input: withAnswer(input, settlement.answer) };
  return { decision: 'deny', reason: refusals[settlement.status] };
};

/**
 * A subagent works within the run: by itself the agent lets it go on in the background, where it outlives the answer and
 * nobody sees its steps.
 */
const inForeground = (call: ToolCall): JsonObject | null =>
  canonicalTool(call.tool) === 'Task' && call.input.run_in_background !== false
    ? { ...call.input, run_in_background: false }
    : null;

export const createGate = (deps: GateDeps, run: GateRun): ToolGate => {
  const record = (call: ToolCall, outcome: 'ok' | 'denied', code: string): Promise<void> =>
    deps.audit.record({
      ownerId: run.ownerId,
      keyId: run.keyId,
      action: outcome === 'ok' ? 'tool.allowed' : 'tool.denied',
      outcome,
      code,
      target: canonicalTool(call.tool),
      origin: run.grant.origin,
      sessionId: run.sessionId,
      runId: run.runId,
    });

  const requestFor = (call: ToolCall, decision: Decision): ApprovalRequest => ({
    ownerId: run.ownerId,
    sessionId: run.sessionId,
    runId: run.runId,
    toolUseId: call.toolUseId,
    kind: decision.kind === 'question' ? 'question' : 'tool',
    tool: canonicalTool(call.tool),
    title: decision.kind === 'ask' ? decision.title : titleOfQuestion(call.input),
    input: call.input,
    risk: decision.kind === 'ask' ? decision.risk : 'low',
    riskReason: decision.kind === 'ask' ? decision.reason : '',
    cwd: run.grant.cwd,
    origin: run.grant.origin,
  });

  const askPerson = async (call: ToolCall, decision: Decision): Promise<ToolVerdict> => {
    const rule = { ownerId: run.ownerId, tool: canonicalTool(call.tool), input: call.input, cwd: run.grant.cwd };
    if (decision.kind === 'ask' && (await deps.approvals.hasRule(rule)))
      return { decision: 'allow', input: call.input };
    if (call.agentId === null) await run.recorded(call.toolUseId);
    const row = await deps.approvals.ask(requestFor(call, decision));
    if (row.status === 'pending') {
      run.onWaiting(true);
      run.webhooks.tell('Notification', { approval_id: row.id, title: row.title });
      const waited = await deps.approvals.wait(row, { ms: deps.parkMs, signal: call.signal });
      if (waited === 'timeout') return { decision: 'park' };
      run.onWaiting(false);
      if (waited === 'aborted') {
        await deps.approvals.cancel(row);
        return { decision: 'deny', reason: 'The run was stopped.' };
      }
    }
    return toVerdict(await deps.approvals.use(row.id), call.input);
  };

  const grantNow = async (): Promise<Grant | null> => {
    const permissions = await deps.currentPermissions(run.keyId);
    return permissions === null ? null : { ...run.grant, permissions, mode: run.mode() };
  };

  const judge = async (call: ToolCall): Promise<{ verdict: ToolVerdict; code: string }> => {
    const grant = await grantNow();
    if (grant === null)
      return { verdict: { decision: 'deny', reason: 'The key of this run is no longer valid.' }, code: 'KEY_INVALID' };
    const asked = await deps.policy.decide(call.tool, call.input, grant);
    if (asked.kind === 'deny') return { verdict: { decision: 'deny', reason: asked.reason }, code: asked.code };
    const hook = await run.webhooks.beforeTool(call);
    if (hook.decision === 'deny') return { verdict: hook, code: 'WEBHOOK' };
    const changed = hook.input === null ? call : { ...call, input: hook.input };
    const decision = hook.input === null ? asked : await deps.policy.decide(call.tool, hook.input, grant);
    if (decision.kind === 'deny')
      return { verdict: { decision: 'deny', reason: decision.reason }, code: decision.code };
    const input = inForeground(changed) ?? hook.input;
    if (decision.kind === 'allow')
      return { verdict: { decision: 'allow', ...(input === null ? {} : { input }) }, code: decision.code };
    const verdict = await askPerson(changed, decision);
    return { verdict, code: verdict.decision === 'allow' ? 'APPROVED' : 'NOT_APPROVED' };
  };

  /** What a person edited must pass the same rules as what the model asked for. */
  const recheck = async (call: ToolCall, input: JsonObject): Promise<string | null> => {
    const grant = await grantNow();
    if (grant === null) return 'The key of this run is no longer valid.';
    const decision = await deps.policy.decide(call.tool, input, grant);
    return decision.kind === 'deny' ? decision.reason : null;
  };

  const keepOldFile = async (call: ToolCall, input: JsonObject): Promise<void> => {
    const path = run.checkpointing ? changedPath(call.tool, input) : null;
    if (path === null) return;
    const real = await deps.paths.resolve(path, run.grant.cwd);
    await deps.checkpoints.beforeChange({
      ownerId: run.ownerId,
      sessionId: run.sessionId,
      runId: run.runId,
      label: run.label,
      path: real,
    });
  };

  return async (call) => {
    const { verdict, code } = await judge(call);
    if (verdict.decision === 'park') return verdict;
    if (verdict.decision === 'deny') {
      await record(call, 'denied', code);
      return verdict;
    }
    const input = verdict.input ?? call.input;
    const problem = verdict.input === undefined ? null : await recheck(call, input);
    if (problem !== null) {
      await record(call, 'denied', 'EDITED_INPUT');
      return { decision: 'deny', reason: problem };
    }
    await keepOldFile(call, input);
    await record(call, 'ok', code);
    if (isOwnTool(call.tool)) deps.ownCalls.note(call.toolUseId, run);
    return verdict;
  };
};
