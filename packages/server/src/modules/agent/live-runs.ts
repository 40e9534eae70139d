/**
 * The runs that this process keeps, and commands to runs wherever they are kept: a run in another replica hears them
 * over the event bus.
 */
import type { JsonObject, LivePart } from '@hearth/contract';
import type { RunHandle, UserTurn } from '@hearth/runtime';
import { z } from 'zod';
import type { EventBus } from '../../ports/event-bus.ts';
import type { Grant } from '../policy/index.ts';
import type { RunEnd } from './types.ts';

export interface LiveRun {
  runId: string;
  sessionId: string;
  handle: RunHandle;
  liveParts: () => LivePart[];
  /** Resolves when every message told so far is stored. */
  settled: () => Promise<void>;
  /** May change while the run lasts; the gate reads it for each call. */
  mode: Grant['mode'];
  ended: Promise<RunEnd | { kind: 'parked' }>;
}

const imageShape = z.object({
  type: z.enum(['base64', 'url']),
  media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
  data: z.string(),
});
const commandShape = z.discriminatedUnion('type', [
  z.object({ type: z.literal('interrupt') }),
  z.object({ type: z.literal('mode'), mode: z.enum(['default', 'acceptEdits', 'plan', 'bypassPermissions']) }),
  z.object({
    type: z.literal('steer'),
    turn: z.object({ uuid: z.string(), text: z.string(), images: z.array(imageShape) }),
  }),
]);
export type RunCommand =
  | { type: 'interrupt' }
  | { type: 'mode'; mode: Grant['mode'] }
  | { type: 'steer'; turn: UserTurn };

export interface LiveRuns {
  get(runId: string): LiveRun | undefined;
  ids(): string[];
  all(): LiveRun[];
  add(run: LiveRun): void;
  remove(runId: string): void;
  /** Gives a command to whoever keeps the run; false when nobody does, or when it was over already. */
  command(runId: string, command: RunCommand): Promise<boolean>;
  /** Hears commands for a run of this process until the answer is called. */
  listen(run: LiveRun): Promise<() => void>;
}

const channelOf = (runId: string): string => `run:${runId}`;

const obey = async (run: LiveRun, command: RunCommand): Promise<boolean> => {
  if (command.type === 'steer') return run.handle.steer(command.turn);
  if (command.type === 'mode') run.mode = command.mode;
  else await run.handle.interrupt();
  return true;
};

export const createLiveRuns = ({ bus }: { bus: EventBus }): LiveRuns => {
  const live = new Map<string, LiveRun>();
  return {
    get: (runId) => live.get(runId),
    ids: () => [...live.keys()],
    all: () => [...live.values()],
    add: (run) => void live.set(run.runId, run),
    remove: (runId) => void live.delete(runId),
    async command(runId, command) {
      const here = live.get(runId);
      if (here) return obey(here, command);
      return (await bus.send(channelOf(runId), { ...command })) > 0;
    },
    listen: (run) =>
      bus.listen(channelOf(run.runId), (payload: JsonObject) => {
        const parsed = commandShape.safeParse(payload);
        if (parsed.success) void obey(run, parsed.data);
      }),
  };
};
