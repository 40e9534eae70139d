/**
 * Agent runs: one run in, one event stream out. No HTTP, no database, no environment variables; the server passes in
 * what is needed. See `provider.ts` for the port, `claude/` for the adapter, `scripted/` for its double.
 */

export type { ClaudeCredential, ClaudeSettings } from './claude/environment.ts';
export { createClaudeProvider } from './claude/index.ts';
export { createMemoryTranscripts } from './memory-transcripts.ts';
export * from './provider.ts';
export { announceEnd } from './run.ts';
export { createRuntime, type RunHandle, type Runtime, type StartRequest } from './runtime.ts';
export { createScriptedProvider, type Script, type ScriptedProvider, type ScriptStep } from './scripted/index.ts';
export { systemTimers, type Timers } from './timers.ts';
