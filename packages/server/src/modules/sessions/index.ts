/**
 * Sessions and their messages: what was said, by whom, in which order. A message has a running number within its
 * session, given in the transaction that stores it, so the order never depends on a clock.
 */

export { createSessionExports } from './export/index.ts';
export { registerExportRoutes } from './export-routes.ts';
export { type Cut, createSessionHistory, emptyCopy, type SessionHistory } from './history.ts';
export { type Branching, registerSessionRoutes } from './routes.ts';
export { createSessions, type SessionRow, type Sessions } from './service.ts';
