/**
 * Approvals: a run that wants to use a tool it may not use on its own asks a person. An approval is bound to the exact
 * canonical arguments, is used once, and expires to "deny".
 */
import { z } from 'zod';
import { idSchema, jsonObjectSchema, timeSchema } from './common.ts';

export const riskSchema = z.enum(['low', 'medium', 'high']);
export type Risk = z.infer<typeof riskSchema>;

export const approvalStatusSchema = z.enum(['pending', 'allowed', 'denied', 'expired', 'cancelled', 'answered']);
export type ApprovalStatus = z.infer<typeof approvalStatusSchema>;

export const approvalSchema = z
  .object({
    id: idSchema,
    kind: z.enum(['tool', 'question']),
    session_id: idSchema,
    run_id: idSchema,
    tool_use_id: z.string(),
    tool: z.string(),
    title: z.string().describe('What is asked, in words'),
    input: jsonObjectSchema,
    edited_input: jsonObjectSchema.nullable(),
    risk: riskSchema,
    risk_reason: z.string(),
    status: approvalStatusSchema,
    created_at: timeSchema,
    expires_at: timeSchema,
    decided_at: timeSchema.nullable(),
    decided_by: z.string().nullable().describe('Name of the key that decided'),
  })
  .meta({ id: 'Approval' });
export type Approval = z.infer<typeof approvalSchema>;

/** How the question about one call of a tool ended: what the step of that call says for good. */
export const stepDecisionSchema = approvalSchema
  .pick({ tool_use_id: true, status: true, decided_at: true, decided_by: true })
  .meta({ id: 'StepDecision' });
export type StepDecision = z.infer<typeof stepDecisionSchema>;

export const approvalListSchema = z.object({ approvals: z.array(approvalSchema), total: z.number().int() });
export const approvalListQuerySchema = z.object({ status: approvalStatusSchema.optional() });

export const decisionSchema = z
  .strictObject({
    decision: z.enum(['allow', 'allow_always', 'deny']),
    edited_input: jsonObjectSchema.optional(),
  })
  .refine((value) => value.decision !== 'deny' || value.edited_input === undefined, {
    message: 'cannot be given with deny',
    path: ['edited_input'],
  })
  .meta({ id: 'Decision' });
export type Decision = z.infer<typeof decisionSchema>;

/** A standing permission that "always allow" made. It holds for one tool and one exact input, until it is revoked. */
export const toolRuleSchema = z
  .object({
    id: idSchema,
    tool: z.string(),
    input: jsonObjectSchema,
    cwd: z.string().nullable(),
    created_at: timeSchema,
    last_used_at: timeSchema.nullable(),
  })
  .meta({ id: 'ToolRule' });
export type ToolRule = z.infer<typeof toolRuleSchema>;
export const toolRuleListSchema = z.object({ rules: z.array(toolRuleSchema), total: z.number().int() });
