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
import { createTurns } from '../../kernel/turns.ts';
import type { Approvals } from '../approvals/index.ts';
import type { EventLog } from '../events/index.ts';
import type { Grant, NoQuestions } from '../policy/index.ts';
import type { SessionRow, Sessions } from '../sessions/index.ts';
import type { Launch, Launcher } from './launcher.ts';
import type { LiveRuns } from './live-runs.ts';
import { type Recovery, storeRequest } from './recovery.ts';
import type { RunRequests } from './run-request.ts';
import type { RunRow, RunStore } from './run-store.ts';
import type { BeginRequest, Begun, Connection, Remembered, RunEnd } from './types.ts';

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
  noQuestions: NoQuestions;
  endOf: (runId: string) => Promise<RunEnd>;
  memory: {
    /** A message has come; whether it is for the model, and what is to be recalled for it, turns out later. */
    expect(ownerId: string, turn: TurnRequest): void;
    /** What is remembered and fits the message; never fails, and does not keep a chat waiting. */
    recall(ownerId: string, turn: TurnRequest): Promise<Remembered | null>;
  };
  isStopping: () => boolean;
}

export interface Admission {
  begin(request: BeginRequest): Promise<Begun>;
  /** One piece of work at a time in a session, among them the beginning of runs. */
  inTurn<T>(sessionId: string, work: () => Promise<T>): Promise<T>;
  /** The run that keeps a session busy, after runs of dead processes were cleared away. */
  activeRun(sessionId: string): Promise<RunRow | undefined>;
}

const toUserTurn = (uuid: string, turn: TurnRequest, remembered: Remembered | null = null): UserTurn => ({
  uuid,
  // At the very end: everything before it stays what the prompt cache knows.
  text: remembered === null ? turn.prompt : `${turn.prompt}\n\n${remembered.text}`,
  images: turn.images ?? [],
});

/** Everything after this reads it from the turn: what is recalled, which tools there are, what is learned. */
const onRecord = ({ turn, starter }: BeginRequest, session: SessionRow | null): TurnRequest =>
  starter.offRecord === true || session?.off_record === 1
    ? { ...turn, memory: { ...turn.memory, enabled: false } }
    : turn;

const toContent = (turn: TurnRequest) => [
  ...(turn.images ?? []).map(({ type, media_type, data }) => ({
    type: 'image' as const,
    source: type,
    media_type,
    data,
  })),
  { type: 'text' as const, text: turn.prompt },
];

/** The session a message goes to; `base` is that session, or the one that it copies. */
type Place = { sessionId: string; mode: Grant['mode'] } & (
  | { opens: false; base: SessionRow }
  | { opens: true; base: SessionRow | null }
);

const placeOf = (base: SessionRow | null, fork: boolean, mode: Grant['mode']): Place =>
  base === null || fork
    ? { opens: true, base, sessionId: newId(), mode }
    : { opens: false, base, sessionId: base.id, mode };

const defaultsOf = (base: SessionRow | null, fork: boolean) => {
  if (base === null) return { cwd: null, model: null, permission_mode: 'default' as const };
  // That nothing is asked was said of one session; its copy asks again.
  return fork && base.permission_mode === 'bypassPermissions' ? { ...base, permission_mode: 'default' as const } : base;
};

const resumeOf = (base: SessionRow | null, fork: boolean): Launch['resume'] =>
  base === null || base.agent_session_id === null ? null : { agentSessionId: base.agent_session_id, fork };

export const createAdmission = (deps: AdmissionDeps): Admission => {
  const { clock, events, sessions, approvals, runs, requests, runtime, live } = deps;
  // So that two messages cannot both start a run.
  const inTurn = createTurns();

  /** The session that a message opens: a new one, or a copy of `parent`. */
  const openSession = async (request: BeginRequest, { base: parent, sessionId, mode }: Place, tx: Connection) => {
    const { starter, turn } = request;
    const cwd = turn.cwd ?? parent?.cwd;
    const model = turn.model ?? parent?.model;
    await sessions.insert(
      starter.ownerId,
      {
        mode: parent?.mode ?? 'brainstorm',
        tags: [],
        ...(parent?.title ? { title: `${parent.title} (fork)`.slice(0, 200) } : {}),
        ...(cwd ? { cwd } : {}),
        ...(model ? { model } : {}),
        off_record: parent?.off_record === 1 || turn.off_record === true,
        permission_mode: mode,
      },
      {
        id: sessionId,
        origin: starter.origin === 'hook' ? 'api' : starter.origin,
        ...(parent ? { parentId: parent.id } : {}),
        tx,
      },
    );
    if (parent) await sessions.copyMessages(parent.id, sessionId, tx);
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
    offRecord: turn.memory?.enabled === false,
  });

  /** A message for a session that is already at work. Null when the run turned out to be over. */
  const joinRun = async (active: RunRow, turn: TurnRequest): Promise<Begun | null> => {
    if (active.status === 'parked') {
      // They wrote instead of deciding: the open step is off, and the run ends before the new one begins.
      await approvals.cancelOfSession(active.session_id);
      await deps.recovery.continueParked(active.id);
      await deps.endOf(active.id);
      return null;
    }
    const messageId = newId();
    // Stored first: of two that bring the same message to two processes, only one gets it to the model.
    await sessions.addMessage(active.owner_id, active.session_id, newMessage(messageId, active.id, turn));
    if (!(await live.command(active.id, { type: 'steer', turn: toUserTurn(messageId, turn) }))) {
      await sessions.withdrawMessage(messageId);
      return null;
    }
    publishUserMessage(active, messageId, turn);
    const { id: runId, session_id: sessionId, after_seq: afterSeq } = active;
    return { runId, sessionId, messageId, joined: true, afterSeq, how: 'steered' };
  };

  /** After this the message is acknowledged and never lost. */
  const admit = async (request: BeginRequest, place: Place, messageId: string): Promise<RunRow> => {
    const { starter, turn, runId } = request;
    const row: RunRow = {
      id: runId,
      owner_id: starter.ownerId,
      session_id: place.sessionId,
      key_id: starter.keyId,
      origin: starter.origin,
      status: 'queued',
      client_message_id: turn.client_message_id ?? null,
      request: storeRequest(turn, starter),
      after_seq: await events.lastSeq(starter.ownerId),
      instance_id: null,
      lease_until: null,
      agent_session_id: place.opens ? null : place.base.agent_session_id,
      draft: null,
      memories: null,
      result: null,
      error: null,
      created_at: clock.now().toISOString(),
      started_at: null,
      ended_at: null,
    };
    await deps.db.kysely.transaction().execute(async (tx) => {
      if (place.opens) await openSession(request, place, tx);
      await runs.insert(row, tx);
      await sessions.addMessage(starter.ownerId, row.session_id, newMessage(messageId, runId, turn), tx);
      await sessions.nameByMessage(row.session_id, turn.prompt, tx);
      if (!place.opens) await sessions.mustHaveHistory(place.base, tx);
    });
    await sessions.announce(starter.ownerId, row.session_id);
    publishUserMessage(row, messageId, turn);
    return row;
  };

  const repeated = async ({ starter, turn }: BeginRequest): Promise<Begun | null> => {
    const id = turn.client_message_id;
    if (id === undefined) return null;
    const known = await runs.ofClientMessage(starter.ownerId, id);
    return known ? { ...known, how: 'repeated' } : null;
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

  /** Joins what a session is doing, or waits until it does nothing: the session as it is then. */
  const joinOrFree = async (
    request: BeginRequest,
    sessionId: string,
  ): Promise<{ joined: Begun } | { session: SessionRow }> => {
    const read = (): Promise<SessionRow> => sessions.row(request.starter.ownerId, sessionId);
    // Before the session: the end of a run changes it.
    const active = await activeRun(sessionId);
    const session = await read();
    if (!active) return { session };
    const joined = await joinRun(active, onRecord(request, session));
    if (joined) return { joined };
    await live.get(active.id)?.ended;
    if ((await runs.active(sessionId))?.id !== active.id) return { session: await read() };
    const message = 'Another server process is still finishing an answer in this session.';
    throw new AppError('CONFLICT', message, { retryAfter: 5 });
  };

  /** The session that a message goes to or copies; null for a new one. */
  const baseOf = async (request: BeginRequest): Promise<{ joined: Begun } | { session: SessionRow | null }> => {
    const { sessionId, fork, starter } = request;
    if (sessionId === null) return { session: null };
    return fork ? { session: await sessions.row(starter.ownerId, sessionId) } : joinOrFree(request, sessionId);
  };

  const beginInTurn = async (request: BeginRequest): Promise<Begun> => {
    const known = await repeated(request);
    if (known) return known;
    const found = await baseOf(request);
    if ('joined' in found) return found.joined;
    refuseWhileUnwell();
    const { starter } = request;
    const base = found.session;
    const asked = onRecord(request, base);
    // Beside everything that follows: it is needed last.
    const remembering = deps.memory.recall(starter.ownerId, asked);
    const prepared = await requests.prepare(asked, defaultsOf(base, request.fork), starter);
    const place = placeOf(base, request.fork, prepared.grant.mode);
    await deps.noQuestions.check({
      who: starter,
      browser: starter.browser,
      sessionId: place.sessionId,
      runId: request.runId,
      from: place.opens ? null : place.base.permission_mode,
      to: place.mode,
      confirmKey: asked.confirm_api_key,
    });
    const messageId = newId();
    const row = await admit({ ...request, turn: asked }, place, messageId);
    const remembered = await remembering;
    const turn = toUserTurn(messageId, request.turn, remembered);
    const { session_id: sessionId, after_seq: afterSeq } = row;
    const resume = resumeOf(base, request.fork);
    const memories = remembered?.ids ?? [];
    const label = request.turn.prompt;
    deps.launcher.launch({ row, session: { id: sessionId }, prepared, turn, resume, label, memories });
    return { runId: row.id, sessionId, messageId, joined: false, afterSeq, how: 'started' };
  };

  return {
    inTurn,
    activeRun,
    async begin(asked) {
      const { turn } = asked;
      const memory = turn.off_record === true ? { ...turn.memory, enabled: false } : turn.memory;
      const request = { ...asked, turn: { ...turn, memory } };
      deps.memory.expect(request.starter.ownerId, onRecord(request, null));
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
