/**
 * Runs: begin one, steer it, stop it, park it, take it over after a crash. A session has at most one run at a time; a
 * message that comes meanwhile joins it. Runs live here on the server and do not depend on readers.
 */
import { type LivePart, queryResponseSchema } from '@hearth/contract';
import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import { parseJson } from '../../kernel/json.ts';
import type { EventBus } from '../../ports/event-bus.ts';
import type { Grant, NoQuestions } from '../policy/index.ts';
import { type AdmissionDeps, createAdmission } from './admission.ts';
import { createLauncher, type LauncherDeps } from './launcher.ts';
import { createLiveRuns } from './live-runs.ts';
import { createRecovery, type Recovery } from './recovery.ts';
import type { RunRequests } from './run-request.ts';
import type { RunRow } from './run-store.ts';
import type { BeginRequest, Begun, RunEnd, RunStarter } from './types.ts';

export interface AgentDeps extends Omit<LauncherDeps, 'live' | 'onParked' | 'draftMs'> {
  bus: EventBus;
  requests: RunRequests;
  noQuestions: NoQuestions;
  memory: AdmissionDeps['memory'];
  draftMs?: number;
}

export interface Agent {
  begin(request: BeginRequest): Promise<Begun>;
  /** How a run ends; resolves at once for one that is over, and when it parks. */
  end(runId: string): Promise<RunEnd>;
  /** The run that keeps a session busy, if any. */
  activeRun(sessionId: string): Promise<RunRow | undefined>;
  /** Does something while no run can begin in the session; CONFLICT while one is at work. */
  whileIdle<T>(sessionId: string, work: () => Promise<T>): Promise<T>;
  interrupt(ownerId: string, sessionId: string): Promise<void>;
  setMode(starter: RunStarter, sessionId: string, change: { mode: Grant['mode']; confirmKey?: string }): Promise<void>;
  /** Stops whatever a session is doing, before it is removed. */
  stopSession(sessionId: string): Promise<void>;
  /** A parked run whose question was settled goes on. */
  continueParked(runId: string): Promise<void>;
  /** Takes over runs that a crash left behind. `alone`: no other process can be alive. */
  recover(alone: boolean): Promise<number>;
  /** Answers of this session that this process is writing right now. */
  liveParts(sessionId: string): LivePart[];
  /** Resolves when every message of this session that readers were told of is stored. */
  settled(sessionId: string): Promise<void>;
  renewLeases(): Promise<void>;
  /** Starts a worker ahead for the plain chats of this caller. */
  prewarm(starter: RunStarter): void;
  start(): Promise<void>;
  stop(graceMs: number): Promise<void>;
}

const errorShape = z.object({ code: z.string(), message: z.string() });
const pollMs = 50;

const endIn = (row: RunRow): RunEnd | null =>
  row.result === null
    ? null
    : {
        kind: 'over',
        result: parseJson(queryResponseSchema, row.result, 'result'),
        error: row.error === null ? null : parseJson(errorShape, row.error, 'error'),
      };

export const createAgent = (deps: AgentDeps): Agent => {
  const { clock, sessions, approvals, runs, requests, runtime } = deps;
  let stopping = false;
  const isStopping = (): boolean => stopping;
  const live = createLiveRuns(deps);
  const launcher = createLauncher({
    ...deps,
    live,
    draftMs: deps.draftMs ?? 500,
    onParked: (runId) => recovery.continueParked(runId, true),
  });
  const recovery: Recovery = createRecovery({ ...deps, live, launcher, isStopping });

  const endOf = async (runId: string): Promise<RunEnd> => {
    const ended = await live.get(runId)?.ended;
    if (ended?.kind === 'over') return ended;
    const row = await runs.byId(runId);
    if (!row) throw new AppError('NOT_FOUND', 'There is no such run.');
    const over = endIn(row);
    if (over) return over;
    const open = await approvals.openOfRun(row);
    if (row.status === 'parked' && open)
      return { kind: 'parked', sessionId: row.session_id, runId, approvalId: open.id };
    // Kept by another replica, or between two states: look again in a moment.
    await new Promise<void>((resolve) => clock.setTimer(pollMs, resolve));
    return endOf(runId);
  };

  const admission = createAdmission({ ...deps, live, launcher, recovery, endOf, isStopping });

  const runsOf = (sessionId: string) => live.all().filter((run) => run.sessionId === sessionId);

  const interrupt = async (sessionId: string): Promise<boolean> => {
    const active = await admission.activeRun(sessionId);
    if (!active) return false;
    if (active.status === 'parked') return (await approvals.cancelOfSession(sessionId)) > 0;
    if (!(await live.command(active.id, { type: 'interrupt' }))) return false;
    await live.get(active.id)?.ended;
    return true;
  };

  return {
    begin: admission.begin,
    activeRun: admission.activeRun,
    whileIdle: (sessionId, work) =>
      admission.inTurn(sessionId, async () => {
        if (!(await admission.activeRun(sessionId))) return work();
        throw new AppError('CONFLICT', 'A run is at work in this session. Wait for its end, or stop it.');
      }),
    end: endOf,
    continueParked: (runId) => recovery.continueParked(runId),
    recover: recovery.recover,
    liveParts: (sessionId) => runsOf(sessionId).flatMap((run) => run.liveParts()),
    async settled(sessionId) {
      await Promise.all(runsOf(sessionId).map((run) => run.settled()));
    },
    renewLeases: () => runs.renew(live.ids()),
    prewarm(starter) {
      requests
        .usual(starter)
        .then(runtime.prewarm)
        .catch((error: unknown) => deps.log.warn({ err: error }, 'no worker could be started ahead'));
    },
    start: () => approvals.start(),
    async interrupt(ownerId, sessionId) {
      await sessions.row(ownerId, sessionId);
      if (!(await interrupt(sessionId))) throw new AppError('CONFLICT', 'Nothing is running in this session.');
    },
    async setMode(starter, sessionId, { mode, confirmKey }) {
      const session = await sessions.row(starter.ownerId, sessionId);
      await requests.prepare({ prompt: '', permission_mode: mode }, session, starter);
      await deps.noQuestions.check({
        who: starter,
        browser: starter.browser,
        sessionId,
        from: session.permission_mode,
        to: mode,
        confirmKey,
      });
      await sessions.setPermissionMode(starter.ownerId, sessionId, mode);
      const active = await runs.active(sessionId);
      if (active) await live.command(active.id, { type: 'mode', mode });
    },
    async stopSession(sessionId) {
      await approvals.cancelOfSession(sessionId);
      await interrupt(sessionId);
    },
    async stop(graceMs) {
      stopping = true;
      approvals.parkWaiting();
      const running = live.all();
      const over = Promise.all(running.map((run) => run.ended));
      const late = new Promise<'late'>((resolve) => clock.setTimer(graceMs, () => resolve('late')));
      if ((await Promise.race([over, late])) === 'late') {
        await Promise.all(running.map((run) => run.handle.interrupt().catch(() => {})));
        await over;
      }
      approvals.stop();
      await runtime.close();
    },
  };
};
