/**
 * From which conversation a call of one of the server's own tools comes. The tool is run by a process that may serve any
 * conversation of its owner; only the gate, which sees each call first, knows which one it was.
 */
export interface CallPlace {
  ownerId: string;
  sessionId: string;
  runId: string;
}

export interface OwnCalls {
  note(toolUseId: string, place: CallPlace): void;
  /** Null for a call that the gate has not let through, or for its second use. */
  take(toolUseId: string): CallPlace | null;
}

/** Calls that were let through and never made: the process died in between. */
const mostOpen = 1_000;

export const createOwnCalls = (): OwnCalls => {
  const open = new Map<string, CallPlace>();
  return {
    note(toolUseId, place) {
      open.set(toolUseId, { ownerId: place.ownerId, sessionId: place.sessionId, runId: place.runId });
      const [oldest] = open.keys();
      if (open.size > mostOpen && oldest !== undefined) open.delete(oldest);
    },
    take(toolUseId) {
      const place = open.get(toolUseId) ?? null;
      open.delete(toolUseId);
      return place;
    },
  };
};
