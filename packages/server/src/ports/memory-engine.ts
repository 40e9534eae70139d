/**
 * A memory engine that is not ours: it finds facts, embeds, stores and searches by itself (`MEMORY_ENGINE`). What it is
 * given is clean already (secrets and unwanted personal data are taken out before), and it trusts its caller about the
 * owner: everything is scoped by the opaque id of the owner, never by a key, and no id of one owner reaches anything of
 * another.
 *
 * Errors: SERVICE_UNAVAILABLE when the engine, or something it stands on, is away. An id that is not there is no error.
 */
export interface EngineMessage {
  role: 'user' | 'assistant';
  text: string;
}

export interface EngineAddition {
  messages: readonly EngineMessage[];
  agentId: string;
  runId: string | null;
  /** Kept with each memory and given back as it is; the engine never looks into it. */
  metadata: Readonly<Record<string, unknown>>;
  /** True: the engine's model looks for facts. False: one memory for each message, as it is given. */
  infer: boolean;
}

export interface EngineFilter {
  agentId?: string | undefined;
  runId?: string | undefined;
}

export interface EngineMemory {
  id: string;
  text: string;
  agentId: string;
  runId: string | null;
  metadata: Record<string, unknown>;
  /** Whose words a found fact is, when the engine can tell. */
  saidBy: EngineMessage['role'] | null;
  createdAt: string;
  updatedAt: string;
}

export interface EngineHit {
  memory: EngineMemory;
  /** 0 to 1; the three parts add up to it. */
  score: number;
  words: number;
  meaning: number;
  /** Through names that question and memory share. */
  names: number;
}

export interface EngineChange {
  event: 'added' | 'updated';
  text: string;
  at: string;
}

export interface MemoryEngine {
  /** What was stored, in the order of the messages; nothing of it when this rejects, or not all of it. */
  add(ownerId: string, addition: EngineAddition): Promise<EngineMemory[]>;
  /** Best first, at most `limit`. Every character of the question is literal. */
  search(ownerId: string, query: EngineFilter & { text: string; limit: number }): Promise<EngineHit[]>;
  /** All of them, in no particular order. */
  list(ownerId: string, filter?: EngineFilter): Promise<EngineMemory[]>;
  get(ownerId: string, id: string): Promise<EngineMemory | null>;
  /** In place: the id stays. Null: there is none. */
  update(
    ownerId: string,
    id: string,
    change: { text: string; metadata: Readonly<Record<string, unknown>> },
  ): Promise<EngineMemory | null>;
  /** With its history and everything the engine has noted beside it. False: there was none. */
  remove(ownerId: string, id: string): Promise<boolean>;
  /** How many there were. Afterwards nothing of this owner is left in any store of the engine. */
  removeAll(ownerId: string): Promise<number>;
  /** Oldest first; what is not there has none. */
  history(ownerId: string, id: string): Promise<EngineChange[]>;
  /** Rejects when it is away. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
