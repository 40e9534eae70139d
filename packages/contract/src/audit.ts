/** The audit trail: who did what, with which outcome. Never the content, never a key. Kept for 90 days. */
import { z } from 'zod';
import { idSchema, pageQuerySchema, timeSchema } from './common.ts';

export const auditEntrySchema = z
  .object({
    id: idSchema,
    action: z.string().describe('For example `tool.denied`, `key.rotated`'),
    outcome: z.enum(['ok', 'denied', 'failed']),
    code: z.string().nullable(),
    target: z.string().nullable(),
    origin: z.string().nullable(),
    session_id: idSchema.nullable(),
    run_id: idSchema.nullable(),
    key_id: idSchema.nullable(),
    ip: z.string().nullable(),
    created_at: timeSchema,
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof auditEntrySchema>;

export const auditListSchema = z.object({
  entries: z.array(auditEntrySchema),
  total: z.number().int(),
  page: z.number().int(),
  page_size: z.number().int(),
});
export const auditQuerySchema = pageQuerySchema.extend({
  action: z.string().max(100).optional(),
  session_id: idSchema.optional(),
});
