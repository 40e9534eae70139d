/**
 * Types of requests and answers that the contract holds as schemas only. They are taken from the schemas' types, so no
 * schema code reaches the browser. Requests use the input side: fields with a default may be left out.
 */
import type {
  addMemoriesSchema,
  answeredSchema,
  answerSchema,
  apiKeyListSchema,
  approvalListQuerySchema,
  approvalListSchema,
  checkpointListSchema,
  connectAccountSchema,
  controlledSchema,
  controlSchema,
  createApiKeySchema,
  createSessionSchema,
  deletedSchema,
  importedMemoriesSchema,
  interruptedSchema,
  memoryGraphQuerySchema,
  memoryListQuerySchema,
  memoryListSchema,
  memorySettingsSchema,
  messageListSchema,
  messagePageQuerySchema,
  queryAcceptedSchema,
  queryParkedSchema,
  searchMemoriesSchema,
  sessionListQuerySchema,
  sessionListSchema,
  startEventSchema,
  toolRuleListSchema,
  tooOldEventSchema,
  updateMemorySettingsSchema,
  wholeBlockSchema,
} from '@hearth/contract';

type Output<Schema> = Schema extends { _zod: { output: infer Value } } ? Value : never;
type Input<Schema> = Schema extends { _zod: { input: infer Value } } ? Value : never;

export type AddMemoriesInput = Input<typeof addMemoriesSchema>;
export type AnswerInput = Input<typeof answerSchema>;
export type Answered = Output<typeof answeredSchema>;
export type ApiKeyList = Output<typeof apiKeyListSchema>;
export type ApprovalList = Output<typeof approvalListSchema>;
export type ApprovalListQuery = Output<typeof approvalListQuerySchema>;
export type CheckpointList = Output<typeof checkpointListSchema>;
export type ConnectAccountInput = Input<typeof connectAccountSchema>;
export type ControlInput = Input<typeof controlSchema>;
export type Controlled = Output<typeof controlledSchema>;
export type CreateApiKeyInput = Input<typeof createApiKeySchema>;
export type CreateSessionInput = Input<typeof createSessionSchema>;
export type Deleted = Output<typeof deletedSchema>;
export type ImportedMemories = Output<typeof importedMemoriesSchema>;
export type Interrupted = Output<typeof interruptedSchema>;
export type MemoryGraphQuery = Partial<Output<typeof memoryGraphQuerySchema>>;
export type MemoryList = Output<typeof memoryListSchema>;
export type MemoryListQuery = Partial<Output<typeof memoryListQuerySchema>>;
export type MemorySettings = Output<typeof memorySettingsSchema>;
export type MessageList = Output<typeof messageListSchema>;
export type MessagePage = Partial<Output<typeof messagePageQuerySchema>>;
export type QueryAccepted = Output<typeof queryAcceptedSchema>;
export type QueryParked = Output<typeof queryParkedSchema>;
export type SearchMemoriesInput = Input<typeof searchMemoriesSchema>;
export type SessionList = Output<typeof sessionListSchema>;
export type SessionListFilter = Partial<Output<typeof sessionListQuerySchema>>;
export type WholeBlock = Output<typeof wholeBlockSchema>;
export type StreamStart = Output<typeof startEventSchema>;
export type TooOld = Output<typeof tooOldEventSchema>;
export type ToolRuleList = Output<typeof toolRuleListSchema>;
export type UpdateMemorySettings = Output<typeof updateMemorySettingsSchema>;
