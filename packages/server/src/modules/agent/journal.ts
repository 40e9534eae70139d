/**
 * What a run leaves behind while it happens: messages in SQL in their order, the text streamed so far as a draft, and
 * every event in the owner's log. Readers never wait for the disk; the end of the run waits for all of it.
 */
import type { HearthEvent, LivePart } from '@hearth/contract';
import type { Clock } from '../../kernel/clock.ts';
import { newId } from '../../kernel/ids.ts';
import type { Log } from '../../kernel/log.ts';
import { untilStored } from '../../kernel/retry.ts';
import type { EventLog } from '../events/index.ts';
import type { Sessions } from '../sessions/index.ts';
import { createLiveText } from './live-text.ts';
import type { RunStore } from './run-store.ts';

export interface Journal {
  /** Takes one event of the run. Synchronous, because tokens pass through here. */
  take(event: HearthEvent): void;
  /** For writes of others that belong to this run: tells readers, once, that they have to wait. */
  tellWaiting(): void;
  /** Answers that are being written right now. */
  liveParts(): LivePart[];
  /** Resolves when everything taken so far is stored. */
  settled(): Promise<void>;
  /** Text that was streamed but never became a message is kept as an interrupted one. */
  keepDraft(): Promise<void>;
  stop(): void;
}

export interface JournalDeps {
  events: EventLog;
  sessions: Sessions;
  runs: RunStore;
  clock: Clock;
  log: Log;
  draftMs: number;
}

export interface JournalRun {
  ownerId: string;
  sessionId: string;
  runId: string;
}

export const createJournal = (deps: JournalDeps, run: JournalRun): Journal => {
  const { events, sessions, runs, clock, log } = deps;
  let writes: Promise<void> = Promise.resolve();
  const liveText = createLiveText(run.runId);
  let draft = '';
  let dirty = false;
  let toldWaiting = false;
  let cancelTimer = (): void => {};

  const enqueue = (write: () => Promise<void>): void => {
    writes = writes.then(write).catch((error: unknown) => {
      log.error({ err: error, run_id: run.runId }, 'a part of a run could not be stored');
    });
  };

  const tellWaiting = (): void => {
    if (toldWaiting) return;
    toldWaiting = true;
    const message = 'The database is away. The answer is kept and stored as soon as it is back.';
    const ids = { session_id: run.sessionId, run_id: run.runId };
    events.publish(run.ownerId, { type: 'status', data: { ...ids, status: 'retrying', message } });
  };

  const saveDraft = (): void => {
    cancelTimer = clock.setTimer(deps.draftMs, saveDraft);
    if (!dirty) return;
    dirty = false;
    const text = draft;
    enqueue(() => runs.update(run.runId, { draft: text === '' ? null : text }));
  };
  cancelTimer = clock.setTimer(deps.draftMs, saveDraft);

  const store = (event: Extract<HearthEvent, { type: 'message' }>): void => {
    const { data } = event;
    const add = (): Promise<void> =>
      sessions.addMessage(run.ownerId, run.sessionId, {
        id: data.uuid,
        runId: run.runId,
        type: data.type,
        content: data.content,
        status: data.status,
        model: data.model ?? null,
        usage: data.usage ?? null,
        parentToolUseId: data.parent_tool_use_id,
      });
    enqueue(() => untilStored(clock, add, tellWaiting));
  };

  const follow = (event: HearthEvent): void => {
    if (event.type === 'partial' && event.data.parent_tool_use_id === null && event.data.delta?.type === 'text_delta') {
      draft += event.data.delta.text;
      dirty = true;
    }
    if (event.type !== 'message') return;
    store(event);
    if (event.data.type === 'assistant' && event.data.parent_tool_use_id === null) {
      draft = '';
      dirty = true;
    }
  };

  return {
    take(event) {
      const numbered = events.publish(run.ownerId, event);
      if (numbered instanceof Promise) void numbered.then((ready) => ready && liveText.take(ready));
      else liveText.take(numbered);
      follow(event);
    },
    tellWaiting,
    liveParts: liveText.parts,
    settled: () => writes,
    async keepDraft() {
      if (draft.trim() === '') return;
      const text = draft;
      draft = '';
      const ids = { session_id: run.sessionId, run_id: run.runId };
      const message: HearthEvent = {
        type: 'message',
        data: {
          ...ids,
          uuid: newId(),
          type: 'assistant',
          content: [{ type: 'text', text }],
          parent_tool_use_id: null,
          status: 'interrupted',
        },
      };
      events.publish(run.ownerId, message);
      store(message);
      await writes;
    },
    stop: () => cancelTimer(),
  };
};
