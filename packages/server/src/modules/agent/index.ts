/**
 * Talking: a message becomes a run, a run becomes events. `service.ts` begins, steers, parks and recovers runs,
 * `gate.ts` is where a tool call is refused, `journal.ts` is where messages are stored and events are sent.
 */
export { createBranches } from './branches.ts';
export { createCheckpoints } from './checkpoints.ts';
export { createCuts } from './cuts.ts';
export { createRewinds } from './rewinds.ts';
export { createRunRequests } from './run-request.ts';
export { createRunStore } from './run-store.ts';
export { type Agent, createAgent } from './service.ts';
export { registerSessionRunRoutes } from './session-routes.ts';
export { attachSocket } from './socket-routes.ts';
export { registerTalkRoutes, starterOf } from './talk-routes.ts';
export { createTranscripts, type Transcripts } from './transcripts.ts';
