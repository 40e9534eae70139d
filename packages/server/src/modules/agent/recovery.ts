/**
 * Runs that lost their process: parked ones go on when their question is settled, abandoned ones are ended in words or,
 * when they waited for a person, made to wait again. Every takeover has one winner among all replicas.
 */
import type { Permissions, TurnRequest } from '@hearth/contract';
import { turnRequestSchema } from '@hearth/contract';
import type { Runtime } from '@hearth/runtime';
import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { parseJson } from '../../kernel/json.ts';
import type { Log } from '../../kernel/log.ts';
import type { Approvals } from '../approvals/index.ts';
import type { Sessions } from '../sessions/index.ts';
import type { Launcher } from './launcher.ts';
import type { LiveRuns } from './live-runs.ts';
import type { PreparedRun, RunRequests } from './run-request.ts';
import type { RunRow, RunStore } from './run-store.ts';
import type { RunStarter } from './types.ts';

export interface RecoveryDeps {
  log: Log;
  sessions: Sessions;
  approvals: Approvals;
  runs: RunStore;
  requests: RunRequests;
  runtime: Runtime;
  live: Pick<LiveRuns, 'ids'>;
  launcher: Launcher;
  isDemo: () => boolean;
  permissionsOf: (keyId: string) => Promise<Permissions | null>;
  isStopping: () => boolean;
}

export interface Recovery {
  /** Lets a parked run go on; with `onlyIfSettled` not while its question is still open. */
  continueParked(runId: string, onlyIfSettled?: boolean): Promise<void>;
  /** `alone`: no other process can be alive, so leases need not run out. */
  recover(alone: boolean): Promise<number>;
}

const storedRequest = z.object({
  turn: turnRequestSchema,
  starter: z.object({
    origin: z.enum(['chat', 'api', 'cron', 'heartbeat', 'hook']),
    granted: z.array(z.string()),
    ip: z.string().nullable(),
  }),
});

/** What a run needs to be started again, as `storedRequest` finds it in its row. A key is never stored. */
export const storeRequest = ({ confirm_api_key: _key, ...turn }: TurnRequest, starter: RunStarter): string =>
  JSON.stringify({ turn, starter: { origin: starter.origin, granted: starter.granted, ip: starter.ip } });

const couldNotGoOn = {
  kind: 'failed',
  code: 'INTERNAL_ERROR',
  message: 'The run could not go on after the decision. Send your message again.',
  retryAfter: null,
} as const;

export const createRecovery = (deps: RecoveryDeps): Recovery => {
  const { log, sessions, approvals, runs, requests, runtime, live, launcher } = deps;

  const prepareAgain = async (row: RunRow): Promise<{ prepared: PreparedRun; label: string }> => {
    const session = await sessions.row(row.owner_id, row.session_id);
    const stored = parseJson(storedRequest, row.request, 'run');
    const permissions = await deps.permissionsOf(row.key_id);
    const starter: RunStarter = {
      ...stored.starter,
      browser: false,
      ownerId: row.owner_id,
      keyId: row.key_id,
      permissions: permissions ?? {},
    };
    const label = stored.turn.prompt;
    // A key that is gone has no power left: the conversation ends politely, the gate refuses every tool.
    if (permissions === null)
      return {
        label,
        prepared: await requests.prepare({ prompt: label }, { ...session, permission_mode: 'default' }, starter),
      };
    return { label, prepared: await requests.prepare(stored.turn, session, starter) };
  };

  const relaunch = async (row: RunRow): Promise<void> => {
    const session = await sessions.row(row.owner_id, row.session_id);
    const { prepared, label } = await prepareAgain(row);
    const agentSessionId = row.agent_session_id ?? session.agent_session_id;
    if (agentSessionId === null) throw new AppError('CONFLICT', 'The conversation of this run was not stored.');
    launcher.launch({
      row,
      session,
      prepared,
      turn: null,
      resume: { agentSessionId, fork: false },
      label,
      memories: [],
    });
  };

  const continueParked = async (runId: string, onlyIfSettled = false): Promise<void> => {
    const row = await runs.byId(runId);
    if (row?.status !== 'parked' || deps.isStopping()) return;
    if (onlyIfSettled && (await approvals.openOfRun(row))) return;
    if (!(await runs.claimParked(runId))) return;
    await sessions.announce(row.owner_id, row.session_id);
    try {
      await relaunch(row);
    } catch (error) {
      log.error({ err: error, run_id: runId }, 'a parked run could not go on');
      const kept = { ownerId: row.owner_id, sessionId: row.session_id, runId, demo: deps.isDemo(), memories: [] };
      await launcher.keeper.end(kept, couldNotGoOn, launcher.journal(kept));
    }
  };

  /** A run that was cut off ends here, with the text that had arrived. */
  const endCutOff = async (row: RunRow): Promise<void> => {
    const ids = { session_id: row.session_id, run_id: row.id };
    const kept = { ownerId: row.owner_id, sessionId: row.session_id, runId: row.id, demo: deps.isDemo(), memories: [] };
    const journal = launcher.journal(kept);
    if (row.draft?.trim())
      journal.take({
        type: 'message',
        data: {
          ...ids,
          uuid: newId(),
          type: 'assistant',
          content: [{ type: 'text', text: row.draft }],
          parent_tool_use_id: null,
          status: 'interrupted',
        },
      });
    await approvals.cancelOfSession(row.session_id);
    const message = 'The server stopped in the middle of this answer. What was said is kept; write again to go on.';
    journal.take({ type: 'error', data: { ...ids, code: 'SERVER_STOPPED', message } });
    await launcher.keeper.end(kept, { kind: 'interrupted' }, journal);
  };

  const takeOver = async (row: RunRow): Promise<void> => {
    const open = await approvals.openOfRun(row);
    const waits =
      open !== undefined &&
      row.agent_session_id !== null &&
      (await runtime.deferOpenCall(row.agent_session_id, open.tool_use_id));
    if (!waits) return endCutOff(row);
    await runs.update(row.id, { status: 'parked', lease_until: null });
    await sessions.announce(row.owner_id, row.session_id);
  };

  return {
    continueParked,
    async recover(alone) {
      const abandoned = await runs.claimAbandoned(alone, live.ids());
      for (const row of abandoned)
        await takeOver(row).catch((error: unknown) =>
          log.error({ err: error, run_id: row.id }, 'a run could not be taken over'),
        );
      for (const runId of await runs.parkedWithoutQuestion()) await continueParked(runId, true);
      return abandoned.length;
    },
  };
};
