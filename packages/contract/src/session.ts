/** Sessions: conversations with their history. Rule: api.md, section "Sessions". */
import { z } from 'zod';
import { idSchema, pageQuerySchema, plainTextSchema, timeSchema, usageSchema } from './common.ts';
import { messageSchema } from './message.ts';
import { confirmKeySchema, modelNameSchema, permissionModeSchema } from './query.ts';

export const sessionStatusSchema = z.enum(['active', 'completed', 'error']);
export const sessionModeSchema = z.enum(['brainstorm', 'code']);
export const sessionOriginSchema = z.enum(['chat', 'cron', 'heartbeat', 'api']);
/** What a session is doing right now. */
export const activitySchema = z.enum(['idle', 'queued', 'running', 'waiting']);

const tagSchema = z.string().trim().min(1).max(50);
const tagsSchema = z.array(tagSchema).max(50);
const titleSchema = plainTextSchema.trim().min(1).max(200);
const folderSchema = plainTextSchema.min(1).max(4096);

export const sessionSchema = z
  .object({
    id: idSchema,
    status: sessionStatusSchema,
    activity: activitySchema,
    title: z.string().nullable(),
    model: z.string().nullable().describe('What its runs are asked of; null is the default'),
    mode: sessionModeSchema,
    permission_mode: permissionModeSchema,
    project_id: idSchema.nullable(),
    tags: z.array(z.string()),
    archived: z.boolean(),
    pinned: z.boolean(),
    off_record: z.boolean().describe('Nothing is recalled in it and nothing of it is remembered'),
    cwd: z.string().nullable(),
    parent_session_id: idSchema.nullable(),
    origin: sessionOriginSchema,
    created_at: timeSchema,
    updated_at: timeSchema,
    last_message_at: timeSchema.nullable(),
    last_message: z.string().nullable().describe('First characters of the newest text, for lists'),
    total_turns: z.number().int(),
    total_cost_usd: z.number(),
    usage: usageSchema,
    history_version: z
      .number()
      .int()
      .describe('Rises whenever messages were taken out of the conversation: a copy of it must be read again'),
  })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof sessionSchema>;

export const sessionListSchema = z
  .object({
    sessions: z.array(sessionSchema),
    total: z.number().int(),
    page: z.number().int(),
    page_size: z.number().int(),
  })
  .meta({ id: 'SessionList' });

export const sessionListQuerySchema = pageQuerySchema.extend({
  mode: sessionModeSchema.optional(),
  project_id: idSchema.optional(),
  tags: z.string().max(500).optional().describe('Comma-separated; a session must have all of them'),
  search: z.string().max(200).optional().describe('Words of the title'),
  archived: z.enum(['true', 'false']).optional(),
});
export type SessionListQuery = z.infer<typeof sessionListQuerySchema>;

/**
 * The part of a conversation that a new session begins with: up to the end of the turn that `message_id` belongs to,
 * or with `before` up to its beginning; without `message_id` all of it. Turns that are not finished are never part.
 */
export const branchFromSchema = z
  .strictObject({ session_id: idSchema, message_id: idSchema.optional(), before: z.boolean().optional() })
  .refine((from) => from.before === undefined || from.message_id !== undefined, {
    message: 'needs a message_id',
    path: ['before'],
  })
  .meta({ id: 'BranchFrom' });
export type BranchFrom = z.infer<typeof branchFromSchema>;

const keptInBranch = ['model', 'project_id', 'cwd', 'permission_mode', 'off_record'] as const;

export const createSessionSchema = z
  .strictObject({
    title: titleSchema.optional(),
    mode: sessionModeSchema.default('brainstorm'),
    model: modelNameSchema.optional(),
    project_id: idSchema.optional(),
    tags: tagsSchema.default([]),
    cwd: folderSchema.optional(),
    off_record: z.boolean().optional().describe('Nothing is recalled in it and nothing of it is remembered'),
    permission_mode: permissionModeSchema.optional(),
    confirm_api_key: confirmKeySchema,
    from: branchFromSchema
      .optional()
      .describe('Copy this part of a conversation. Mode, model, project and folder are then those of its session'),
  })
  .superRefine((input, context) => {
    if (!input.from) return;
    for (const field of keptInBranch)
      if (input[field] !== undefined)
        context.addIssue({ code: 'custom', path: [field], message: 'is that of the session in "from"' });
  })
  .meta({ id: 'CreateSession' });
export type CreateSession = z.infer<typeof createSessionSchema>;

export const updateSessionSchema = z
  .strictObject({
    title: titleSchema.optional(),
    tags: tagsSchema.optional(),
    archived: z.boolean().optional(),
    pinned: z.boolean().optional(),
    off_record: z.boolean().optional().describe('From its next message on'),
    model: modelNameSchema.nullable().optional().describe('For its next runs; null is the default'),
    cwd: folderSchema
      .nullable()
      .optional()
      .describe('For its next runs, while none is in progress; null is the default'),
  })
  .meta({ id: 'UpdateSession' });
export type UpdateSession = z.infer<typeof updateSessionSchema>;

export const updateTagsSchema = z.strictObject({ tags: tagsSchema }).meta({ id: 'UpdateTags' });
export const promoteSessionSchema = z.strictObject({ project_id: idSchema }).meta({ id: 'PromoteSession' });

export const interruptedSchema = z.object({ status: z.literal('interrupted'), session_id: idSchema });
export const answerSchema = z
  .strictObject({ answer: plainTextSchema.min(1).max(20_000), tool_use_id: z.string().max(200).optional() })
  .meta({ id: 'Answer' });
export const answeredSchema = z.object({ status: z.literal('answered'), session_id: idSchema });
export const controlSchema = z
  .strictObject({
    type: z.literal('permission_mode_change'),
    permission_mode: permissionModeSchema,
    confirm_api_key: confirmKeySchema,
  })
  .meta({ id: 'Control' });
export const controlledSchema = z.object({
  status: z.literal('accepted'),
  session_id: idSchema,
  permission_mode: permissionModeSchema,
});

export const checkpointSchema = z
  .object({
    id: idSchema,
    session_id: idSchema,
    run_id: idSchema,
    label: z.string().describe('The first words of the prompt it was taken before'),
    files: z.array(z.string()),
    created_at: timeSchema,
  })
  .meta({ id: 'Checkpoint' });
export type Checkpoint = z.infer<typeof checkpointSchema>;
export const checkpointListSchema = z.object({ checkpoints: z.array(checkpointSchema) });
/**
 * What goes back: the files to a checkpoint, with `conversation` also what was said to just before the turn that the
 * checkpoint was taken before; with `message_id` only what was said, to just before that message's turn.
 */
export const rewindSchema = z
  .strictObject({
    checkpoint_id: idSchema.optional(),
    message_id: idSchema.optional(),
    conversation: z.boolean().optional(),
  })
  .superRefine(({ checkpoint_id, message_id, conversation }, context) => {
    const wrong = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (checkpoint_id === undefined && message_id === undefined)
      wrong('checkpoint_id', 'this or a message_id is needed');
    if (checkpoint_id !== undefined && message_id !== undefined)
      wrong('message_id', 'not together with a checkpoint_id');
    if (message_id !== undefined && conversation === false)
      wrong('conversation', 'a message_id means the conversation');
  })
  .meta({ id: 'Rewind' });
export type Rewind = z.infer<typeof rewindSchema>;
export const rewoundSchema = z
  .object({
    status: z.literal('rewound'),
    session_id: idSchema,
    checkpoint_id: idSchema.nullable(),
    undo_checkpoint_id: idSchema.nullable().describe('Rewinding to this checkpoint undoes what happened to the files'),
    archived_session_id: idSchema
      .nullable()
      .describe('The conversation as it was before, when it went back: an archived session that can go on'),
    restored: z.array(z.string()),
    deleted: z.array(z.string()),
    failed: z.array(z.object({ path: z.string(), reason: z.string() })),
  })
  .meta({ id: 'Rewound' });
export type Rewound = z.infer<typeof rewoundSchema>;

export const exportFormatSchema = z.enum(['markdown', 'json']);
export type ExportFormat = z.infer<typeof exportFormatSchema>;
export const exportQuerySchema = z.object({ format: exportFormatSchema.default('markdown') });

/** A whole conversation as JSON. Secrets in it are replaced by `[redacted: …]`; everything else is as in the API. */
export const sessionExportSchema = z
  .object({
    format: z.literal('hearth.session'),
    version: z.literal(1),
    exported_at: timeSchema,
    session: sessionSchema,
    messages: z.array(messageSchema).describe('Oldest first'),
  })
  .meta({ id: 'SessionExport' });
export type SessionExport = z.infer<typeof sessionExportSchema>;
