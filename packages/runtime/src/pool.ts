/**
 * Live workers: at most `maxLive`, one per session, kept warm between turns, the longest idle one evicted first, callers
 * queued beyond that in order. One spare is started ahead for the kind of chat that is opened most, so that a new chat
 * does not pay for a process start. A worker is never shared by two sessions, and a dead one is never handed out.
 */
import type { AgentProvider, AgentWorker, OpenRequest, TranscriptStore, WorkerProfile } from './provider.ts';
import type { Timers } from './timers.ts';

export interface PoolDeps {
  provider: AgentProvider;
  transcripts: TranscriptStore;
  timers: Timers;
  maxLive: number;
  idleMs: number;
  /** Keep a prewarmed worker for new chats. */
  keepSpare: boolean;
  onSpareFailed?: (error: unknown) => void;
}

export interface AcquireRequest {
  sessionId: string;
  profile: WorkerProfile;
  conversation: OpenRequest['resume'];
  /** Called when all workers are busy and the caller has to wait. */
  onQueued: () => void;
  signal: AbortSignal;
}

export interface WorkerPool {
  acquire(request: AcquireRequest): Promise<AgentWorker>;
  /** Gives a worker back. `keep: false` ends it, for example after a failure. */
  release(sessionId: string, keep: boolean): Promise<void>;
  /** Starts the spare for this profile, if there is none yet. */
  prewarm(profile: WorkerProfile): void;
  /** Ends the worker of a session; a busy one when its turn is over. */
  drop(sessionId: string): Promise<void>;
  /** Ends every worker that is not busy, so that a changed account or setting takes effect. */
  recycle(): Promise<void>;
  /** `spare`: a warm worker waits for a new chat. */
  stats(): { live: number; busy: number; queued: number; spare: boolean };
  close(): Promise<void>;
}

interface Slot {
  worker: AgentWorker | null;
  profileKey: string;
  busy: boolean;
  stale: boolean;
  /** Stops the waiting for a good moment to start the next spare. */
  cancelSpare: () => void;
  idleSince: number;
  cancelIdle: () => void;
}

interface Waiter {
  start: () => void;
}

const spareAfterMs = 3_000;

export const profileKey = (profile: WorkerProfile): string => JSON.stringify(profile);

export const createWorkerPool = (deps: PoolDeps): WorkerPool => {
  const slots = new Map<string, Slot>();
  const waiters: Waiter[] = [];
  const closing = new Set<Promise<void>>();
  let spare: { key: string; worker: Promise<AgentWorker>; ready: boolean } | null = null;
  let closed = false;

  const endSlot = async (sessionId: string): Promise<void> => {
    const slot = slots.get(sessionId);
    if (!slot) return;
    slots.delete(sessionId);
    slot.cancelIdle();
    await slot.worker?.close();
  };

  /** Ends a worker while nobody waits for it. */
  const endInBackground = (sessionId: string): void => {
    const ending = endSlot(sessionId).finally(() => closing.delete(ending));
    closing.add(ending);
  };

  const longestIdle = (): string | null => {
    const idle = [...slots].filter(([, slot]) => !slot.busy).sort(([, a], [, b]) => a.idleSince - b.idleSince);
    return idle[0]?.[0] ?? null;
  };

  /** Takes a place in the pool for the session, waiting in line when every place is busy. */
  const takePlace = async (request: AcquireRequest, key: string): Promise<Slot> => {
    while (slots.size >= deps.maxLive) {
      request.signal.throwIfAborted();
      const victim = longestIdle();
      if (victim !== null) {
        // The place is free at once; only when many are still ending does the next one wait.
        endInBackground(victim);
        if (closing.size > deps.maxLive) await Promise.race(closing);
        continue;
      }
      request.onQueued();
      await new Promise<void>((resolve, reject) => {
        const waiter = { start: resolve };
        waiters.push(waiter);
        request.signal.addEventListener(
          'abort',
          () => {
            const index = waiters.indexOf(waiter);
            if (index >= 0) waiters.splice(index, 1);
            reject(request.signal.reason);
          },
          { once: true },
        );
      });
    }
    const slot: Slot = {
      worker: null,
      profileKey: key,
      busy: true,
      stale: false,
      cancelSpare: () => {},
      idleSince: 0,
      cancelIdle: () => {},
    };
    slots.set(request.sessionId, slot);
    return slot;
  };

  const open = (profile: WorkerProfile, resume: OpenRequest['resume']): Promise<AgentWorker> =>
    deps.provider.open({ profile, resume, transcripts: deps.transcripts });

  const takeSpare = async (key: string): Promise<AgentWorker | null> => {
    if (spare?.key !== key) return null;
    const { worker } = spare;
    spare = null;
    try {
      const ready = await worker;
      return ready.alive ? ready : null;
    } catch {
      return null;
    }
  };

  const prewarm = (profile: WorkerProfile): void => {
    const key = profileKey(profile);
    if (!deps.keepSpare || closed || spare?.key === key) return;
    const previous = spare;
    const worker = open(profile, null);
    const next = { key, worker, ready: false };
    spare = next;
    worker.then(
      () => {
        next.ready = true;
      },
      (error: unknown) => {
        if (spare === next) spare = null;
        deps.onSpareFailed?.(error);
      },
    );
    previous?.worker.then((old) => old.close()).catch(() => {});
  };

  /**
   * A process start takes half a second of a core, which the chat that was just opened wants for itself: the next spare
   * is started when its first turn is over, or after a moment at the latest.
   */
  const prewarmLater = (slot: Slot, profile: WorkerProfile): void => {
    const cancel = deps.timers.set(spareAfterMs, () => prewarm(profile));
    slot.cancelSpare = () => {
      cancel();
      prewarm(profile);
    };
  };

  const reusable = (slot: Slot, request: AcquireRequest, key: string): AgentWorker | null => {
    const { worker } = slot;
    if (worker === null || !worker.alive || slot.stale || slot.profileKey !== key) return null;
    if (request.conversation === null || request.conversation.fork) return null;
    return worker.agentSessionId === request.conversation.agentSessionId ? worker : null;
  };

  const wakeNext = (): void => waiters.shift()?.start();

  return {
    async acquire(request) {
      const key = profileKey(request.profile);
      const slot = slots.get(request.sessionId);
      if (slot?.busy) throw new Error('the session already has a running turn');
      if (slot) {
        slot.cancelIdle();
        const worker = reusable(slot, request, key);
        if (worker) {
          slot.busy = true;
          return worker;
        }
        endInBackground(request.sessionId);
      }
      const place = await takePlace(request, key);
      try {
        const fresh = request.conversation === null ? await takeSpare(key) : null;
        place.worker = fresh ?? (await open(request.profile, request.conversation));
      } catch (error) {
        slots.delete(request.sessionId);
        wakeNext();
        throw error;
      }
      if (request.conversation === null) prewarmLater(place, request.profile);
      return place.worker;
    },
    async release(sessionId, keep) {
      const slot = slots.get(sessionId);
      if (!slot) return;
      slot.busy = false;
      slot.cancelSpare();
      slot.idleSince = deps.timers.now();
      if (!keep || slot.stale || !slot.worker?.alive || closed) await endSlot(sessionId);
      else slot.cancelIdle = deps.timers.set(deps.idleMs, () => void endSlot(sessionId));
      wakeNext();
    },
    prewarm,
    async drop(sessionId) {
      const slot = slots.get(sessionId);
      if (slot?.busy) slot.stale = true;
      else await endSlot(sessionId);
    },
    async recycle() {
      const old = spare;
      spare = null;
      for (const slot of slots.values()) slot.stale = true;
      const idle = [...slots].filter(([, slot]) => !slot.busy).map(([id]) => endSlot(id));
      const oldSpare = old?.worker.then((worker) => worker.close()).catch(() => {});
      await Promise.all([...idle, oldSpare]);
    },
    stats: () => ({
      live: slots.size,
      busy: [...slots.values()].filter((slot) => slot.busy).length,
      queued: waiters.length,
      spare: spare?.ready === true,
    }),
    async close() {
      closed = true;
      const old = spare;
      spare = null;
      const oldSpare = old?.worker.then((worker) => worker.close()).catch(() => {});
      await Promise.all([...[...slots.keys()].map(endSlot), ...closing, oldSpare]);
    },
  };
};
