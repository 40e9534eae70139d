/**
 * What a run may do, decided by code. Effective tools = operator policy ∩ permissions of the key ∩ origin of the run ∩
 * what the request asked for. `decide` is asked for every single call, of the main thread and of subagents, and answers
 * allow, deny or ask; a mode can only ever turn "ask" into "allow".
 */

export { createNoQuestions, type NoQuestions } from './no-questions.ts';
export { createPathGuard, type PathGuard } from './paths.ts';
export { createPolicy, type Decision, type Grant, type Policy, type RunOrigin } from './policy.ts';
export {
  canonicalTool,
  isKnownTool,
  isOwnTool,
  offeredTools,
  offersOwnTools,
  permissionFor,
  ruleInput,
} from './tools.ts';
