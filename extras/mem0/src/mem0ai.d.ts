/** What is used of Mem0 and of what stands in for better-sqlite3, so that types are checked without either installed. */
declare module 'mem0ai/oss' {
  interface Filters {
    user_id: string;
    agent_id?: string | undefined;
    run_id?: string | undefined;
  }
  export class Memory {
    constructor(config: object);
    add(
      messages: { role: string; content: string }[],
      options: { userId: string; agentId: string; runId?: string | undefined; metadata: object; infer: boolean },
    ): Promise<unknown>;
    get(id: string): Promise<unknown>;
    getAll(options: { filters: Filters; topK: number; showExpired: boolean }): Promise<unknown>;
    search(text: string, options: { filters: Filters; topK: number; explain: boolean }): Promise<unknown>;
    update(id: string, change: { text: string; metadata: object }): Promise<unknown>;
    delete(id: string): Promise<unknown>;
    deleteAll(options: { userId: string }): Promise<unknown>;
    history(id: string): Promise<unknown>;
  }
}

declare module 'better-sqlite3' {
  /** Closes the databases in a folder. */
  export const closeBelow: (folder: string) => void;
}
