/**
 * The reference for turns: the Claude Agent SDK by itself, in the bench's own process, with the options, the worker
 * profile, the environment and the messages that Hearth gives its workers (the same functions make them). Transcripts
 * go to memory. `plain` leaves out what only Hearth needs: the transcript store and the tool gate.
 */
import { randomUUID } from 'node:crypto';
import {
  type Options,
  type Query,
  query,
  type SDKMessage,
  type SDKUserMessage,
  startup,
} from '@anthropic-ai/claude-agent-sdk';
import { createMemoryTranscripts } from '@hearth/runtime';
import { createGateHook } from '../../packages/runtime/src/claude/gate-hook.ts';
import { claudeOptions } from '../../packages/runtime/src/claude/options.ts';
import { toUserMessage } from '../../packages/runtime/src/claude/worker.ts';
import { createMessageQueue } from '../../packages/runtime/src/message-queue.ts';
import { createRunRequests } from '../../packages/server/src/modules/agent/run-request.ts';
import { defaultPersonaText } from '../../packages/server/src/modules/persona/index.ts';
import { createPathGuard } from '../../packages/server/src/modules/policy/index.ts';

export interface RawPlace {
  /** A folder of its own, laid out like a Hearth home. */
  home: string;
  workspace: string;
  configDir: string;
  modelUrl: string;
}

export interface KeptQuery {
  /** Milliseconds from the message being handed over until the first piece of text; waits for the end of the turn. */
  turn(prompt: string): Promise<number>;
  close(): void;
}

export const rawOptions = async (
  { home, workspace, configDir, modelUrl }: RawPlace,
  plain = false,
): Promise<Options> => {
  const guarded = { home, workspace, configDir, dataDir: configDir, roots: [workspace] };
  const requests = createRunRequests({
    paths: createPathGuard(guarded),
    workspace,
    webhookProblem: () => null,
    personaOf: async () => defaultPersonaText,
    withMemory: false,
  });
  const starter = {
    ownerId: '',
    keyId: '',
    permissions: { shell: true },
    origin: 'api' as const,
    browser: false,
    granted: [],
    ip: null,
  };
  const never = new AbortController();
  const options = claudeOptions({
    request: { profile: await requests.usual(starter), transcripts: createMemoryTranscripts(), resume: null },
    settings: {
      credential: { kind: 'api_key', apiKey: 'sk-bench', baseUrl: modelUrl },
      configDir,
      modelAliases: {},
      requestTimeoutMs: 120_000,
      maxRetries: 1,
      runningAsRoot: process.getuid?.() === 0,
      baseEnv: { PATH: process.env.PATH, HOME: home },
    },
    hook: createGateHook(
      () => async () => ({ decision: 'deny', reason: 'no tools in a bench' }),
      () => never.signal,
    ),
    newId: randomUUID(),
    onTranscript: () => {},
    onStderr: () => {},
  });
  return plain
    ? { ...options, sessionStore: undefined, sessionStoreFlush: undefined, hooks: undefined, canUseTool: undefined }
    : options;
};

const isText = (message: SDKMessage): boolean =>
  message.type === 'stream_event' &&
  message.event.type === 'content_block_delta' &&
  message.event.delta.type === 'text_delta';

/** A fresh process for one prompt. */
export const freshFirstText = async (options: Options, prompt: string): Promise<number> => {
  const sentAt = performance.now();
  const running = query({ prompt, options });
  let first: number | null = null;
  try {
    for await (const message of running) if (first === null && isText(message)) first = performance.now() - sentAt;
  } finally {
    running.close();
  }
  if (first === null) throw new Error('the SDK brought no text');
  return first;
};

const keep = (open: (input: AsyncIterable<SDKUserMessage>) => Query): KeptQuery => {
  const input = createMessageQueue<SDKUserMessage>();
  const running = open(input);
  const messages = running[Symbol.asyncIterator]();
  return {
    async turn(prompt) {
      const sentAt = performance.now();
      input.push(toUserMessage({ uuid: randomUUID(), text: prompt, images: [] }));
      let first: number | null = null;
      for (;;) {
        const { done, value } = await messages.next();
        if (done) throw new Error('the SDK ended its stream');
        if (first === null && isText(value)) first = performance.now() - sentAt;
        if (value.type !== 'result') continue;
        if (first === null) throw new Error('the SDK brought no text');
        return first;
      }
    },
    close() {
      input.end();
      running.close();
    },
  };
};

/** One process that is kept alive and fed by streaming input. */
export const keepQuery = (options: Options): KeptQuery => keep((prompt) => query({ prompt, options }));

/** A process that is ready for its first prompt: the SDK's own spare. `ready` waits until the process is at rest. */
export const startedFirstText = async (
  options: Options,
  prompt: string,
  ready: () => Promise<unknown>,
): Promise<number> => {
  const warm = await startup({ options });
  await ready();
  const running = keep((input) => warm.query(input));
  try {
    return await running.turn(prompt);
  } finally {
    running.close();
  }
};
