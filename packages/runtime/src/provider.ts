/**
 * The port between Hearth and whatever thinks: a provider opens workers, a worker holds one conversation and answers
 * turns. Nothing here knows HTTP, a database or the environment.
 *
 * Rules every adapter keeps (`provider.contract.ts` proves them):
 * - no tool runs before `gate` answered `allow` for exactly that call; a gate that throws or never answers means no;
 * - each turn ends with exactly one `turn_end`, or the worker ends with one `exit`;
 * - the transcript reaches `transcripts` so that another process can continue with `resume`.
 */
import type { ContentBlock, HearthEvent, ImageInput, JsonObject, McpServerConfig, Usage } from '@hearth/contract';
import type { z } from 'zod';

/** Everything that is fixed for the life of a worker. Two equal profiles can be served by one process. */
export interface WorkerProfile {
  model: string | null;
  effort: 'low' | 'medium' | 'high' | 'xhigh' | 'max' | null;
  systemPrompt: { kind: 'append'; text: string } | { kind: 'custom'; text: string };
  /** Names of the built-in tools that exist at all; a tool that is absent here cannot be called. */
  tools: string[];
  disallowedTools: string[];
  planMode: boolean;
  cwd: string;
  addDirs: string[];
  env: Record<string, string>;
  agents: Record<string, { description: string; prompt: string; tools?: string[]; model?: string }>;
  mcpServers: Record<string, McpServerConfig>;
  plugins: string[];
  /** For whom the host's own tools are offered (an owner id); null: none are. */
  ownTools: string | null;
  outputSchema: JsonObject | null;
  maxTurns: number | null;
  maxBudgetUsd: number | null;
  sandbox: { enabled: boolean; allowNetwork: boolean } | null;
}

/** The host's own tools are called `mcp__hearth__<name>`. */
export const ownToolServer = 'hearth';

/** A tool that runs in this process. The gate is asked before each call, as for every other tool. */
export interface OwnTool {
  name: string;
  /** For the model. */
  description: string;
  input: Record<string, z.ZodType>;
  readOnly: boolean;
  /** Answers with text for the model; the message of what it throws is told to the model as a failure. */
  run(input: JsonObject, call: { toolUseId: string | null; signal: AbortSignal | undefined }): Promise<string>;
}

/** One tool call as the model asked for it. `agentId` is set when a subagent asks. */
export interface ToolCall {
  toolUseId: string;
  tool: string;
  input: JsonObject;
  agentId: string | null;
  /** Aborted when the run is stopped while the gate is still thinking. */
  signal: AbortSignal;
}

export type ToolVerdict =
  | { decision: 'allow'; input?: JsonObject }
  | { decision: 'deny'; reason: string }
  /** Nobody can decide now: the worker stops, the call stays open, `resume` with no prompt asks the gate again. */
  | { decision: 'park' };

export type ToolGate = (call: ToolCall) => Promise<ToolVerdict>;

/** Durable transcripts, opaque to us. `append` keeps order and ignores entries whose uuid it already has. */
export interface TranscriptStore {
  append(key: TranscriptKey, entries: TranscriptEntry[]): Promise<void>;
  load(key: TranscriptKey): Promise<TranscriptEntry[] | null>;
  listSubpaths(agentSessionId: string): Promise<string[]>;
}
export interface TranscriptKey {
  agentSessionId: string;
  /** '' is the main transcript; subagents have their own. */
  subpath: string;
}
export interface TranscriptEntry {
  type: string;
  uuid?: string;
  [field: string]: unknown;
}

/** A conversation cut between two turns, to be stored under an id of its own. */
export interface TranscriptBranch {
  agentSessionId: string;
  /** Its main transcript; subagents' own transcripts stay behind. Empty when nothing lies before the cut. */
  entries: TranscriptEntry[];
  /** On which side of the cut a message lies, by its id; null when the transcript does not know it. */
  holds(messageId: string): boolean | null;
}
export interface BranchRequest {
  transcripts: TranscriptStore;
  agentSessionId: string;
  /** People's messages that must not be in it, nor anything after the first of them; none copies everything. */
  before: readonly string[];
}

export interface UserTurn {
  /** Id of the message; also names its place in the transcript. */
  uuid: string;
  text: string;
  images: ImageInput[];
}

export type TurnOutcome =
  | { kind: 'completed' | 'max_turns' | 'budget' | 'interrupted' | 'parked' }
  | { kind: 'failed'; code: FailureCode; message: string; retryAfter: number | null };

/** Why a turn failed. `upstream` ones count towards the breaker; see `isUpstreamFailure`. */
export type FailureCode =
  | 'MODEL_AUTHENTICATION'
  | 'MODEL_RATE_LIMITED'
  | 'MODEL_OVERLOADED'
  | 'MODEL_UNAVAILABLE'
  | 'MODEL_REFUSED'
  | 'WORKER_DIED'
  | 'WORKER_TIMEOUT'
  | 'OUTPUT_LIMIT'
  | 'INTERNAL_ERROR';

export interface TurnTotals {
  /** What this turn cost; the provider's own counts run over the whole conversation. */
  costUsd: number;
  modelUsage: Record<string, unknown>;
  usage: Usage;
  numTurns: number;
  text: string;
  structuredOutput: unknown;
}

type Bare<T> = T extends unknown ? Omit<T, 'session_id' | 'run_id' | 'demo'> : never;
type DataOf<T extends HearthEvent['type']> = Bare<Extract<HearthEvent, { type: T }>['data']>;

/** What a worker says, without the ids that only the caller knows. */
export type WorkerEvent =
  | { type: 'init'; data: DataOf<'init'> }
  | { type: 'partial'; data: DataOf<'partial'> }
  | { type: 'message'; data: DataOf<'message'> & { content: ContentBlock[] } }
  | { type: 'todo'; data: DataOf<'todo'> }
  | { type: 'status'; data: DataOf<'status'> }
  | { type: 'turn_end'; outcome: TurnOutcome; totals: TurnTotals; moreQueued: boolean }
  | { type: 'exit'; reason: string };

export interface AgentWorker {
  /** Opaque id of the conversation in the transcript store. */
  readonly agentSessionId: string;
  /** Set by whoever uses the worker now; called in order, must not throw. */
  listen(listener: (event: WorkerEvent) => void, gate: ToolGate): void;
  /** Starts a turn, or steers the one that runs. */
  send(turn: UserTurn): void;
  interrupt(): Promise<void>;
  /** Ends the process. Safe to call twice; resolves when the process is gone. */
  close(): Promise<void>;
  readonly alive: boolean;
}

export interface OpenRequest {
  profile: WorkerProfile;
  transcripts: TranscriptStore;
  /** Continue this conversation; `fork` continues a copy under a new id. */
  resume: { agentSessionId: string; fork: boolean } | null;
}

export interface AgentProvider {
  readonly name: string;
  /**
   * Makes a call that a crash left open look parked, so that a resume asks the gate for it again. False when the
   * transcript holds no such call.
   */
  deferOpenCall(call: { transcripts: TranscriptStore; agentSessionId: string; toolUseId: string }): Promise<boolean>;
  /**
   * The part of a conversation that lies before some messages, as it would have been resumed at that moment. A call
   * that waits for a person in the original does not wait in the branch. Changes nothing.
   */
  branch(request: BranchRequest): Promise<TranscriptBranch>;
  /** Starts a process. With `resume: null` it is ready for the first turn of any new conversation (a spare). */
  open(request: OpenRequest): Promise<AgentWorker>;
}

/** Failures of the model's service, as opposed to something one caller asked for. Only these open the breaker. */
export const isUpstreamFailure = (outcome: TurnOutcome): boolean =>
  outcome.kind === 'failed' &&
  (outcome.code === 'MODEL_RATE_LIMITED' ||
    outcome.code === 'MODEL_OVERLOADED' ||
    outcome.code === 'MODEL_UNAVAILABLE');
