/**
 * The audit trail: one row for each tool call, key change, login and refusal. It holds who, what and the code, never
 * content and never a key. Rows are kept for 90 days. An elevated action whose row cannot be written does not happen,
 * which is why `record` rejects instead of hiding a failure. Rule: security.md, case 61.
 */
export { registerAuditRoutes } from './routes.ts';
export { type Audit, createAudit } from './service.ts';
