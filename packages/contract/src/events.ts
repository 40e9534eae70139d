/**
 * The event union: everything a run tells the world. Over HTTP each event is one SSE message, `event` = its type,
 * `data` = its payload, `id` = its number in the owner's log. A run's events end with exactly one `done`.
 * `partial` events are kept only while the run lasts: a client that comes back later gets the finished `message`.
 */
import { z } from 'zod';
import { approvalSchema } from './approval.ts';
import { idSchema, jsonObjectSchema, usageSchema } from './common.ts';
import { contentBlockSchema, maxBlockBytesSchema, messageTypeSchema } from './message.ts';
import { permissionModeSchema, queryResponseSchema } from './query.ts';
import { sessionSchema } from './session.ts';

const inRun = { session_id: idSchema, run_id: idSchema };

export const initEventSchema = z
  .object({
    ...inRun,
    model: z.string(),
    demo: z.boolean(),
    tools: z.array(z.string()),
    mcp_servers: z.array(z.object({ name: z.string(), status: z.string(), error: z.string().optional() })),
    plugins: z.array(z.object({ name: z.string(), path: z.string() })),
    commands: z.array(z.object({ name: z.string(), path: z.string() })),
    permission_mode: permissionModeSchema,
  })
  .meta({ id: 'InitEvent' });

export const messageEventSchema = z
  .object({
    ...inRun,
    uuid: idSchema,
    type: messageTypeSchema,
    content: z.array(contentBlockSchema),
    model: z.string().optional(),
    usage: usageSchema.optional(),
    parent_tool_use_id: z.string().nullable(),
    message_id: z.string().optional().describe('The model answer it belongs to, as in `partial`'),
    client_message_id: z.string().optional(),
    status: z.enum(['complete', 'interrupted']).optional(),
  })
  .meta({ id: 'MessageEvent' });

const deltaSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text_delta'), text: z.string() }),
  z.object({ type: z.literal('thinking_delta'), thinking: z.string() }),
  z.object({ type: z.literal('input_json_delta'), partial_json: z.string() }),
]);

export const partialEventSchema = z
  .object({
    ...inRun,
    type: z.enum(['content_block_start', 'content_block_delta', 'content_block_stop']),
    message_id: z.string().describe('Groups the parts of one answer; new for each model call'),
    index: z.number().int(),
    content_block: jsonObjectSchema.optional(),
    delta: deltaSchema.optional(),
    parent_tool_use_id: z.string().nullable(),
  })
  .meta({ id: 'PartialEvent' });

export const questionEventSchema = z
  .object({
    ...inRun,
    approval_id: idSchema,
    tool_use_id: z.string(),
    question: z.string(),
    options: z.array(z.object({ label: z.string(), description: z.string().optional() })).optional(),
  })
  .meta({ id: 'QuestionEvent' });

export const approvalEventSchema = z
  .object({
    ...inRun,
    approval_id: idSchema,
    tool: z.string(),
    title: z.string(),
    input: jsonObjectSchema,
    risk: approvalSchema.shape.risk,
    risk_reason: z.string(),
    expires_at: approvalSchema.shape.expires_at,
  })
  .meta({ id: 'ApprovalEvent' });

export const approvalSettledEventSchema = z
  .object({
    ...inRun,
    approval_id: idSchema,
    status: approvalSchema.shape.status,
    decided_by: z.string().nullable(),
  })
  .meta({ id: 'ApprovalSettledEvent' });

export const todoEventSchema = z
  .object({
    ...inRun,
    todos: z.array(z.object({ content: z.string(), status: z.string(), activeForm: z.string().optional() })),
  })
  .meta({ id: 'TodoEvent' });

/** What happens while nothing is said: waiting for a worker, a retry of the model, a subagent at work. */
export const statusEventSchema = z
  .object({
    ...inRun,
    status: z.enum(['queued', 'running', 'waiting', 'parked', 'retrying', 'compacting', 'subagent']),
    message: z.string(),
    tool_use_id: z.string().optional(),
  })
  .meta({ id: 'StatusEvent' });

export const resultEventSchema = queryResponseSchema.extend({ is_complete: z.boolean() }).meta({ id: 'ResultEvent' });

export const errorEventSchema = z
  .object({
    session_id: idSchema.optional(),
    run_id: idSchema.optional(),
    code: z.string(),
    message: z.string(),
    details: jsonObjectSchema.optional(),
  })
  .meta({ id: 'ErrorEvent' });

export const doneEventSchema = z
  .object({ ...inRun, reason: z.enum(['completed', 'interrupted', 'error']) })
  .meta({ id: 'DoneEvent' });

export const sessionEventSchema = z
  .object({ session: sessionSchema.nullable(), session_id: idSchema })
  .describe('A session was made, changed or (null) deleted')
  .meta({ id: 'SessionEvent' });

/** Ids in one event; of more the count tells. */
export const mostMemoryIds = 100;
/** Never what is remembered: the log keeps its events for a while, and what is forgotten must not live on in it. */
export const memoryEventSchema = z
  .object({
    action: z
      .enum(['added', 'changed', 'removed', 'cleared'])
      .describe('"changed": corrected, with what holds now; "cleared": everything is forgotten'),
    ids: z
      .array(idSchema)
      .max(mostMemoryIds)
      .optional()
      .describe('Left out when there are too many, after an import, and when everything is forgotten'),
    count: z.number().int().nonnegative(),
  })
  .describe('Something is remembered, corrected or forgotten')
  .meta({ id: 'MemoryEvent' });

export const healthEventSchema = z.object({ status: z.string(), degraded_features: z.array(z.string()) });

export const eventSchemas = {
  init: initEventSchema,
  message: messageEventSchema,
  partial: partialEventSchema,
  question: questionEventSchema,
  approval: approvalEventSchema,
  approval_settled: approvalSettledEventSchema,
  todo: todoEventSchema,
  status: statusEventSchema,
  result: resultEventSchema,
  error: errorEventSchema,
  done: doneEventSchema,
  session: sessionEventSchema,
  memory: memoryEventSchema,
  health: healthEventSchema,
} as const;

export type EventType = keyof typeof eventSchemas;
export type EventData<T extends EventType> = z.infer<(typeof eventSchemas)[T]>;
/** One event as it is stored and read back. */
export const hearthEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('init'), data: eventSchemas.init }),
  z.object({ type: z.literal('message'), data: eventSchemas.message }),
  z.object({ type: z.literal('partial'), data: eventSchemas.partial }),
  z.object({ type: z.literal('question'), data: eventSchemas.question }),
  z.object({ type: z.literal('approval'), data: eventSchemas.approval }),
  z.object({ type: z.literal('approval_settled'), data: eventSchemas.approval_settled }),
  z.object({ type: z.literal('todo'), data: eventSchemas.todo }),
  z.object({ type: z.literal('status'), data: eventSchemas.status }),
  z.object({ type: z.literal('result'), data: eventSchemas.result }),
  z.object({ type: z.literal('error'), data: eventSchemas.error }),
  z.object({ type: z.literal('done'), data: eventSchemas.done }),
  z.object({ type: z.literal('session'), data: eventSchemas.session }),
  z.object({ type: z.literal('memory'), data: eventSchemas.memory }),
  z.object({ type: z.literal('health'), data: eventSchemas.health }),
]);
/** One event, before it has a number. */
export type HearthEvent = { [T in EventType]: { type: T; data: EventData<T> } }[EventType];
/** One event of an owner's log. `seq` rises by at least one from event to event and is never used twice. */
export type NumberedEvent = HearthEvent & { seq: number };

/** First answer of `GET /events` when `after` lies before what is kept: take a snapshot, then continue from `seq`. */
export const tooOldEventSchema = z.object({ oldest: z.number().int(), seq: z.number().int() }).meta({ id: 'TooOld' });

/** First answer of `GET /events` without `after`: what comes has a higher number, what a snapshot contains up to it is whole. */
export const startEventSchema = z.object({ seq: z.number().int() }).meta({ id: 'StreamStart' });

export const eventQuerySchema = z.object({
  after: z.coerce.number().int().nonnegative().optional(),
  session_id: idSchema.optional(),
  max_block_bytes: maxBlockBytesSchema,
});
