/**
 * Publishing and reading of the event log. Publishing never waits for the disk: live readers get the event at once, and
 * a writer stores it in small batches. A crash can therefore lose the log's newest rows, never a message: messages are
 * stored by `sessions` in their own transaction.
 */
import type { HearthEvent, NumberedEvent } from '@hearth/contract';
import type { Db } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { EventBus } from '../../ports/event-bus.ts';
import { createEventStore } from './store.ts';

export type EventReader = (event: NumberedEvent) => void;

export interface Subscription {
  /** 'too_old' when `after` lies before what is kept; nothing was replayed then. */
  state: 'live' | { tooOld: { oldest: number; seq: number } };
  stop(): void;
}

export interface EventLog {
  /** Answers the event with its number; null when none could be had, and then nobody has seen it. */
  publish(ownerId: string, event: HearthEvent): NumberedEvent | Promise<NumberedEvent | null>;
  /** Replays what came after `after` (null: nothing), then follows. */
  read(ownerId: string, after: number | null, reader: EventReader): Promise<Subscription>;
  lastSeq(ownerId: string): Promise<number>;
  /** Where the stored events of a run begin, to replay it; null when there are none. */
  firstSeqOf(runId: string): Promise<number | null>;
  prune(before: Date): Promise<number>;
  /** Resolves when everything published so far is stored. */
  flush(): Promise<void>;
}

export interface EventLogDeps {
  db: Db;
  bus: EventBus;
  clock: Clock;
  log: Log;
  batchMs?: number;
}

export const sessionOf = (event: NumberedEvent): string | undefined =>
  'session_id' in event.data ? event.data.session_id : undefined;

const replayPage = 1000;
const maxPending = 20_000;

export const createEventLog = ({ db, bus, clock, log, batchMs = 40 }: EventLogDeps): EventLog => {
  const store = createEventStore(db);
  let pending: { ownerId: string; event: NumberedEvent; at: string }[] = [];
  let writing: Promise<void> = Promise.resolve();
  let scheduled = false;
  const numbering = new Set<Promise<unknown>>();

  const write = async (): Promise<void> => {
    const batch = pending;
    pending = [];
    if (batch.length === 0) return;
    try {
      await store.append(batch);
    } catch (error) {
      log.warn({ err: error, events: batch.length }, 'events could not be stored; they are kept for another try');
      pending = [...batch, ...pending].slice(-maxPending);
    }
  };

  const flush = async (): Promise<void> => {
    await Promise.allSettled(numbering);
    scheduled = false;
    writing = writing.then(write);
    await writing;
  };

  const keep = (ownerId: string, event: NumberedEvent): void => {
    if (event.type === 'partial') return;
    pending.push({ ownerId, event, at: clock.now().toISOString() });
    if (scheduled) return;
    scheduled = true;
    clock.setTimer(batchMs, () => void flush());
  };

  /** What a deleted session said never comes back, also not from memory; that it was deleted does. */
  const withoutDeleted = async (found: NumberedEvent[]): Promise<NumberedEvent[]> => {
    const there = await store.existing([...new Set(found.flatMap((event) => sessionOf(event) ?? []))]);
    return found.filter((event) => {
      const session = sessionOf(event);
      const tellsDeletion = event.type === 'session' && event.data.session === null;
      return session === undefined || there.has(session) || tellsDeletion;
    });
  };

  const fromStore = async (ownerId: string, after: number, reader: EventReader): Promise<number> => {
    await flush();
    let last = after;
    while (true) {
      const page = await store.after(ownerId, last, replayPage);
      for (const event of await withoutDeleted(page)) reader(event);
      last = page.at(-1)?.seq ?? last;
      if (page.length < replayPage) return last;
    }
  };

  return {
    publish(ownerId, event) {
      const numbered = bus.publish(ownerId, event);
      if (!(numbered instanceof Promise)) {
        keep(ownerId, numbered);
        return numbered;
      }
      const done = numbered
        .then((ready) => {
          keep(ownerId, ready);
          return ready;
        })
        .catch((error: unknown) => {
          log.error({ err: error, type: event.type }, 'an event could not be numbered');
          return null;
        })
        .finally(() => numbering.delete(done));
      numbering.add(done);
      return done;
    },
    async read(ownerId, after, reader) {
      // Listen first and hold back, then replay, then let go: nothing falls between the two.
      let held: NumberedEvent[] | null = [];
      let last = after ?? 0;
      const deliver = (event: NumberedEvent): void => {
        if (event.seq <= last) return;
        last = event.seq;
        reader(event);
      };
      const stop = await bus.subscribe(ownerId, (event) => {
        if (held) held.push(event);
        else deliver(event);
      });
      const release = (): void => {
        for (const event of held ?? []) deliver(event);
        held = null;
      };
      if (after === null) {
        release();
        return { state: 'live', stop };
      }
      try {
        const pruned = await store.prunedThrough(ownerId);
        const newest = await bus.lastSeq(ownerId);
        if (after < pruned || after > newest) {
          stop();
          return { state: { tooOld: { oldest: pruned, seq: newest } }, stop };
        }
        const recent = await bus.recent(ownerId, after);
        if (recent === 'too_old') await fromStore(ownerId, after, deliver);
        else for (const event of await withoutDeleted(recent)) deliver(event);
      } catch (error) {
        stop();
        throw error;
      }
      release();
      return { state: 'live', stop };
    },
    lastSeq: (ownerId) => bus.lastSeq(ownerId),
    async firstSeqOf(runId) {
      await flush();
      return store.firstOfRun(runId);
    },
    prune: (before) => store.prune(before.toISOString()),
    flush,
  };
};
