/** Names of tools as words for people: what was done, and to what. */
import { shorten } from './chat-text.ts';

export interface ToolWords {
  verb: string;
  object: string;
}

type Input = Readonly<Record<string, unknown>>;

/** Verb, and the field of the input that names the object. */
const known: Readonly<Record<string, readonly [verb: string, field: string]>> = {
  Bash: ['Ran', 'command'],
  BashOutput: ['Read output of', 'bash_id'],
  Read: ['Read', 'file_path'],
  Write: ['Wrote', 'file_path'],
  Edit: ['Edited', 'file_path'],
  MultiEdit: ['Edited', 'file_path'],
  NotebookEdit: ['Edited', 'notebook_path'],
  Grep: ['Searched', 'pattern'],
  Glob: ['Listed', 'pattern'],
  WebFetch: ['Fetched', 'url'],
  WebSearch: ['Searched the web for', 'query'],
  Task: ['Subagent', 'description'],
  Agent: ['Subagent', 'description'],
  Skill: ['Used skill', 'skill'],
};

/** Steps that show themselves in another way: as a list of tasks, or as a question. */
export const silentTools: ReadonlySet<string> = new Set(['TodoWrite', 'AskUserQuestion']);

export const isRecord = (value: unknown): value is Input =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const firstText = (input: Input): string => {
  const text = Object.values(input).find((value) => typeof value === 'string');
  return typeof text === 'string' ? text : '';
};

export const toolWords = (name: string, value: unknown): ToolWords => {
  const input = isRecord(value) ? value : {};
  const entry = Object.hasOwn(known, name) ? known[name] : undefined;
  if (entry !== undefined) {
    const object = input[entry[1]];
    return { verb: entry[0], object: shorten(typeof object === 'string' ? object : '') };
  }
  const [, server, tool] = /^mcp__(.+?)__(.+)$/.exec(name) ?? [];
  const verb = server === undefined ? `Used ${name}` : `Used ${server} ${tool}`;
  return { verb: shorten(verb), object: shorten(firstText(input)) };
};

export const seconds = (ms: number): string =>
  ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
