/**
 * The Claude account of the household: from the environment, from what was connected in the app, from an existing
 * `claude` login, or none - then the demo model answers and everything says so. A credential is proved by a real
 * request before it is saved, and saved in a file only the owner of the server can read.
 */

export { registerAccountRoutes } from './routes.ts';
export { type Accounts, type AccountsDeps, createAccounts, proveWith } from './service.ts';
