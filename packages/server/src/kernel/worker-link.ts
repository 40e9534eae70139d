/**
 * Calls to a worker thread: started when it is first needed, ended when it has had nothing to do for a while, started
 * again after it died. Calls that were under way when it died fail with SERVICE_UNAVAILABLE.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from './clock.ts';
import { AppError } from './errors.ts';

export interface WorkerLinkDeps {
  file: URL;
  data: unknown;
  clock: Clock;
  /** For people: "search index". */
  name: string;
  /** Null: it lives as long as the server. */
  idleMs: number | null;
  /** MB; null leaves Node's own limits. */
  maxOldSpaceMb?: number;
}

export interface WorkerLink {
  call(method: string, args: readonly unknown[]): Promise<unknown>;
  /** Lets the worker end its work, then ends it. */
  close(): Promise<void>;
}

type Reply = { id: number; value?: unknown; error?: string };
type Waiting = { resolve: (value: unknown) => void; reject: (error: unknown) => void };

export const createWorkerLink = (deps: WorkerLinkDeps): WorkerLink => {
  const { clock, name } = deps;
  const waiting = new Map<number, Waiting>();
  let worker: Worker | null = null;
  let nextId = 1;
  let isClosed = false;
  let cancelIdle = (): void => {};

  const away = (cause?: unknown): AppError =>
    new AppError('SERVICE_UNAVAILABLE', `The ${name} is not available at the moment.`, { cause, retryAfter: 5 });

  const lost = (which: Worker, cause: unknown): void => {
    if (worker !== which) return;
    worker = null;
    const all = [...waiting.values()];
    waiting.clear();
    for (const { reject } of all) reject(away(cause));
  };

  const take = ({ id, value, error }: Reply): void => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(value);
    else call?.reject(away(new Error(error)));
    rest();
  };

  const start = (): Worker => {
    const limits =
      deps.maxOldSpaceMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: deps.maxOldSpaceMb } };
    const fresh = new Worker(deps.file, { workerData: deps.data, ...limits });
    fresh.on('message', take);
    fresh.on('error', (error) => lost(fresh, error));
    fresh.on('exit', (code) => lost(fresh, new Error(`ended with ${code}`)));
    fresh.unref();
    worker = fresh;
    return fresh;
  };

  const send = (method: string, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const to = worker ?? start();
      const id = nextId;
      nextId += 1;
      waiting.set(id, { resolve, reject });
      // A call under way keeps the process alive, an idle worker does not.
      to.ref();
      to.postMessage({ id, method, args });
    });

  const end = async (): Promise<void> => {
    const old = worker;
    if (old === null) return;
    await send('close', []).catch(() => {});
    if (worker === old) worker = null;
    await old.terminate();
  };

  function rest(): void {
    cancelIdle();
    if (waiting.size === 0) worker?.unref();
    if (deps.idleMs === null || waiting.size > 0 || worker === null) return;
    cancelIdle = clock.setTimer(deps.idleMs, () => void end().catch(() => {}));
  }

  return {
    async call(method, args) {
      if (isClosed) throw away(new Error('closed'));
      cancelIdle();
      return send(method, args);
    },
    async close() {
      isClosed = true;
      cancelIdle();
      await end();
    },
  };
};
