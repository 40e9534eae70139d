/** Tools in words: one line for a step on the rail, and what to show when it is opened. */
import type { ToolResult, ToolUse } from './turns.ts';

type Input = Record<string, unknown>;

export interface ToolWords {
  /** "Ran" while done, "Running" while it lasts. */
  done: string;
  running: string;
  /** While it waits for a person: "Wants to run". */
  wanted: string;
  /** What it was done to: a command, a file, an address. */
  object: string;
  /** True when the object is code or a path. */
  isCode: boolean;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The last two parts of a path say enough on a phone. */
export const shortPath = (path: string): string => {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.length <= 2 ? path : `…/${parts.slice(-2).join('/')}`;
};

const hostOf = (url: string): string => {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
};

const oneLine = (value: string): string => value.replaceAll(/\s+/g, ' ').trim().slice(0, 200);

const known: Record<string, (input: Input) => ToolWords> = {
  Bash: (input) => ({
    done: 'Ran',
    running: 'Running',
    wanted: 'Wants to run',
    object: oneLine(text(input.command)),
    isCode: true,
  }),
  Read: (input) => ({
    done: 'Read',
    running: 'Reading',
    wanted: 'Wants to read',
    object: shortPath(text(input.file_path)),
    isCode: true,
  }),
  Write: (input) => ({
    done: 'Wrote',
    running: 'Writing',
    wanted: 'Wants to write',
    object: shortPath(text(input.file_path)),
    isCode: true,
  }),
  Edit: (input) => ({
    done: 'Changed',
    running: 'Changing',
    wanted: 'Wants to change',
    object: shortPath(text(input.file_path)),
    isCode: true,
  }),
  NotebookEdit: (input) => ({
    done: 'Changed',
    running: 'Changing',
    wanted: 'Wants to change',
    object: shortPath(text(input.notebook_path)),
    isCode: true,
  }),
  Glob: (input) => ({
    done: 'Looked for',
    running: 'Looking for',
    wanted: 'Wants to look for',
    object: text(input.pattern),
    isCode: true,
  }),
  Grep: (input) => ({
    done: 'Searched for',
    running: 'Searching for',
    wanted: 'Wants to search for',
    object: text(input.pattern),
    isCode: true,
  }),
  WebFetch: (input) => ({
    done: 'Opened',
    running: 'Opening',
    wanted: 'Wants to open',
    object: hostOf(text(input.url)),
    isCode: false,
  }),
  WebSearch: (input) => ({
    done: 'Searched the web for',
    running: 'Searching the web for',
    wanted: 'Wants to search the web for',
    object: text(input.query),
    isCode: false,
  }),
  Task: (input) => ({
    done: 'Helper',
    running: 'Helper',
    wanted: 'Wants a helper',
    object: oneLine(text(input.description)) || 'worked on a part',
    isCode: false,
  }),
  AskUserQuestion: () => ({ done: 'Asked you', running: 'Asks you', wanted: 'Asks you', object: '', isCode: false }),
  Skill: (input) => ({
    done: 'Used the skill',
    running: 'Using the skill',
    wanted: 'Wants to use the skill',
    object: text(input.skill),
    isCode: false,
  }),
};

/** `mcp__home__lights_on` is the tool "lights on" of "home". */
const ofServer = (name: string): ToolWords | null => {
  const [prefix, server, ...rest] = name.split('__');
  if (prefix !== 'mcp' || !server || rest.length === 0) return null;
  return {
    done: 'Used',
    running: 'Using',
    wanted: 'Wants to use',
    object: `${rest.join('__').replaceAll('_', ' ')} (${server})`,
    isCode: false,
  };
};

const asInput = (input: unknown): Input => (typeof input === 'object' && input !== null ? { ...input } : {});

/** The agent process calls the same tool by two names. */
const aliases: Record<string, string> = { Agent: 'Task' };
const knownWords = (name: string): ((input: Input) => ToolWords) | undefined => {
  const one = Object.hasOwn(aliases, name) ? aliases[name] : name;
  return one !== undefined && Object.hasOwn(known, one) ? known[one] : undefined;
};

export const toolWords = (use: Pick<ToolUse, 'name' | 'input'>): ToolWords =>
  knownWords(use.name)?.(asInput(use.input)) ??
  ofServer(use.name) ?? {
    done: 'Used',
    running: 'Using',
    wanted: 'Wants to use',
    object: use.name.slice(0, 100),
    isCode: false,
  };

/** What a tool answered, as text. */
export const resultText = (result: Pick<ToolResult, 'content'>): string => {
  const { content } = result;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return content === undefined || content === null ? '' : JSON.stringify(content, null, 2);
  return content
    .map((part: unknown) => {
      const block = asInput(part);
      return block.type === 'text' ? text(block.text) : block.type === 'image' ? '[picture]' : JSON.stringify(part);
    })
    .join('\n');
};

/** What was asked of the tool: the command or text itself where there is one, else its JSON. */
export const inputText = (use: Pick<ToolUse, 'name' | 'input'>): string => {
  const input = asInput(use.input);
  if (use.name === 'Bash') return text(input.command);
  if (use.name === 'Write') return `${text(input.file_path)}\n\n${text(input.content)}`;
  if (use.name === 'Edit') {
    const minus = text(input.old_string)
      .split('\n')
      .map((line) => `- ${line}`);
    const plus = text(input.new_string)
      .split('\n')
      .map((line) => `+ ${line}`);
    return [text(input.file_path), '', ...minus, ...plus].join('\n');
  }
  // One value needs no names and braces around it.
  const [only, ...more] = Object.values(input);
  return typeof only === 'string' && more.length === 0 ? only : JSON.stringify(use.input, null, 2);
};

export const isFailed = (result: ToolResult | null): boolean => result?.is_error === true;

/** Words of a refusal or failure, short enough for one glance. */
export const failureReason = (result: ToolResult): string => {
  const reason = resultText(result)
    .replace(/^<tool_use_error>|<\/tool_use_error>$/g, '')
    .trim();
  return oneLine(reason) || 'It gave no reason.';
};
