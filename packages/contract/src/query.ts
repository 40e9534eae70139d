/**
 * What a person may ask: the request of `/query`, `/stream`, `/sessions/{id}/resume` and `/fork`, and the single JSON
 * answer. Rule: api.md, section "Talking".
 */
import { z } from 'zod';
import { idSchema, jsonObjectSchema, plainTextSchema, usageSchema } from './common.ts';
import { contentBlockSchema, imageTypeSchema } from './message.ts';

export const permissionModeSchema = z.enum(['default', 'acceptEdits', 'plan', 'bypassPermissions']);
export type PermissionMode = z.infer<typeof permissionModeSchema>;

/** What a browser shows once more before a session stops asking; see `CONFIRMATION_REQUIRED`. */
export const confirmKeySchema = z
  .string()
  .min(1)
  .max(512)
  .optional()
  .describe(
    'From a browser, to begin `bypassPermissions`: an API key of this owner that has `shell`. It is not stored',
  );

export const modelNameSchema = z.string().regex(/^[A-Za-z0-9._:/@[\]-]{1,200}$/, 'is not a model name');

export const imageInputSchema = z
  .strictObject({
    type: z.enum(['base64', 'url']),
    media_type: imageTypeSchema,
    data: z.string().min(1).max(14_000_000).describe('Base64 bytes, or an https URL'),
  })
  .meta({ id: 'ImageInput' });
export type ImageInput = z.infer<typeof imageInputSchema>;

const toolNameSchema = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[A-Za-z0-9_*-]+(__[A-Za-z0-9_*.-]+)*$/, 'is not a tool name');

export const agentDefinitionSchema = z
  .strictObject({
    description: z.string().min(1).max(2000),
    prompt: z.string().min(1).max(50_000),
    tools: z
      .array(toolNameSchema.refine((name) => name !== 'Task' && name !== 'Agent', 'an agent cannot start agents'))
      .max(100)
      .optional(),
    model: z.enum(['sonnet', 'opus', 'haiku', 'inherit']).optional(),
  })
  .meta({ id: 'AgentDefinition' });

const stdioServerSchema = z.strictObject({
  type: z.literal('stdio').default('stdio'),
  command: plainTextSchema.min(1).max(1000),
  args: z.array(plainTextSchema.max(4000)).max(100).default([]),
  env: z.record(z.string().max(200), plainTextSchema.max(10_000)).default({}),
});
const remoteServerSchema = z.strictObject({
  type: z.enum(['http', 'sse']),
  url: z.url().max(2000),
  headers: z.record(z.string().max(200), z.string().max(10_000)).default({}),
});
export const mcpServerSchema = z.union([remoteServerSchema, stdioServerSchema]).meta({ id: 'McpServerConfig' });
export type McpServerConfig = z.infer<typeof mcpServerSchema>;

const namedSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1-64 letters, digits, - or _');

const hookWebhookSchema = z.strictObject({
  url: z.url().max(2000),
  headers: z.record(z.string().max(200), z.string().max(2000)).optional(),
  timeout: z.number().int().min(1).max(300).default(30),
  matcher: z.string().max(200).optional(),
});
export const hookEventNames = [
  'PreToolUse',
  'PostToolUse',
  'Stop',
  'SubagentStop',
  'UserPromptSubmit',
  'PreCompact',
  'Notification',
] as const;

const settingsShape = {
  client_message_id: z.string().min(1).max(200).optional().describe('A retry with the same id never runs twice'),
  allowed_tools: z.array(toolNameSchema).max(200).optional().describe('Only these tools exist in the run'),
  disallowed_tools: z.array(toolNameSchema).max(200).optional(),
  permission_mode: permissionModeSchema.optional(),
  confirm_api_key: confirmKeySchema,
  model: modelNameSchema.optional(),
  effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).optional(),
  max_turns: z.number().int().min(1).max(1000).optional(),
  max_budget_usd: z.number().positive().max(10_000).optional(),
  cwd: plainTextSchema.min(1).max(4096).optional(),
  add_dirs: z.array(plainTextSchema.min(1).max(4096)).max(20).optional(),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,199}$/), plainTextSchema.max(10_000)).optional(),
  system_prompt: plainTextSchema.min(1).max(100_000).optional(),
  system_prompt_append: plainTextSchema.min(1).max(100_000).optional(),
  agents: z.record(namedSchema, agentDefinitionSchema).optional(),
  mcp_servers: z.record(namedSchema, mcpServerSchema).optional(),
  plugins: z
    .array(z.strictObject({ path: plainTextSchema.min(1).max(4096) }))
    .max(20)
    .optional(),
  hooks: z.partialRecord(z.enum(hookEventNames), hookWebhookSchema).optional(),
  output_format: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('json') }),
      z.strictObject({ type: z.literal('json_schema'), schema: jsonObjectSchema }),
    ])
    .optional(),
  include_partial_messages: z.boolean().optional(),
  enable_file_checkpointing: z.boolean().optional(),
  sandbox: z.strictObject({ enabled: z.boolean(), allow_network: z.boolean().optional() }).optional(),
  memory: z
    .strictObject({
      enabled: z.boolean().optional(),
      enable_graph: z.boolean().optional(),
      limit: z.number().int().min(1).max(100).optional(),
    })
    .optional(),
  off_record: z
    .boolean()
    .optional()
    .describe('Nothing is recalled for this message and nothing of it is remembered; a session that it opens stays so'),
  user: z.string().max(200).optional(),
};

const promptSchema = plainTextSchema.min(1, 'must not be empty').max(100_000, 'must be at most 100,000 characters');

const noToolInBoth = (value: { allowed_tools?: string[]; disallowed_tools?: string[] }): boolean =>
  !(value.allowed_tools ?? []).some((name) => (value.disallowed_tools ?? []).includes(name));
const bothListsIssue = { message: 'a tool is both allowed and disallowed', path: ['disallowed_tools'] };

/** One turn in a session that the URL names. */
export const turnRequestSchema = z
  .strictObject({ prompt: promptSchema, images: z.array(imageInputSchema).max(20).optional(), ...settingsShape })
  .refine(noToolInBoth, bothListsIssue)
  .meta({ id: 'TurnRequest' });
export type TurnRequest = z.infer<typeof turnRequestSchema>;

/** One turn in a new session, or in the one that `session_id` names. */
export const queryRequestSchema = z
  .strictObject({
    prompt: promptSchema,
    images: z.array(imageInputSchema).max(20).optional(),
    session_id: idSchema.optional(),
    fork_session: z.boolean().optional(),
    continue_conversation: z.boolean().optional().describe('Continue the session that was used last'),
    ...settingsShape,
  })
  .refine(noToolInBoth, bothListsIssue)
  .meta({ id: 'QueryRequest' });
export type QueryRequest = z.infer<typeof queryRequestSchema>;

export const stopReasonSchema = z.enum(['completed', 'max_turns_reached', 'interrupted', 'budget', 'error']);
export type StopReason = z.infer<typeof stopReasonSchema>;

/** The single JSON answer; the `result` event carries the same fields. */
export const queryResponseSchema = z
  .object({
    session_id: idSchema,
    run_id: idSchema,
    model: z.string(),
    demo: z.boolean().describe('True when the offline demo model answered, because no Claude account is connected'),
    content: z.string().describe('The text of the answer'),
    content_blocks: z.array(contentBlockSchema),
    num_turns: z.number().int(),
    is_error: z.boolean(),
    stop_reason: stopReasonSchema,
    duration_ms: z.number(),
    total_cost_usd: z.number(),
    usage: usageSchema,
    model_usage: z.record(z.string(), z.unknown()),
    structured_output: z.unknown().optional(),
    memories_used: z.array(z.unknown()),
  })
  .meta({ id: 'QueryResponse' });
export type QueryResponse = z.infer<typeof queryResponseSchema>;

/** `Prefer: respond-async`: the message is stored, its run goes on by itself, its events come by `GET /events`. */
export const queryAcceptedSchema = z
  .object({
    status: z.literal('accepted'),
    session_id: idSchema,
    run_id: idSchema,
    message_id: idSchema,
    client_message_id: z.string().nullable(),
    seq: z
      .number()
      .int()
      .describe('No event of this run has a number up to this: follow `GET /events?after=` from here'),
    joined: z.boolean().describe('The message went to a run that was already in progress'),
  })
  .meta({ id: 'QueryAccepted' });

/** A run that waits for a person longer than an HTTP client should: the answer arrives in the session later. */
export const queryParkedSchema = z
  .object({
    status: z.literal('waiting'),
    session_id: idSchema,
    run_id: idSchema,
    approval_id: idSchema,
    message: z.string(),
  })
  .meta({ id: 'QueryParked' });
