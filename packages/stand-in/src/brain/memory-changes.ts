/** "Forget that …", "Correct that: …": looks the fact up first, then changes it by its id. */
import type { ToolResult } from '../model-request.ts';
import { type Step, text, toolUse } from '../script.ts';
import { asFact } from './extraction.ts';
import { findTool, offeredTool, type Rule, type Turn } from './turn.ts';
import { withoutPoliteness } from './words.ts';

const searchTool = 'mcp__hearth__memory_search';
const forgetTool = 'mcp__hearth__memory_forget';
const correctTool = 'mcp__hearth__memory_correct';

const forgetting = /^forget\s+(?:about\s+|that\s+)?(.+?)[.!]?$/is;
const correctingWish =
  /^(?:correct (?:that|this|it|what you (?:know|remember)|your memory)|that (?:is|was) wrong|that['’]s wrong)\s*[:,;.–-]?\s*(.+)$/is;

interface Wish {
  about: string;
  /** What holds now; null when it is to be forgotten. */
  instead: string | null;
}

const wishIn = (prompt: string): Wish | null => {
  const matter = withoutPoliteness(prompt);
  const forget = forgetting.exec(matter)?.[1];
  if (forget !== undefined && !/\?$/.test(forget)) return { about: forget, instead: null };
  const correct = correctingWish.exec(matter)?.[1];
  return correct === undefined ? null : { about: correct, instead: asFact(correct) };
};

export const changeMemoryRule: Rule = {
  name: 'change memory',
  reply(turn) {
    const wish = wishIn(turn.prompt);
    const found = wish === null ? undefined : findTool(turn, searchTool);
    if (wish === null || found === undefined) return undefined;
    if ('load' in found) return found.load;
    return [text('Let me look that up in memory.'), toolUse(searchTool, { query: wish.about, limit: 1 })];
  },
};

const firstFound = /^- id ([0-9a-f-]{36}), [^:]+: (".*")$/m;

/** After the search: the change itself. Undefined when that was not what was wanted. */
export const changeAfterSearch = (turn: Turn, results: readonly ToolResult[]): Step | undefined => {
  const searched = results.find(({ name, isError }) => name === searchTool && !isError);
  const wish = wishIn(turn.request.humanTexts.at(-1) ?? '');
  if (searched === undefined || wish === null) return undefined;
  const [, id, quoted] = firstFound.exec(searched.text) ?? [];
  if (id === undefined || quoted === undefined)
    return [text('Nothing like that is in memory, so there is nothing to change.')];
  const tool = wish.instead === null ? forgetTool : correctTool;
  if (!offeredTool(turn, tool)) return undefined;
  return wish.instead === null
    ? [text('I found it and will forget it.'), toolUse(tool, { id, memory: String(JSON.parse(quoted)) })]
    : [text('I found it and will correct it.'), toolUse(tool, { id, text: wish.instead })];
};
