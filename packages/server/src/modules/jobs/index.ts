/**
 * Background work that must not be lost: one ledger in the SQL database for everything that happens later. A job is
 * written in the transaction that makes it necessary, claimed under a lease, tried again with growing pauses, and ends
 * as done or failed with a reason. A dependency that is away uses up no attempts: the job waits for it up to a day.
 */
export { createJobs, type Jobs } from './service.ts';
