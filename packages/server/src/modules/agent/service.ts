/**
 * Runs: begin one, steer it, stop it, park it, take it over after a crash. A session has at most one run at a time; a
 * message that comes meanwhile joins it. Runs live here on the server and do not depend on readers.
 */
import { type JsonObject, type Permissions, type TurnRequest, turnRequestSchema } from '@hearth/contract';
import type { RunHandle, Runtime, UserTurn } from '@hearth/runtime';
import { z } from 'zod';
import { type Db, isUniqueViolation } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { parseJson } from '../../kernel/json.ts';
import type { Log } from '../../kernel/log.ts';
import type { EventBus } from '../../ports/event-bus.ts';
import type { Approvals } from '../approvals/index.ts';
import type { EventLog } from '../events/index.ts';
import type { Grant } from '../policy/index.ts';
import type { SessionRow, Sessions } from '../sessions/index.ts';
import { createGate, type GateDeps } from './gate.ts';
import { createJournal, type Journal } from './journal.ts';
import { createKeeper, type KeptRun } from './keeper.ts';
import type { PreparedRun, RunRequests } from './run-request.ts';
import type { RunRow, RunStore } from './run-store.ts';
import type { BeginRequest, Begun, RunEnd, RunStarter } from './types.ts';

export interface AgentDeps extends Omit<GateDeps, 'currentPermissions'> {
  db: Db;
  clock: Clock;
  log: Log;
  bus: EventBus;
  events: EventLog;
  sessions: Sessions;
  approvals: Approvals;
  runs: RunStore;
  requests: RunRequests;
  runtime: Runtime;
  /** True while the demo model answers. */
  isDemo: () => boolean;
  starterOf: (keyId: string) => Promise<{ permissions: Permissions } | null>;
  draftMs?: number;
}

export interface Agent {
  begin(request: BeginRequest): Promise<Begun>;
  /** How a run ends; resolves at once for one that is over, and when it parks. */
  end(runId: string): Promise<RunEnd>;
  interrupt(ownerId: string, sessionId: string): Promise<void>;
  setMode(starter: RunStarter, sessionId: string, mode: Grant['mode']): Promise<void>;
  /** Stops whatever a session is doing, before it is removed. */
  stopSession(ownerId: string, sessionId: string): Promise<void>;
  /** A parked run whose question was settled goes on. */
  continueParked(runId: string): Promise<void>;
  /** Takes over runs that a crash left behind. `alone`: no other process can be alive. */
  recover(alone: boolean): Promise<number>;
  renewLeases(): Promise<void>;
  prewarm(starter: RunStarter): void;
  start(): Promise<void>;
  stop(graceMs: number): Promise<void>;
}

interface LiveRun {
  row: Pick<RunRow, 'id' | 'owner_id' | 'session_id'>;
  handle: RunHandle;
  journal: Journal;
  mode: Grant['mode'];
  ended: Promise<RunEnd | { kind: 'parked' }>;
}

const commandShape = z.discriminatedUnion('type', [
  z.object({ type: z.literal('interrupt') }),
  z.object({ type: z.literal('mode'), mode: z.enum(['default', 'acceptEdits', 'plan', 'bypassPermissions']) }),
  z.object({
    type: z.literal('steer'),
    turn: z.object({
      uuid: z.string(),
      text: z.string(),
      images: z.array(
        z.object({
          type: z.enum(['base64', 'url']),
          media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
          data: z.string(),
        }),
      ),
    }),
  }),
]);
type Command = z.infer<typeof commandShape>;

const storedRequest = z.object({
  turn: turnRequestSchema,
  starter: z.object({
    origin: z.enum(['chat', 'api', 'cron', 'heartbeat', 'hook']),
    granted: z.array(z.string()),
    ip: z.string().nullable(),
  }),
});

const toUserTurn = (uuid: string, turn: TurnRequest): UserTurn => ({
  uuid,
  text: turn.prompt,
  images: turn.images ?? [],
});

const toContent = (turn: TurnRequest) => [
  ...(turn.images ?? []).map(({ type, media_type, data }) => ({
    type: 'image' as const,
    source: type,
    media_type,
    data,
  })),
  { type: 'text' as const, text: turn.prompt },
];

export const createAgent = (deps: AgentDeps): Agent => {
  const { clock, log, bus, events, sessions, approvals, runs, requests, runtime } = deps;
  const keeper = createKeeper(deps);
  const live = new Map<string, LiveRun>();
  let stopping = false;

  const permissionsOf = async (keyId: string): Promise<Permissions | null> =>
    (await deps.starterOf(keyId))?.permissions ?? null;

  const channelOf = (runId: string): string => `run:${runId}`;

  const journalOf = (run: { ownerId: string; sessionId: string; runId: string }): Journal =>
    createJournal({ events, sessions, runs, clock, log, draftMs: deps.draftMs ?? 500 }, run);

  const obey = async (run: LiveRun, command: Command): Promise<void> => {
    if (command.type === 'interrupt') await run.handle.interrupt();
    else if (command.type === 'mode') run.mode = command.mode;
    else run.handle.steer(command.turn);
  };

  /** Gives a command to the process that keeps the run; false when nobody does. */
  const command = async (runId: string, what: Command): Promise<boolean> => {
    const here = live.get(runId);
    if (here) {
      await obey(here, what);
      return true;
    }
    return (await bus.send(channelOf(runId), { ...what })) > 0;
  };

  interface Launch {
    row: Pick<RunRow, 'id' | 'owner_id' | 'session_id' | 'key_id'>;
    session: SessionRow;
    prepared: PreparedRun;
    turn: UserTurn | null;
    resume: { agentSessionId: string; fork: boolean } | null;
    label: string;
  }

  const launch = ({ row, session, prepared, turn, resume, label }: Launch): LiveRun => {
    const ids = { ownerId: row.owner_id, sessionId: row.session_id, runId: row.id };
    const kept: KeptRun = { ...ids, demo: deps.isDemo(), label };
    const journal = journalOf(ids);
    const state: { mode: Grant['mode'] } = { mode: prepared.grant.mode };
    const gate = createGate(
      { ...deps, currentPermissions: permissionsOf },
      {
        ...ids,
        keyId: row.key_id,
        label,
        grant: prepared.grant,
        checkpointing: prepared.checkpointing,
        mode: () => state.mode,
        onWaiting: (waiting) => {
          void runs.update(row.id, { status: waiting ? 'waiting' : 'running' }).catch(() => {});
        },
      },
    );
    const handle = runtime.start({
      ...ids,
      demo: kept.demo,
      turn,
      gate,
      profile: prepared.profile,
      conversation: resume,
      listener: (event) =>
        journal.take(
          event.type === 'init' ? { ...event, data: { ...event.data, permission_mode: state.mode } } : event,
        ),
      onWorker: (agentSessionId) => {
        void rememberWorker(row.id, session.id, agentSessionId);
      },
    });
    const run: LiveRun = {
      row,
      handle,
      journal,
      get mode() {
        return state.mode;
      },
      set mode(mode) {
        state.mode = mode;
      },
      ended: keeper.keep(kept, handle, journal),
    };
    live.set(row.id, run);
    void follow(row.id, run);
    return run;
  };

  /** What a crash in the first second must not lose: which conversation of the agent belongs to the session. */
  const rememberWorker = async (runId: string, sessionId: string, agentSessionId: string): Promise<void> => {
    try {
      await runs.update(runId, {
        status: 'running',
        agent_session_id: agentSessionId,
        started_at: clock.now().toISOString(),
      });
      await deps.db.kysely
        .updateTable('sessions')
        .set({ agent_session_id: agentSessionId })
        .where('id', '=', sessionId)
        .execute();
    } catch (error) {
      log.warn({ err: error, run_id: runId }, 'the start of a run could not be stored');
    }
  };

  const follow = async (runId: string, run: LiveRun): Promise<void> => {
    const stopListening = await bus
      .listen(channelOf(runId), (payload: JsonObject) => {
        const parsed = commandShape.safeParse(payload);
        if (parsed.success) void obey(run, parsed.data);
      })
      .catch(() => () => {});
    const ended = await run.ended.catch((error: unknown) => {
      log.error({ err: error, run_id: runId }, 'a run ended badly');
      return null;
    });
    stopListening();
    live.delete(runId);
    // Decided while it was being parked: nobody else will wake it.
    if (ended?.kind === 'parked' && !stopping) await continueParked(runId, true);
  };

  const hasOpenQuestion = async (row: RunRow): Promise<boolean> =>
    (await approvals.list(row.owner_id, 'pending')).some((approval) => approval.run_id === row.id);

  const continueParked = async (runId: string, onlyIfSettled = false): Promise<void> => {
    const row = await runs.byId(runId);
    if (row?.status !== 'parked' || stopping) return;
    if (onlyIfSettled && (await hasOpenQuestion(row))) return;
    if (!(await runs.claimParked(runId))) return;
    try {
      await relaunch(row);
    } catch (error) {
      log.error({ err: error, run_id: runId }, 'a parked run could not go on');
      const kept = { ownerId: row.owner_id, sessionId: row.session_id, runId, demo: deps.isDemo(), label: '' };
      const message = 'The run could not go on after the decision. Send your message again.';
      await keeper.end(kept, { kind: 'failed', code: 'INTERNAL_ERROR', message, retryAfter: null }, journalOf(kept));
    }
  };

  const relaunch = async (row: RunRow): Promise<void> => {
    const session = await sessions.row(row.owner_id, row.session_id);
    const stored = parseJson(storedRequest, row.request, 'run');
    const caller = await deps.starterOf(row.key_id);
    const starter: RunStarter = {
      ...stored.starter,
      ownerId: row.owner_id,
      keyId: row.key_id,
      permissions: caller?.permissions ?? {},
    };
    const prepared = await requests.prepare(stored.turn, session, starter).catch((error: unknown) => {
      // The key lost a permission meanwhile: go on without that power, the gate refuses the rest.
      if (caller === null)
        return requests.prepare({ prompt: stored.turn.prompt }, { ...session, permission_mode: 'default' }, starter);
      throw error;
    });
    const agentSessionId = row.agent_session_id ?? session.agent_session_id;
    if (agentSessionId === null) throw new AppError('CONFLICT', 'The conversation of this run was not stored.');
    launch({ row, session, prepared, turn: null, resume: { agentSessionId, fork: false }, label: stored.turn.prompt });
  };

  const sessionFor = async (request: BeginRequest): Promise<SessionRow> => {
    const { starter, sessionId, fork, turn } = request;
    if (sessionId !== null && !fork) return sessions.row(starter.ownerId, sessionId);
    const parent = sessionId === null ? null : await sessions.row(starter.ownerId, sessionId);
    const created = await sessions.create(
      starter.ownerId,
      {
        mode: parent?.mode ?? 'brainstorm',
        tags: [],
        ...(parent?.title ? { title: `${parent.title} (fork)`.slice(0, 200) } : {}),
        ...((turn.cwd ?? parent?.cwd) ? { cwd: turn.cwd ?? parent?.cwd ?? undefined } : {}),
        ...(turn.permission_mode ? { permission_mode: turn.permission_mode } : {}),
      },
      { origin: starter.origin === 'hook' ? 'api' : starter.origin, ...(parent ? { parentId: parent.id } : {}) },
    );
    if (parent) await deps.db.kysely.transaction().execute((tx) => sessions.copyMessages(parent.id, created.id, tx));
    return sessions.row(starter.ownerId, created.id);
  };

  const conversationFor = async (request: BeginRequest, session: SessionRow): Promise<Launch['resume']> => {
    if (!request.fork || request.sessionId === null)
      return session.agent_session_id === null ? null : { agentSessionId: session.agent_session_id, fork: false };
    const parent = await sessions.row(request.starter.ownerId, request.sessionId);
    return parent.agent_session_id === null ? null : { agentSessionId: parent.agent_session_id, fork: true };
  };

  /** A message for a session that is already at work. Null when the run turned out to be over. */
  const joinRun = async (active: RunRow, request: BeginRequest): Promise<Begun | null> => {
    const messageId = newId();
    const turn = toUserTurn(messageId, request.turn);
    if (active.status === 'parked') {
      // They wrote instead of deciding: the open step is off, and the run ends before the new one begins.
      await approvals.cancelOfSession(active.session_id);
      await continueParked(active.id);
      await endOf(active.id);
      return null;
    }
    if (!(await command(active.id, { type: 'steer', turn }))) return null;
    await storeUserMessage(active.owner_id, active.session_id, active.id, messageId, request.turn);
    return { runId: active.id, sessionId: active.session_id, how: 'steered' };
  };

  const publishUserMessage = (
    ownerId: string,
    sessionId: string,
    runId: string,
    messageId: string,
    turn: TurnRequest,
  ): void =>
    events.publish(ownerId, {
      type: 'message',
      data: {
        session_id: sessionId,
        run_id: runId,
        uuid: messageId,
        type: 'user',
        content: toContent(turn),
        parent_tool_use_id: null,
        ...(turn.client_message_id ? { client_message_id: turn.client_message_id } : {}),
      },
    });

  const storeUserMessage = async (
    ownerId: string,
    sessionId: string,
    runId: string,
    messageId: string,
    turn: TurnRequest,
  ): Promise<void> => {
    await sessions.addMessage(ownerId, sessionId, {
      id: messageId,
      runId,
      type: 'user',
      content: toContent(turn),
      clientMessageId: turn.client_message_id ?? null,
    });
    publishUserMessage(ownerId, sessionId, runId, messageId, turn);
  };

  /** Run and message become durable together; after this the message is acknowledged and never lost. */
  const admit = async (request: BeginRequest, session: SessionRow, messageId: string): Promise<RunRow> => {
    const { starter, turn, runId } = request;
    const row: RunRow = {
      id: runId,
      owner_id: starter.ownerId,
      session_id: session.id,
      key_id: starter.keyId,
      origin: starter.origin,
      status: 'queued',
      client_message_id: turn.client_message_id ?? null,
      request: JSON.stringify({ turn, starter: { origin: starter.origin, granted: starter.granted, ip: starter.ip } }),
      instance_id: null,
      lease_until: null,
      agent_session_id: session.agent_session_id,
      draft: null,
      result: null,
      error: null,
      created_at: clock.now().toISOString(),
      started_at: null,
      ended_at: null,
    };
    await deps.db.kysely.transaction().execute(async (tx) => {
      await runs.insert(row, tx);
      await sessions.addMessage(
        starter.ownerId,
        session.id,
        {
          id: messageId,
          runId,
          type: 'user',
          content: toContent(turn),
          clientMessageId: turn.client_message_id ?? null,
        },
        tx,
      );
    });
    publishUserMessage(starter.ownerId, session.id, runId, messageId, turn);
    return row;
  };

  const repeated = async (request: BeginRequest): Promise<Begun | null> => {
    const id = request.turn.client_message_id;
    if (id === undefined) return null;
    const run = await runs.byClientMessage(request.starter.ownerId, id);
    if (run) return { runId: run.id, sessionId: run.session_id, how: 'repeated' };
    const steered = await deps.db.kysely
      .selectFrom('messages')
      .select(['run_id', 'session_id'])
      .where('owner_id', '=', request.starter.ownerId)
      .where('client_message_id', '=', id)
      .executeTakeFirst();
    return steered?.run_id ? { runId: steered.run_id, sessionId: steered.session_id, how: 'repeated' } : null;
  };

  const refuseWhileUnwell = (): void => {
    if (stopping) throw new AppError('SERVICE_UNAVAILABLE', 'The server is stopping.', { retryAfter: 5 });
    const retryAfter = runtime.retryAfter();
    if (retryAfter !== null)
      throw new AppError('SERVICE_UNAVAILABLE', 'Claude has not been answering. It is tried again in a moment.', {
        retryAfter,
      });
  };

  /** The run that keeps a session busy, after runs of dead processes were cleared away. */
  const activeRun = async (sessionId: string): Promise<RunRow | undefined> => {
    const active = await runs.active(sessionId);
    if (!active || live.has(active.id) || active.status === 'parked') return active;
    await recover(false);
    return runs.active(sessionId);
  };

  const locks = new Map<string, Promise<unknown>>();
  /** One begin at a time per session, so that two messages cannot both start a run. */
  const inTurn = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const before = locks.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => {});
    locks.set(key, settled);
    try {
      return await mine;
    } finally {
      if (locks.get(key) === settled) locks.delete(key);
    }
  };

  const beginInSession = async (request: BeginRequest): Promise<Begun> => {
    const known = await repeated(request);
    if (known) return known;
    const active = request.sessionId !== null && !request.fork ? await activeRun(request.sessionId) : undefined;
    if (active) {
      await sessions.row(request.starter.ownerId, active.session_id);
      const joined = await joinRun(active, request);
      if (joined) return joined;
      const still = await activeRun(active.session_id);
      if (still && still.id === active.id && !live.has(active.id))
        throw new AppError('CONFLICT', 'Another server process is still finishing a run of this session.', {
          retryAfter: 5,
        });
      await live.get(active.id)?.ended;
    }
    refuseWhileUnwell();
    // Everything that can be refused is refused before a session is made.
    const base = request.sessionId === null ? null : await sessions.row(request.starter.ownerId, request.sessionId);
    const defaults = base ?? { cwd: null, model: null, permission_mode: 'default' as const };
    const prepared = await requests.prepare(request.turn, defaults, request.starter);
    const session = await sessionFor(request);
    const resume = await conversationFor(request, session);
    const messageId = newId();
    const row = await admit(request, session, messageId);
    launch({ row, session, prepared, turn: toUserTurn(messageId, request.turn), resume, label: request.turn.prompt });
    return { runId: row.id, sessionId: session.id, how: 'started' };
  };

  const takeOver = async (row: RunRow): Promise<void> => {
    const ids = { ownerId: row.owner_id, sessionId: row.session_id, runId: row.id };
    const agentSessionId = row.agent_session_id;
    const open = (await approvals.list(row.owner_id, 'pending')).find((approval) => approval.run_id === row.id);
    if (open && agentSessionId !== null && (await runtime.deferOpenCall(agentSessionId, open.tool_use_id))) {
      await runs.update(row.id, { status: 'parked', lease_until: null });
      return;
    }
    const journal = journalOf(ids);
    if (row.draft?.trim())
      journal.take({
        type: 'message',
        data: {
          session_id: row.session_id,
          run_id: row.id,
          uuid: newId(),
          type: 'assistant',
          content: [{ type: 'text', text: row.draft }],
          parent_tool_use_id: null,
          status: 'interrupted',
        },
      });
    journal.take({
      type: 'error',
      data: {
        session_id: row.session_id,
        run_id: row.id,
        code: 'SERVER_STOPPED',
        message: 'The server stopped in the middle of this answer. What was said is kept; write again to go on.',
      },
    });
    await keeper.end({ ...ids, demo: deps.isDemo(), label: '' }, { kind: 'interrupted' }, journal);
  };

  const recover = async (alone: boolean): Promise<number> => {
    const abandoned = await runs.claimAbandoned(alone);
    for (const row of abandoned)
      await takeOver(row).catch((error: unknown) =>
        log.error({ err: error, run_id: row.id }, 'a run could not be taken over'),
      );
    for (const runId of await runs.parkedWithoutQuestion()) await continueParked(runId, true);
    return abandoned.length;
  };

  const endOf = async (runId: string): Promise<RunEnd> => {
    const here = live.get(runId);
    const ended = here ? await here.ended : null;
    if (ended?.kind === 'over') return ended;
    const row = await runs.byId(runId);
    if (!row) throw new AppError('NOT_FOUND', 'There is no such run.');
    if (row.result !== null)
      return {
        kind: 'over',
        result: parseJson(z.any(), row.result, 'result'),
        error:
          row.error === null
            ? null
            : parseJson(z.object({ code: z.string(), message: z.string() }), row.error, 'error'),
      };
    const open = (await approvals.list(row.owner_id, 'pending')).find((approval) => approval.run_id === runId);
    if (row.status === 'parked' && open)
      return { kind: 'parked', sessionId: row.session_id, runId, approvalId: open.id };
    await new Promise<void>((resolve) => clock.setTimer(50, resolve));
    return endOf(runId);
  };

  return {
    async begin(request) {
      const key = request.turn.client_message_id ?? request.sessionId ?? request.runId;
      try {
        return await inTurn(request.sessionId ?? key, () => beginInSession(request));
      } catch (error) {
        // Lost a race against the same message on another connection or replica: join that run.
        const known = isUniqueViolation(error) ? await repeated(request) : null;
        if (known) return known;
        throw error;
      }
    },
    end: endOf,
    async interrupt(ownerId, sessionId) {
      await sessions.row(ownerId, sessionId);
      const active = await activeRun(sessionId);
      const none = new AppError('CONFLICT', 'Nothing is running in this session.');
      if (!active) throw none;
      if (active.status === 'parked') {
        if ((await approvals.cancelOfSession(sessionId)) === 0) throw none;
        return;
      }
      if (!(await command(active.id, { type: 'interrupt' }))) throw none;
      await live.get(active.id)?.ended;
    },
    async setMode(starter, sessionId, mode) {
      const session = await sessions.row(starter.ownerId, sessionId);
      await requests.prepare({ prompt: '', permission_mode: mode }, session, starter);
      await sessions.setPermissionMode(starter.ownerId, sessionId, mode);
      const active = await runs.active(sessionId);
      if (active) await command(active.id, { type: 'mode', mode });
    },
    async stopSession(_ownerId, sessionId) {
      const active = await runs.active(sessionId);
      if (!active) return;
      await approvals.cancelOfSession(sessionId);
      await command(active.id, { type: 'interrupt' });
      await live.get(active.id)?.ended;
    },
    continueParked: (runId) => continueParked(runId),
    recover,
    renewLeases: () => runs.renew([...live.keys()]),
    prewarm: (starter) => runtime.prewarm(requests.usual(starter)),
    async start() {
      await approvals.start();
    },
    async stop(graceMs) {
      stopping = true;
      approvals.parkWaiting();
      const running = [...live.values()];
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
