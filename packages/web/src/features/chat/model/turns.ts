/**
 * Messages -> turns: what a person said and everything that was done about it. Pure; a turn whose parts did not change is
 * the same object as before, so that the screen draws only what is new.
 */
import type { ContentBlock, Message } from '@hearth/contract';
import type { Chat, RunState } from '../../../lib/store/state.ts';

export type ToolUse = Extract<ContentBlock, { type: 'tool_use' }>;
export type ToolResult = Extract<ContentBlock, { type: 'tool_result' }>;
export type ImageBlock = Extract<ContentBlock, { type: 'image' }>;

export interface TextItem {
  kind: 'text';
  key: string;
  text: string;
}

export interface ThinkingStep {
  kind: 'thinking';
  key: string;
  text: string;
  at: string;
}

export interface ToolStep {
  kind: 'tool';
  key: string;
  messageId: string;
  /** Where the call is in its message, to fetch the rest of a cut one. */
  blockIndex: number;
  use: ToolUse;
  at: string;
  result: ToolResult | null;
  resultMessageId: string | null;
  resultIndex: number;
  endedAt: string | null;
  /** What a subagent did, when the tool is one. */
  steps: readonly Step[];
}

export interface NoticeStep {
  kind: 'notice';
  key: string;
  text: string;
}

export type Step = ThinkingStep | ToolStep | NoticeStep;
export type Item = TextItem | { kind: 'steps'; key: string; steps: readonly Step[] };

export interface Turn {
  /** The id of the person's message; of the first message when the page begins without one. */
  id: string;
  user: Message | null;
  items: readonly Item[];
  /** The run it belongs to, unless a later turn belongs to it too (steering). */
  run: RunState | null;
  /** Text that was cut by a stop or a crash. */
  isInterrupted: boolean;
}

export const isFromPerson = (message: Message): boolean =>
  message.type === 'user' &&
  message.parent_tool_use_id === null &&
  !message.content.some((block) => block.type === 'tool_result');

/** Shown by other parts of the screen. */
const silentTools: readonly string[] = ['TodoWrite'];

interface Found {
  result: ToolResult;
  message: Message;
  index: number;
}

const resultsOf = (messages: readonly Message[]): Map<string, Found> => {
  const results = new Map<string, Found>();
  for (const message of messages) {
    message.content.forEach((block, index) => {
      if (block.type === 'tool_result') results.set(block.tool_use_id, { result: block, message, index });
    });
  }
  return results;
};

const childrenOf = (messages: readonly Message[]): Map<string, Message[]> => {
  const children = new Map<string, Message[]>();
  for (const message of messages) {
    const parent = message.parent_tool_use_id;
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), message]);
  }
  return children;
};

interface Context {
  results: Map<string, Found>;
  children: Map<string, Message[]>;
  depth: number;
}

const deepest = 4;

const toolStep = (use: ToolUse, message: Message, blockIndex: number, context: Context): ToolStep => {
  const found = context.results.get(use.id);
  const children = context.depth < deepest ? (context.children.get(use.id) ?? []) : [];
  return {
    kind: 'tool',
    key: use.id,
    messageId: message.id,
    blockIndex,
    use,
    at: message.created_at,
    result: found?.result ?? null,
    resultMessageId: found?.message.id ?? null,
    resultIndex: found?.index ?? 0,
    endedAt: found?.message.created_at ?? null,
    steps: children.flatMap((child) =>
      blocksOf(child, { ...context, depth: context.depth + 1 }).flatMap((block) =>
        block.kind === 'text' ? [{ kind: 'notice' as const, key: block.key, text: block.text }] : [block],
      ),
    ),
  };
};

const blocksOf = (message: Message, context: Context): (TextItem | Step)[] =>
  message.content.flatMap((block, index): (TextItem | Step)[] => {
    const key = `${message.id}:${index}`;
    if (message.type === 'system') return block.type === 'text' ? [{ kind: 'notice', key, text: block.text }] : [];
    if (message.type !== 'assistant') return [];
    if (block.type === 'text') return block.text.trim() === '' ? [] : [{ kind: 'text', key, text: block.text }];
    if (block.type === 'thinking') {
      return block.thinking.trim() === ''
        ? []
        : [{ kind: 'thinking', key, text: block.thinking, at: message.created_at }];
    }
    if (block.type !== 'tool_use' || silentTools.includes(block.name)) return [];
    return [toolStep(block, message, index, context)];
  });

/** Steps that follow each other share one rail. */
const grouped = (blocks: readonly (TextItem | Step)[]): Item[] => {
  const items: Item[] = [];
  for (const block of blocks) {
    const last = items.at(-1);
    if (block.kind === 'text') items.push(block);
    else if (last?.kind === 'steps') items[items.length - 1] = { ...last, steps: [...last.steps, block] };
    else items.push({ kind: 'steps', key: `steps:${block.key}`, steps: [block] });
  }
  return items;
};

const runOf = (messages: readonly Message[], runs: Chat['runs']): RunState | null => {
  const id = messages.findLast((message) => message.run_id !== null)?.run_id;
  return id === null || id === undefined ? null : (runs[id] ?? null);
};

const buildTurn = (messages: readonly Message[], run: RunState | null): Turn => {
  const [first] = messages;
  const user = first && isFromPerson(first) ? first : null;
  const context: Context = { results: resultsOf(messages), children: childrenOf(messages), depth: 0 };
  const own = messages.filter((message) => message.parent_tool_use_id === null && message !== user);
  return {
    id: first?.id ?? '',
    user,
    items: grouped(own.flatMap((message) => blocksOf(message, context))),
    run,
    isInterrupted: messages.some((message) => message.status === 'interrupted'),
  };
};

const split = (messages: readonly Message[]): Message[][] => {
  const turns: Message[][] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (last === undefined || isFromPerson(message)) turns.push([message]);
    else last.push(message);
  }
  return turns;
};

interface Made {
  messages: readonly Message[];
  run: RunState | null;
  turn: Turn;
}

const isSame = (made: Made, messages: readonly Message[], run: RunState | null): boolean =>
  made.run === run &&
  made.messages.length === messages.length &&
  made.messages.every((message, index) => message === messages[index]);

/** Remembers the turns it made, so that unchanged ones keep their identity. */
export const createTurnBuilder = (): ((chat: Pick<Chat, 'messages' | 'runs'>) => readonly Turn[]) => {
  let known = new Map<string, Made>();
  let last: { messages: Chat['messages']; runs: Chat['runs']; turns: readonly Turn[] } | null = null;
  return ({ messages, runs }) => {
    if (last && last.messages === messages && last.runs === runs) return last.turns;
    const next = new Map<string, Made>();
    const parts = split(messages);
    const turns = parts.map((part, index) => {
      const run = runOf(part, runs);
      const following = parts[index + 1];
      // A run belongs to the last message it answers; the ones before joined it.
      const own = run !== null && following && runOf(following, runs)?.id === run.id ? null : run;
      const id = part[0]?.id ?? '';
      const made = known.get(id);
      const turn = made && isSame(made, part, own) ? made.turn : buildTurn(part, own);
      next.set(id, { messages: part, run: own, turn });
      return turn;
    });
    known = next;
    last = { messages, runs, turns };
    return turns;
  };
};
