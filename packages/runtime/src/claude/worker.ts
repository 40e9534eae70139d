/**
 * A live `claude` process that holds one conversation over streaming input. It is started ahead of its first turn, so
 * a spare answers a new chat without the cost of a process start.
 */
import type { Query, SDKMessage, SDKResultMessage, SDKUserMessage, WarmQuery } from '@anthropic-ai/claude-agent-sdk';
import { createMessageQueue } from '../message-queue.ts';
import type { AgentWorker, ToolGate, TurnTotals, UserTurn, WorkerEvent } from '../provider.ts';
import { outcomeOf } from './failures.ts';
import type { GateHook } from './gate-hook.ts';
import { asCutOff, nextMessageId, toUsage, toWorkerEvents } from './map-message.ts';

export interface ClaudeWorkerParts {
  warm: WarmQuery;
  agentSessionId: string;
  hook: GateHook;
  link: WorkerLink;
}

/** What the hook, the transcript store and the worker share; the first two are made before the worker. */
export interface WorkerLink {
  gate: ToolGate | null;
  turn: AbortController;
  /** The conversation's cost so far, as the transcript remembers it. */
  costUsd: number;
}

/**
 * Words are words: what begins with "/" is not a command of the process (one of them would clear the conversation), and
 * nothing else in them is acted on. The process's own description of its input names this mark; the SDK's types do not.
 */
const asWritten = { text_not_typed: true };

export const toUserMessage = (turn: UserTurn): SDKUserMessage => ({
  ...asWritten,
  type: 'user',
  uuid: turn.uuid as SDKUserMessage['uuid'],
  parent_tool_use_id: null,
  message: {
    role: 'user',
    content: [
      ...turn.images.map((image) => ({
        type: 'image' as const,
        source:
          image.type === 'url'
            ? { type: 'url' as const, url: image.data }
            : { type: 'base64' as const, media_type: image.media_type, data: image.data },
      })),
      { type: 'text' as const, text: turn.text },
    ],
  },
});

const totalsOf = (result: SDKResultMessage, costBefore: number): TurnTotals => ({
  costUsd: Math.max(0, result.total_cost_usd - costBefore),
  modelUsage: result.modelUsage,
  usage: toUsage(result.usage),
  numTurns: result.num_turns,
  text: result.subtype === 'success' ? result.result : '',
  structuredOutput: result.subtype === 'success' ? result.structured_output : undefined,
});

/** The message that was just taken up, or called off. The process says so; the SDK's types do not know of it. */
const takenUp = (message: { type: string; state?: unknown; command_uuid?: unknown }): string | null => {
  const { type, state, command_uuid } = message;
  return type === 'command_lifecycle' && state !== 'queued' && typeof command_uuid === 'string' ? command_uuid : null;
};

export const createClaudeWorker = ({ warm, agentSessionId, hook, link }: ClaudeWorkerParts): AgentWorker => {
  const input = createMessageQueue<SDKUserMessage>();
  let query: Query | null = null;
  let pumping: Promise<void> = Promise.resolve();
  let listener: (event: WorkerEvent) => void = () => {};
  let interruptRequested = false;
  let alive = true;
  const messageIds = new Map<string | null, string>();
  /**
   * What was sent and has not been taken up. The process ends its turn with a result although a message waits, then
   * answers that with a result of its own; its own count of queued turns says nothing of it.
   */
  const untaken = new Set<string>();

  const onMessage = (message: SDKMessage): void => {
    untaken.delete(takenUp(message) ?? '');
    if (message.type === 'result') {
      const outcome = outcomeOf(message, interruptRequested);
      const moreQueued = untaken.size > 0 && outcome.kind === 'completed';
      interruptRequested = false;
      const totals = totalsOf(message, link.costUsd);
      link.costUsd = message.total_cost_usd;
      listener({ type: 'turn_end', outcome, totals, moreQueued });
      return;
    }
    const thread = 'parent_tool_use_id' in message ? (message.parent_tool_use_id ?? null) : null;
    const messageId = nextMessageId(message, messageIds.get(thread) ?? '');
    messageIds.set(thread, messageId);
    for (const event of toWorkerEvents(message, messageId)) listener(interruptRequested ? asCutOff(event) : event);
  };

  const pump = async (running: Query): Promise<void> => {
    let reason = 'The agent process ended.';
    try {
      for await (const message of running) onMessage(message);
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    alive = false;
    link.turn.abort();
    listener({ type: 'exit', reason });
  };

  const begin = (): void => {
    if (query !== null) return;
    query = warm.query(input);
    pumping = pump(query);
  };

  return {
    agentSessionId,
    get alive() {
      return alive;
    },
    listen(nextListener, gate) {
      listener = nextListener;
      link.gate = gate;
      link.turn = new AbortController();
      interruptRequested = false;
      messageIds.clear();
      untaken.clear();
      hook.reset();
      // A resumed conversation with an open tool call goes on without a prompt, so reading starts here.
      begin();
    },
    send(turn) {
      untaken.add(turn.uuid);
      input.push(toUserMessage(turn));
    },
    async interrupt() {
      interruptRequested = true;
      link.turn.abort();
      await query?.interrupt();
    },
    async close() {
      alive = false;
      link.turn.abort();
      input.end();
      if (query === null) warm.close();
      else query.close();
      await pumping;
    },
  };
};
