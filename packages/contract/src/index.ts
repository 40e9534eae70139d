/**
 * The contract: zod schemas, the types inferred from them, the event union and the error codes of Hearth's API.
 * It imports nothing but zod, so that the server, the clients and the web app can all stand on it.
 */
export * from './account.ts';
export * from './api-key.ts';
export * from './approval.ts';
export * from './audit.ts';
export * from './common.ts';
export * from './errors.ts';
export * from './events.ts';
export * from './health.ts';
export * from './memory.ts';
export * from './message.ts';
export * from './permission.ts';
export * from './persona.ts';
export * from './query.ts';
export * from './session.ts';
