/**
 * An offline, deterministic Messages API server: the model of the demo, the tests and the benches.
 * `startStandIn` starts it; the builders below make the steps of a script.
 */

export { createHouseholdBrain } from './brain/index.ts';
export { fail } from './fail.ts';
export type { ModelRequest, ToolResult } from './model-request.ts';
export type { Block, MessagesBody, StopReason } from './protocol.ts';
export type { LoggedRequest, RequestLog } from './request-log.ts';
export {
  type Answer,
  answer,
  type Brain,
  type Failure,
  type Fault,
  type Matcher,
  type Script,
  type Step,
  type StepOptions,
  text,
  thinking,
  toolUse,
} from './script.ts';
export type { Sleep } from './send.ts';
export { type StandIn, type StandInOptions, startStandIn } from './server.ts';
