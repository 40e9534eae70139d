/** Owners, API keys and web sessions: who calls, and with what power. */
export { registerAuthRoutes } from './routes.ts';
export { type Auth, createAuth } from './service.ts';
