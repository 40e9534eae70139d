/** Owners, API keys and web sessions: who calls, and with what power. */
export { type Caller, requireAtMost, requirePermission, toIdentity } from './caller.ts';
export { type Credentials, sessionCookieName } from './credentials.ts';
export type { FirstKey } from './first-key.ts';
export type { InvalidListener, InvalidReason } from './invalidation.ts';
export { networkOf } from './network.ts';
export { registerAuthRoutes } from './routes.ts';
export { type Auth, type AuthDeps, createAuth } from './service.ts';
