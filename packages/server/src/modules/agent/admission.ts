/**
 * How a message becomes a run: repeats are recognised, a busy session is joined, everything that can be refused is
 * refused before anything is made, and message and run become durable in one transaction.
 */
import type { TurnRequest } from '@hearth/contract';
import type { Runtime, UserTurn } from '@hearth/runtime';
import { type Db, isUniqueViolation } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import type { Approvals } from '../approvals/index.ts';
import type { EventLog } from '../events/index.ts';
import type { SessionRow, Sessions } from '../sessions/index.ts';
import type { Launch, Launcher } from './launcher.ts';
import type { LiveRuns } from './live-runs.ts';
import { type Recovery, storeRequest } from './recovery.ts';
import type { RunRequests } from './run-request.ts';
import type { RunRow, RunStore } from './run-store.ts';
import type { BeginRequest, Begun, RunEnd } from './types.ts';

export interface AdmissionDeps {
  db: Db;
  clock: Clock;
  events: EventLog;
  sessions: Sessions;
  approvals: Approvals;
  runs: RunStore;
  requests: RunRequests;
  runtime: Runtime;
  live: LiveRuns;
  launcher: Launcher;
  recovery: Recovery;
  endOf: (runId: string) => Promise<RunEnd>;
  isStopping: () => boolean;
}

export interface Admission {
  begin(request: BeginRequest): Promise<Begun>;
  /** One piece of work at a time in a session, among them the beginning of runs. */
  inTurn<T>(sessionId: string, work: () => Promise<T>): Promise<T>;
  /** The run that keeps a session busy, after runs of dead processes were cleared away. */
  activeRun(sessionId: string): Promise<RunRow | undefined>;
}

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

/** One piece of work at a time per key, so that two messages cannot both start a run. */
const createTurns = () => {
  const last = new Map<string, Promise<unknown>>();
  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work, work);
    const settled = mine.catch(() => {});
    last.set(key, settled);
    try {
      return await mine;
    } finally {
      if (last.get(key) === settled) last.delete(key);
    }
  };
};

export const createAdmission = (deps: AdmissionDeps): Admission => {
  const { clock, events, sessions, approvals, runs, requests, runtime, live } = deps;
  const inTurn = createTurns();

  const sessionFor = async ({ starter, sessionId, fork, turn }: BeginRequest): Promise<SessionRow> => {
    if (sessionId !== null && !fork) return sessions.row(starter.ownerId, sessionId);
    const parent = sessionId === null ? null : await sessions.row(starter.ownerId, sessionId);
    const cwd = turn.cwd ?? parent?.cwd;
    const created = await sessions.create(
      starter.ownerId,
      {
        mode: parent?.mode ?? 'brainstorm',
        tags: [],
        ...(parent?.title ? { title: `${parent.title} (fork)`.slice(0, 200) } : {}),
        ...(cwd ? { cwd } : {}),
        ...(turn.permission_mode ? { permission_mode: turn.permission_mode } : {}),
      },
      { origin: starter.origin === 'hook' ? 'api' : starter.origin, ...(parent ? { parentId: parent.id } : {}) },
    );
    if (parent) await deps.db.kysely.transaction().execute((tx) => sessions.copyMessages(parent.id, created.id, tx));
    return sessions.row(starter.ownerId, created.id);
  };

  const conversationFor = async (request: BeginRequest, session: SessionRow): Promise<Launch['resume']> => {
    const source =
      request.fork && request.sessionId !== null
        ? await sessions.row(request.starter.ownerId, request.sessionId)
        : session;
    return source.agent_session_id === null ? null : { agentSessionId: source.agent_session_id, fork: request.fork };
  };

  const publishUserMessage = (row: Pick<RunRow, 'id' | 'owner_id' | 'session_id'>, uuid: string, turn: TurnRequest) =>
    events.publish(row.owner_id, {
      type: 'message',
      data: {
        session_id: row.session_id,
        run_id: row.id,
        uuid,
        type: 'user',
        content: toContent(turn),
        parent_tool_use_id: null,
        ...(turn.client_message_id ? { client_message_id: turn.client_message_id } : {}),
      },
    });

  const newMessage = (id: string, runId: string, turn: TurnRequest) => ({
    id,
    runId,
    type: 'user' as const,
    content: toContent(turn),
    clientMessageId: turn.client_message_id ?? null,
  });

  /** A message for a session that is already at work. Null when the run turned out to be over. */
  const joinRun = async (active: RunRow, request: BeginRequest): Promise<Begun | null> => {
    if (active.status === 'parked') {
      // They wrote instead of deciding: the open step is off, and the run ends before the new one begins.
      await approvals.cancelOfSession(active.session_id);
      await deps.recovery.continueParked(active.id);
      await deps.endOf(active.id);
      return null;
    }
    const messageId = newId();
    const turn = toUserTurn(messageId, request.turn);
    if (!(await live.command(active.id, { type: 'steer', turn }))) return null;
    await sessions.addMessage(active.owner_id, active.session_id, newMessage(messageId, active.id, request.turn));
    publishUserMessage(active, messageId, request.turn);
    return { runId: active.id, sessionId: active.session_id, how: 'steered' };
  };

  /** After this the message is acknowledged and never lost. */
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
      request: storeRequest(turn, starter),
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
      await sessions.addMessage(starter.ownerId, session.id, newMessage(messageId, runId, turn), tx);
      await sessions.mustHaveHistory(session, tx);
    });
    publishUserMessage(row, messageId, turn);
    return row;
  };

  const repeated = async ({ starter, turn }: BeginRequest): Promise<Begun | null> => {
    const id = turn.client_message_id;
    if (id === undefined) return null;
    const run = await runs.byClientMessage(starter.ownerId, id);
    if (run) return { runId: run.id, sessionId: run.session_id, how: 'repeated' };
    const steered = await runs.ofSteeringMessage(starter.ownerId, id);
    return steered ? { ...steered, how: 'repeated' } : null;
  };

  const refuseWhileUnwell = (): void => {
    if (deps.isStopping()) throw new AppError('SERVICE_UNAVAILABLE', 'The server is stopping.', { retryAfter: 5 });
    const retryAfter = runtime.retryAfter();
    if (retryAfter === null) return;
    const message = 'Claude has not been answering. It is tried again in a moment.';
    throw new AppError('SERVICE_UNAVAILABLE', message, { retryAfter });
  };

  const activeRun = async (sessionId: string): Promise<RunRow | undefined> => {
    const active = await runs.active(sessionId);
    if (!active || live.get(active.id) || active.status === 'parked') return active;
    await deps.recovery.recover(false);
    return runs.active(sessionId);
  };

  /** Makes the session free, or joins what it is doing. */
  const joinOrWait = async (request: BeginRequest, sessionId: string): Promise<Begun | null> => {
    await sessions.row(request.starter.ownerId, sessionId);
    const active = await activeRun(sessionId);
    if (!active) return null;
    const joined = await joinRun(active, request);
    if (joined) return joined;
    await live.get(active.id)?.ended;
    if ((await runs.active(sessionId))?.id !== active.id) return null;
    const message = 'Another server process is still finishing an answer in this session.';
    throw new AppError('CONFLICT', message, { retryAfter: 5 });
  };

  const beginInTurn = async (request: BeginRequest): Promise<Begun> => {
    const known = await repeated(request);
    if (known) return known;
    if (request.sessionId !== null && !request.fork) {
      const joined = await joinOrWait(request, request.sessionId);
      if (joined) return joined;
    }
    refuseWhileUnwell();
    const base = request.sessionId === null ? null : await sessions.row(request.starter.ownerId, request.sessionId);
    const defaults = base ?? { cwd: null, model: null, permission_mode: 'default' as const };
    const prepared = await requests.prepare(request.turn, defaults, request.starter);
    const session = await sessionFor(request);
    const resume = await conversationFor(request, session);
    const messageId = newId();
    const row = await admit(request, session, messageId);
    const turn = toUserTurn(messageId, request.turn);
    deps.launcher.launch({ row, session, prepared, turn, resume, label: request.turn.prompt });
    return { runId: row.id, sessionId: session.id, how: 'started' };
  };

  return {
    inTurn,
    activeRun,
    async begin(request) {
      const key = request.sessionId ?? request.turn.client_message_id ?? request.runId;
      try {
        return await inTurn(key, () => beginInTurn(request));
      } catch (error) {
        // Lost a race against the same message on another connection or replica: join that run.
        const known = isUniqueViolation(error) ? await repeated(request) : null;
        if (known) return known;
        throw error;
      }
    },
  };
};
