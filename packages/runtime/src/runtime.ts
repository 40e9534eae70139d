/**
 * The runtime: takes runs, gives each a live worker, watches the model's health and lets no run end without a word.
 * Output goes to each run's listener and to its `finished` promise, nowhere else.
 */
import type { HearthEvent } from '@hearth/contract';
import type { BreakerOptions } from './breaker.ts';
import { createModelBreaker } from './breaker.ts';
import { createWorkerPool } from './pool.ts';
import type {
  AgentProvider,
  BranchRequest,
  OpenRequest,
  TranscriptBranch,
  TranscriptStore,
  TurnOutcome,
  UserTurn,
  WorkerProfile,
} from './provider.ts';
import { type ActiveRun, type RunLimits, type RunOutcome, type RunSpec, startRun } from './run.ts';
import { systemTimers, type Timers } from './timers.ts';

export interface RuntimeDeps {
  provider: AgentProvider;
  transcripts: TranscriptStore;
  timers?: Timers;
  maxLive?: number;
  idleMs?: number;
  keepSpare?: boolean;
  limits?: Partial<RunLimits>;
  breaker?: BreakerOptions;
  /** Something went wrong that no run can be told about. */
  onDiagnostic?: (message: string, error: unknown) => void;
}

export interface StartRequest extends RunSpec {
  profile: WorkerProfile;
  conversation: OpenRequest['resume'];
  /** Called once a worker has the conversation, before the first event: what a crash must not lose. */
  onWorker?: (agentSessionId: string) => void;
}

export interface RunHandle {
  /** Resolves when the run is over or parked; never rejects. */
  finished: Promise<RunOutcome & { agentSessionId: string | null }>;
  /** A second message during the run. False when the run is already over. */
  steer(turn: UserTurn): boolean;
  interrupt(): Promise<void>;
}

export interface Runtime {
  /** Seconds until a run may be tried again, or null when the model is believed to be well. */
  retryAfter(): number | null;
  start(request: StartRequest): RunHandle;
  prewarm(profile: WorkerProfile): void;
  /** See `AgentProvider.deferOpenCall`. */
  deferOpenCall(agentSessionId: string, toolUseId: string): Promise<boolean>;
  /** See `AgentProvider.branch`. */
  branch(request: Omit<BranchRequest, 'transcripts'>): Promise<TranscriptBranch>;
  /** Lets the worker of a session go, because its conversation is another one now. */
  drop(sessionId: string): Promise<void>;
  /** Lets idle workers go, so that a changed account takes effect. */
  recycle(): Promise<void>;
  stats(): { live: number; busy: number; queued: number; spare: boolean };
  close(): Promise<void>;
}

const defaultLimits: RunLimits = {
  silenceMs: 120_000,
  toolMs: 15 * 60_000,
  outputBytes: 32 * 1024 * 1024,
  interruptMs: 5_000,
};

export const createRuntime = (deps: RuntimeDeps): Runtime => {
  const timers = deps.timers ?? systemTimers;
  const limits = { ...defaultLimits, ...deps.limits };
  const breaker = createModelBreaker(deps.breaker);
  const diagnose = deps.onDiagnostic ?? (() => {});
  const pool = createWorkerPool({
    provider: deps.provider,
    transcripts: deps.transcripts,
    timers,
    maxLive: deps.maxLive ?? 4,
    idleMs: deps.idleMs ?? 10 * 60_000,
    keepSpare: deps.keepSpare ?? true,
    onSpareFailed: (error) => diagnose('a spare worker could not be started', error),
  });

  const start = (request: StartRequest): RunHandle => {
    const cancel = new AbortController();
    const steered: UserTurn[] = [];
    let active: ActiveRun | null = null;
    let over = false;

    const emit = (event: HearthEvent): void => request.listener(event);
    const tell = (status: 'queued' | 'running', message: string): void =>
      emit({
        type: 'status',
        data: { session_id: request.sessionId, run_id: request.runId, status, message },
      });

    const failedToStart = (error: unknown): RunOutcome => {
      if (cancel.signal.aborted) return { outcome: { kind: 'interrupted' }, result: null };
      diagnose('a worker could not be started', error);
      const message = 'The agent process could not be started. Try again; if it persists, run "hearth doctor".';
      return { outcome: { kind: 'failed', code: 'WORKER_DIED', message, retryAfter: null }, result: null };
    };

    const turn = async (): Promise<RunOutcome & { agentSessionId: string | null }> => {
      let waited = false;
      const worker = await pool.acquire({
        sessionId: request.sessionId,
        profile: request.profile,
        conversation: request.conversation,
        signal: cancel.signal,
        onQueued: () => {
          waited = true;
          tell('queued', 'All workers are busy; this run starts as soon as one is free.');
        },
      });
      if (waited) tell('running', 'Started.');
      request.onWorker?.(worker.agentSessionId);
      active = startRun(worker, request, { timers, limits });
      for (const extra of steered.splice(0)) active.steer(extra);
      if (cancel.signal.aborted) await active.interrupt();
      const ended = await active.finished;
      const keep = ended.outcome.kind !== 'parked' && worker.alive;
      await pool.release(request.sessionId, keep);
      return { ...ended, agentSessionId: worker.agentSessionId };
    };

    const run = async (): Promise<RunOutcome & { agentSessionId: string | null }> => {
      let ended: (RunOutcome & { agentSessionId: string | null }) | null = null;
      await breaker.watch(async (): Promise<TurnOutcome> => {
        try {
          ended = await turn();
        } catch (error) {
          ended = { ...failedToStart(error), agentSessionId: null };
        }
        return ended.outcome;
      });
      over = true;
      return ended ?? { ...failedToStart(new Error('the breaker refused the run')), agentSessionId: null };
    };

    return {
      finished: run(),
      steer(extra) {
        if (over) return false;
        if (active) return active.steer(extra);
        steered.push(extra);
        return true;
      },
      async interrupt() {
        cancel.abort(new Error('interrupted'));
        await active?.interrupt();
      },
    };
  };

  return {
    retryAfter: breaker.retryAfter,
    start,
    prewarm: pool.prewarm,
    deferOpenCall: (agentSessionId, toolUseId) =>
      deps.provider.deferOpenCall({ transcripts: deps.transcripts, agentSessionId, toolUseId }),
    branch: (request) => deps.provider.branch({ ...request, transcripts: deps.transcripts }),
    drop: pool.drop,
    recycle: pool.recycle,
    stats: pool.stats,
    close: pool.close,
  };
};
