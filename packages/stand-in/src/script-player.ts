/**
 * Holds the scripts and decides which step answers a request: the session's own script first, then the general one.
 * Invariants: a step of a list is used once unless it repeats; a side request never uses up a list (its place is
 * between two answers, and which comes first is not determined), a function sees every request.
 */
import type { ModelRequest } from './model-request.ts';
import { type Matcher, type Script, type Step, toPlan } from './script.ts';

export interface ScriptPlayer {
  set(script: Script): void;
  setFor(sessionId: string, script: Script): void;
  next(request: ModelRequest): Step | undefined;
  clear(): void;
}

const contains = (whole: string, part: string): boolean => whole.toLowerCase().includes(part.toLowerCase());

export const matches = (matcher: Matcher, request: ModelRequest): boolean => {
  if (typeof matcher === 'function') return matcher(request);
  const texts = [request.prompt, ...request.toolResults.map((result) => result.text)];
  return texts.some((value) => (typeof matcher === 'string' ? contains(value, matcher) : matcher.test(value)));
};

const takeFrom = (steps: Step[], request: ModelRequest): Step | undefined => {
  // A side request of a client in a session; without a session it is somebody's plain request to a small model.
  if (request.isSide && request.sessionId !== null) return undefined;
  const index = steps.findIndex((step) => {
    const { when } = toPlan(step);
    return when === undefined || matches(when, request);
  });
  const step = steps[index];
  if (step !== undefined && !toPlan(step).repeat) steps.splice(index, 1);
  return step;
};

const take = (script: Script, request: ModelRequest): Step | undefined =>
  typeof script === 'function' ? script(request) : takeFrom(script, request);

/** A list is copied, so that the caller's own stays whole. */
const own = (script: Script): Script => (typeof script === 'function' ? script : [...script]);

export const createScriptPlayer = (): ScriptPlayer => {
  const bySession = new Map<string, Script>();
  let general: Script = [];
  return {
    set(script) {
      general = own(script);
    },
    setFor(sessionId, script) {
      bySession.set(sessionId, own(script));
    },
    next(request) {
      const forSession = request.sessionId === null ? undefined : bySession.get(request.sessionId);
      return (forSession ? take(forSession, request) : undefined) ?? take(general, request);
    },
    clear() {
      bySession.clear();
      general = [];
    },
  };
};
