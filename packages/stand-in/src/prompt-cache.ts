/**
 * The prompt cache as the API bills it: tools, then system, then messages form one chain of blocks; a block that
 * carries `cache_control` stores the chain up to itself. A later request reads the longest stored chain it begins with,
 * and writes from there to its own last mark.
 * Invariants: only hashes are kept, at most `maxEntries`; the three input counts always add up to the whole input.
 */
import { createHash } from 'node:crypto';
import type { InputBlock, MessagesBody } from './protocol.ts';
import { tokensOfInputBlock, tokensOfText } from './tokens.ts';

export interface InputUsage {
  input_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
}

export interface PromptCache {
  account(body: MessagesBody): InputUsage;
  clear(): void;
}

interface Link {
  content: string;
  tokens: number;
  marked: boolean;
}

/** The client's billing line differs from request to request and is not part of the prompt. */
const isBilling = (block: InputBlock): boolean => block.text?.startsWith('x-anthropic-billing-header') ?? false;

const toLink = (role: string, block: InputBlock): Link => {
  const { cache_control: mark, ...rest } = block;
  const marked = mark !== undefined && mark !== null;
  return { content: `${role}\n${JSON.stringify(rest)}`, tokens: tokensOfInputBlock(block), marked };
};

const chainOf = (body: MessagesBody): Link[] => [
  ...(body.tools ?? []).map(({ cache_control: mark, ...tool }) => {
    const content = JSON.stringify(tool);
    return { content: `tool\n${content}`, tokens: tokensOfText(content), marked: mark !== undefined && mark !== null };
  }),
  ...(body.system ?? []).filter((block) => !isBilling(block)).map((block) => toLink('system', block)),
  ...body.messages.flatMap(({ role, content }) => content.map((block) => toLink(role, block))),
];

export const createPromptCache = ({ maxEntries = 5000 }: { maxEntries?: number } = {}): PromptCache => {
  const stored = new Set<string>();

  const store = (key: string): void => {
    // Re-adding moves the key to the end, so that the oldest unused entry is the first to go.
    stored.delete(key);
    stored.add(key);
    const [oldest] = stored;
    if (stored.size > maxEntries && oldest !== undefined) stored.delete(oldest);
  };

  return {
    account(body) {
      const hash = createHash('sha256').update(body.model);
      const marks: string[] = [];
      let total = 0;
      let read = 0;
      let lastMark = 0;
      for (const link of chainOf(body)) {
        hash.update(link.content).update('\0');
        total += link.tokens;
        const key = hash.copy().digest('base64');
        if (stored.has(key)) read = total;
        if (!link.marked) continue;
        marks.push(key);
        lastMark = total;
      }
      for (const key of marks) store(key);
      // A request without marks does not use the cache at all.
      const used = marks.length === 0 ? 0 : Math.min(read, lastMark);
      return {
        input_tokens: total - lastMark,
        cache_creation_input_tokens: lastMark - used,
        cache_read_input_tokens: used,
      };
    },
    clear: () => stored.clear(),
  };
};
