/**
 * One run: from a prompt to a stream of events. It ends exactly once, whatever the worker does: with `result` and
 * `done`, with `error`, `result` and `done`, or - when it is parked for a person - with nothing yet, because the same
 * run goes on later.
 */
import type { ContentBlock, HearthEvent, QueryResponse, StopReason } from '@hearth/contract';
import { addUsage, emptyUsage } from '@hearth/contract';
import type { AgentWorker, ToolGate, TurnOutcome, TurnTotals, UserTurn, WorkerEvent } from './provider.ts';
import type { Timers } from './timers.ts';
import { createWatchdog } from './watchdog.ts';

export interface RunSpec {
  sessionId: string;
  runId: string;
  demo: boolean;
  /** Null continues a parked run: the open tool call is asked again. */
  turn: UserTurn | null;
  gate: ToolGate;
  /** Called in order for each event; must not throw. */
  listener: (event: HearthEvent) => void;
}

export interface RunLimits {
  silenceMs: number;
  toolMs: number;
  outputBytes: number;
  /** How long an interrupted worker may take to stop by itself. */
  interruptMs: number;
}

export interface RunOutcome {
  outcome: TurnOutcome;
  /** Null when parked. */
  result: QueryResponse | null;
}

export interface ActiveRun {
  finished: Promise<RunOutcome>;
  steer(turn: UserTurn): boolean;
  interrupt(): Promise<void>;
}

const stopReasons: Record<TurnOutcome['kind'], StopReason> = {
  completed: 'completed',
  max_turns: 'max_turns_reached',
  budget: 'budget',
  interrupted: 'interrupted',
  parked: 'completed',
  failed: 'error',
};

const addTotals = (a: TurnTotals, b: TurnTotals): TurnTotals => ({
  ...b,
  costUsd: a.costUsd + b.costUsd,
  numTurns: a.numTurns + b.numTurns,
  usage: addUsage(a.usage, b.usage),
});

const noTotals: TurnTotals = {
  costUsd: 0,
  modelUsage: {},
  usage: emptyUsage,
  numTurns: 0,
  text: '',
  structuredOutput: undefined,
};

const sizeOf = (event: WorkerEvent): number => {
  if (event.type === 'partial') return event.data.delta ? JSON.stringify(event.data.delta).length : 64;
  return event.type === 'message' ? JSON.stringify(event.data.content).length : 64;
};

const asSentence = (outcome: TurnOutcome): string =>
  outcome.kind === 'failed' ? outcome.message : 'The run was stopped.';

/** Collects what the single answer needs while the events pass by. */
const createAnswer = (startedAt: number) => {
  let model = '';
  let messageId: string | undefined;
  let blocks: ContentBlock[] = [];
  let totals = noTotals;
  return {
    see(event: WorkerEvent): void {
      if (event.type === 'init') model = event.data.model;
      if (event.type === 'turn_end') totals = addTotals(totals, event.totals);
      if (event.type !== 'message' || event.data.type !== 'assistant' || event.data.parent_tool_use_id !== null) return;
      blocks = event.data.message_id === messageId ? [...blocks, ...event.data.content] : event.data.content;
      messageId = event.data.message_id;
      model = event.data.model ?? model;
    },
    result(spec: RunSpec, outcome: TurnOutcome, now: number): QueryResponse {
      const text = blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
      return {
        session_id: spec.sessionId,
        run_id: spec.runId,
        model,
        demo: spec.demo,
        content: totals.text || text,
        content_blocks: blocks,
        num_turns: totals.numTurns,
        is_error: outcome.kind === 'failed',
        stop_reason: stopReasons[outcome.kind],
        duration_ms: Math.round(now - startedAt),
        total_cost_usd: totals.costUsd,
        usage: totals.usage,
        model_usage: totals.modelUsage,
        ...(totals.structuredOutput === undefined ? {} : { structured_output: totals.structuredOutput }),
        memories_used: [],
      };
    },
  };
};

const doneReason = (outcome: TurnOutcome): 'completed' | 'interrupted' | 'error' => {
  if (outcome.kind === 'failed') return 'error';
  return outcome.kind === 'interrupted' ? 'interrupted' : 'completed';
};

/** Tells the listener how the run ended. Also used by whoever finds a run that a crash left behind. */
export const announceEnd = (
  spec: Pick<RunSpec, 'sessionId' | 'runId' | 'listener'>,
  outcome: TurnOutcome,
  result: QueryResponse | null,
): void => {
  const ids = { session_id: spec.sessionId, run_id: spec.runId };
  if (outcome.kind === 'failed')
    spec.listener({ type: 'error', data: { ...ids, code: outcome.code, message: asSentence(outcome) } });
  if (result) spec.listener({ type: 'result', data: { ...result, is_complete: outcome.kind === 'completed' } });
  spec.listener({ type: 'done', data: { ...ids, reason: doneReason(outcome) } });
};

export const startRun = (
  worker: AgentWorker,
  spec: RunSpec,
  deps: { timers: Timers; limits: RunLimits },
): ActiveRun => {
  const { timers, limits } = deps;
  const ids = { session_id: spec.sessionId, run_id: spec.runId };
  const answer = createAnswer(timers.now());
  const finished = Promise.withResolvers<RunOutcome>();
  let over = false;
  let bytes = 0;

  const finish = (outcome: TurnOutcome): void => {
    if (over) return;
    over = true;
    watchdog.stop();
    if (outcome.kind === 'parked') {
      finished.resolve({ outcome, result: null });
      return;
    }
    const result = answer.result(spec, outcome, timers.now());
    finished.resolve({ outcome, result });
  };

  const fail = (code: 'WORKER_DIED' | 'WORKER_TIMEOUT' | 'OUTPUT_LIMIT', message: string): void => {
    finish({ kind: 'failed', code, message, retryAfter: null });
    void worker.close();
  };

  const watchdog = createWatchdog({
    timers,
    silenceMs: limits.silenceMs,
    toolMs: limits.toolMs,
    onSilence: () => fail('WORKER_TIMEOUT', 'The agent said nothing for too long and was stopped. Try again.'),
  });

  const countTools = (blocks: ContentBlock[]): void => {
    for (const block of blocks) {
      if (block.type === 'tool_use') watchdog.toolStarted();
      if (block.type === 'tool_result') watchdog.toolEnded();
    }
  };

  const pass = (event: Exclude<WorkerEvent, { type: 'turn_end' | 'exit' }>): void => {
    bytes += sizeOf(event);
    if (bytes > limits.outputBytes) {
      fail('OUTPUT_LIMIT', 'The run produced too much output and was stopped.');
      return;
    }
    if (event.type === 'message') countTools(event.data.content);
    spec.listener(withIds(event, ids, spec.demo));
  };

  const onEvent = (event: WorkerEvent): void => {
    if (over) return;
    watchdog.heard();
    answer.see(event);
    if (event.type === 'exit') fail('WORKER_DIED', 'The agent process ended unexpectedly. Try again.');
    else if (event.type !== 'turn_end') pass(event);
    else if (!event.moreQueued) finish(event.outcome);
  };

  const gate: ToolGate = async (call) => {
    watchdog.pause();
    try {
      return over ? { decision: 'deny', reason: 'The run is over.' } : await spec.gate(call);
    } finally {
      watchdog.resume();
    }
  };

  worker.listen(onEvent, gate);
  if (spec.turn) worker.send(spec.turn);
  return {
    finished: finished.promise,
    steer(turn) {
      if (over) return false;
      worker.send(turn);
      return true;
    },
    async interrupt() {
      if (over) return;
      // A worker that does not even stop is ended by force.
      timers.set(limits.interruptMs, () => {
        if (over) return;
        finish({ kind: 'interrupted' });
        void worker.close();
      });
      await worker.interrupt().catch(() => {});
    },
  };
};

const withIds = (
  event: Exclude<WorkerEvent, { type: 'turn_end' | 'exit' }>,
  ids: { session_id: string; run_id: string },
  demo: boolean,
): HearthEvent => {
  switch (event.type) {
    case 'init':
      return { type: 'init', data: { ...event.data, ...ids, demo } };
    case 'partial':
      return { type: 'partial', data: { ...event.data, ...ids } };
    case 'message':
      return { type: 'message', data: { ...event.data, ...ids } };
    case 'todo':
      return { type: 'todo', data: { ...event.data, ...ids } };
    case 'status':
      return { type: 'status', data: { ...event.data, ...ids } };
  }
};
