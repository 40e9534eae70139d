/**
 * Approvals and questions: durable rows that a run waits for. An approval is bound to the canonical arguments of one
 * call, is decided once, is used once, and expires to "deny". It outlives the process that asked: a run that waits too
 * long is parked and goes on after the decision, wherever that is made.
 */

export { registerApprovalRoutes } from './routes.ts';
export { type ApprovalRequest, type Approvals, createApprovals, type Settlement } from './service.ts';
