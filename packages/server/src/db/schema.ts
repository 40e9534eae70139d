/**
 * Every table, as Kysely sees it. Column types are portable: ids, times (ISO 8601, UTC) and JSON are text, booleans are
 * 0 or 1, counters are numbers on both engines. The tables themselves are made in `migrations/`.
 */
import type { ColumnType, Generated } from 'kysely';

export type Flag = 0 | 1;
/** Text that holds JSON; read it with `parseJson`. */
export type JsonText = string;
/** A value that the database sets when an insert leaves it out. */
type Default<T> = ColumnType<T, T | undefined, T>;

export type OwnersTable = { id: string; name: string; created_at: string };

export type ApiKeysTable = {
  id: string;
  owner_id: string;
  key_hash: string;
  name: string;
  hint: string;
  permissions: JsonText;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
  revoked_at: string | null;
  /** Nothing said with it is remembered. */
  off_record: Default<Flag>;
};

export type WebSessionsTable = {
  token_hash: string;
  owner_id: string;
  key_id: string;
  created_at: string;
  expires_at: string;
  last_seen_at: string;
};

export type LoginCodesTable = {
  code_hash: string;
  owner_id: string;
  key_id: string;
  /** The text of the key that the code was made with, so that a rotation ends the code. */
  key_hash: string;
  created_at: string;
  expires_at: string;
};

export type SessionsTable = {
  id: string;
  owner_id: string;
  status: 'active' | 'completed' | 'error';
  title: string | null;
  title_source: Default<'none' | 'auto' | 'owner'>;
  model: string | null;
  mode: 'brainstorm' | 'code';
  permission_mode: 'default' | 'acceptEdits' | 'plan' | 'bypassPermissions';
  project_id: string | null;
  tags: Default<JsonText>;
  archived: Default<Flag>;
  pinned: Default<Flag>;
  cwd: string | null;
  parent_session_id: string | null;
  origin: 'chat' | 'cron' | 'heartbeat' | 'api';
  agent_session_id: string | null;
  next_message_no: Default<number>;
  /** Nothing said in it is recalled or remembered. */
  off_record: Default<Flag>;
  /** Messages up to this number were searched for facts. */
  learned_no: Default<number>;
  /** Rises whenever messages were taken out of the conversation. */
  history_version: Default<number>;
  created_at: string;
  updated_at: string;
  last_message_at: string | null;
  last_message: string | null;
  total_turns: Default<number>;
  total_cost_usd: Default<number>;
  usage: JsonText;
  deleted_at: string | null;
};

export type MessagesTable = {
  id: string;
  session_id: string;
  owner_id: string;
  run_id: string | null;
  no: number;
  type: 'user' | 'assistant' | 'system';
  content: JsonText;
  status: 'complete' | 'interrupted';
  model: string | null;
  usage: JsonText | null;
  parent_tool_use_id: string | null;
  client_message_id: string | null;
  /** What the agent's transcript calls it, where that is not its id: in copies. */
  transcript_id: Default<string | null>;
  /** Joined a run of others; from it on nothing of that run is remembered. */
  off_record: Default<Flag>;
  created_at: string;
};

export type RunStatus = 'queued' | 'running' | 'waiting' | 'parked' | 'completed' | 'failed' | 'interrupted';
export type RunsTable = {
  id: string;
  owner_id: string;
  session_id: string;
  key_id: string;
  origin: string;
  status: RunStatus;
  client_message_id: string | null;
  request: JsonText;
  /** The owner's event number when the run was stored: its own events all lie after it. */
  after_seq: Default<number>;
  instance_id: string | null;
  lease_until: string | null;
  agent_session_id: string | null;
  /** Text streamed so far, so that a crash does not lose it. */
  draft: string | null;
  /** Ids of the memories that went along with its message. */
  memories: Default<JsonText | null>;
  result: JsonText | null;
  error: JsonText | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
};

export type TranscriptEntriesTable = {
  id: Generated<number>;
  agent_session_id: string;
  subpath: Default<string>;
  uuid: string | null;
  entry: JsonText;
  created_at: string;
};

export type ApprovalsTable = {
  id: string;
  owner_id: string;
  session_id: string;
  run_id: string;
  tool_use_id: string;
  kind: 'tool' | 'question';
  tool: string;
  title: string;
  input: JsonText;
  input_hash: string;
  edited_input: JsonText | null;
  answer: JsonText | null;
  risk: 'low' | 'medium' | 'high';
  risk_reason: string;
  status: 'pending' | 'allowed' | 'denied' | 'expired' | 'cancelled' | 'answered';
  cwd: string | null;
  created_at: string;
  expires_at: string;
  decided_at: string | null;
  decided_by: string | null;
  consumed_at: string | null;
};

export type ToolRulesTable = {
  id: string;
  owner_id: string;
  tool: string;
  input: JsonText;
  input_hash: string;
  cwd: string | null;
  created_at: string;
  last_used_at: string | null;
  revoked_at: string | null;
};

export type EventsTable = {
  owner_id: string;
  seq: number;
  type: string;
  session_id: string | null;
  run_id: string | null;
  data: JsonText;
  created_at: string;
};

export type EventCountersTable = { owner_id: string; reserved: Default<number>; pruned_through: Default<number> };

export type AuditTable = {
  id: string;
  owner_id: string | null;
  key_id: string | null;
  ip: string | null;
  action: string;
  outcome: 'ok' | 'denied' | 'failed';
  code: string | null;
  target: string | null;
  origin: string | null;
  session_id: string | null;
  run_id: string | null;
  detail: JsonText | null;
  created_at: string;
};

export type JobsTable = {
  id: string;
  owner_id: string;
  kind: string;
  /** Of all unfinished jobs of a kind only one has it. */
  unique_key: string | null;
  payload: JsonText;
  status: 'waiting' | 'running' | 'done' | 'failed';
  run_at: string;
  /** Failures that count; a dependency that is away does not. */
  attempts: Default<number>;
  away_since: Default<string | null>;
  /** It was asked for once more while it ran: there is new work. */
  asked_again: Default<Flag>;
  lease_until: Default<string | null>;
  /** Who holds the lease; a result under another one is not stored. */
  lease_id: Default<string | null>;
  /** A sentence for people, never content. */
  error: Default<string | null>;
  created_at: string;
  finished_at: Default<string | null>;
};

export type GraphEntitiesTable = {
  id: string;
  owner_id: string;
  /** The name without regard to case, width and marks between its words. */
  key: string;
  name: string;
  kind: string;
};

export type GraphMentionsTable = { owner_id: string; entity_id: string; memory_id: string; holds: Default<Flag> };

/** One row for each memory that says so. */
export type GraphRelationsTable = {
  owner_id: string;
  from_id: string;
  type: string;
  to_id: string;
  memory_id: string;
  since: string;
  until: Default<string | null>;
};

export type MemoriesTable = {
  id: string;
  owner_id: string;
  agent_id: string;
  run_id: string | null;
  /** Position in its conversation; what was said beside it is found by this. */
  run_no: Default<number>;
  text: string;
  hash: string;
  /** Equal for texts that differ in case, blanks and closing marks alone. */
  likeness: string;
  category: string | null;
  metadata: JsonText;
  author: 'owner' | 'assistant' | 'untrusted';
  source_session_id: string | null;
  source_message_id: string | null;
  occurred_at: string;
  created_at: string;
  updated_at: string;
  supersedes: string | null;
  superseded_by: string | null;
  /** People, things and how they relate, as they were found; null when the graph is not wanted. */
  graph: JsonText | null;
  /** SQLite: its row among the words. */
  word_id: Default<number | null>;
  /** 0: the index does not know it yet, 1: by words, 2: by words and meaning. */
  indexed: Default<0 | 1 | 2>;
  /** 0: the graph does not know it yet (or need not), 1: it does, 2: it knows that it holds no more. */
  graphed: Default<0 | 1 | 2>;
  /** Gone for everybody; the row itself goes once index and graph have forgotten it. */
  deleted_at: Default<string | null>;
};

export type MemorySettingsTable = { owner_id: string; settings: JsonText; updated_at: string };

export type CheckpointsTable = {
  id: string;
  owner_id: string;
  session_id: string;
  run_id: string;
  label: string;
  /** Taken before a rewind rather than before a turn. */
  undoes: Default<Flag>;
  created_at: string;
};
export type CheckpointFilesTable = { checkpoint_id: string; path: string; blob: string | null; mode: number | null };

export type IdempotencyTable = {
  owner_id: string;
  route: string;
  key: string;
  request_hash: string;
  status: number | null;
  body: string | null;
  created_at: string;
};

export type InstancesTable = { id: string; started_at: string; seen_at: string; hostname: string };

/** Every version of a persona that is kept; the highest one is what the owner has. */
export type PersonaVersionsTable = {
  owner_id: string;
  version: number;
  persona: JsonText;
  /** When the persona was first set, not this version of it. */
  created_at: string;
  updated_at: string;
};

export interface Database {
  owners: OwnersTable;
  api_keys: ApiKeysTable;
  web_sessions: WebSessionsTable;
  login_codes: LoginCodesTable;
  sessions: SessionsTable;
  messages: MessagesTable;
  runs: RunsTable;
  transcript_entries: TranscriptEntriesTable;
  approvals: ApprovalsTable;
  tool_rules: ToolRulesTable;
  events: EventsTable;
  event_counters: EventCountersTable;
  audit: AuditTable;
  checkpoints: CheckpointsTable;
  checkpoint_files: CheckpointFilesTable;
  idempotency: IdempotencyTable;
  instances: InstancesTable;
  graph_entities: GraphEntitiesTable;
  graph_mentions: GraphMentionsTable;
  graph_relations: GraphRelationsTable;
  jobs: JobsTable;
  memories: MemoriesTable;
  memory_settings: MemorySettingsTable;
  persona_versions: PersonaVersionsTable;
}
