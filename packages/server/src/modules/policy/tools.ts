/**
 * The catalogue of tools: what each one does to the world and which arguments are paths. A tool that is not listed here
 * does not exist for Hearth, however it got into a process.
 */
import { hasPermission, type JsonObject, type Permission, type Permissions } from '@hearth/contract';
import { ownToolServer } from '@hearth/runtime';

export type Effect = 'read' | 'write' | 'shell' | 'network' | 'agent' | 'ask' | 'note' | 'forget';

export interface ToolInfo {
  effect: Effect;
  /** Names of arguments that hold a path. */
  paths: readonly string[];
}

const ownPrefix = `mcp__${ownToolServer}__`;
/** One of the server's own tools, which run in its own process. */
export const isOwnTool = (name: string): boolean => name.startsWith(ownPrefix);

const catalogue: Record<string, ToolInfo> = {
  Read: { effect: 'read', paths: ['file_path'] },
  Glob: { effect: 'read', paths: ['path', 'pattern'] },
  Grep: { effect: 'read', paths: ['path'] },
  Write: { effect: 'write', paths: ['file_path'] },
  Edit: { effect: 'write', paths: ['file_path'] },
  NotebookEdit: { effect: 'write', paths: ['notebook_path'] },
  Bash: { effect: 'shell', paths: [] },
  WebFetch: { effect: 'network', paths: [] },
  WebSearch: { effect: 'network', paths: [] },
  Task: { effect: 'agent', paths: [] },
  AskUserQuestion: { effect: 'ask', paths: [] },
  TodoWrite: { effect: 'note', paths: [] },
  Skill: { effect: 'note', paths: [] },
  StructuredOutput: { effect: 'note', paths: [] },
  [`${ownPrefix}memory_search`]: { effect: 'note', paths: [] },
  [`${ownPrefix}memory_save`]: { effect: 'note', paths: [] },
  [`${ownPrefix}memory_correct`]: { effect: 'note', paths: [] },
  [`${ownPrefix}memory_forget`]: { effect: 'forget', paths: [] },
};

/** The process calls the same thing by two names. */
const aliases: Record<string, string> = { Agent: 'Task' };

export const canonicalTool = (name: string): string => aliases[name] ?? name;

const mcpName = /^mcp__[A-Za-z0-9_-]+__[A-Za-z0-9_.-]+$/;
export const isMcpTool = (name: string): boolean => mcpName.test(name);

export const toolInfo = (name: string): ToolInfo | null => catalogue[canonicalTool(name)] ?? null;

/** For requests: names that may be written into `allowed_tools` and `disallowed_tools`. */
export const isKnownTool = (name: string): boolean => toolInfo(name) !== null || name.startsWith('mcp__');

/** True when `pattern` names the tool: exactly, or `mcp__server` / `mcp__server__*` for all tools of a server. */
export const namesTool = (pattern: string, tool: string): boolean => {
  const wanted = canonicalTool(pattern);
  if (wanted === canonicalTool(tool) || wanted === 'mcp__*') return wanted !== 'mcp__*' || isMcpTool(tool);
  const server = wanted.endsWith('__*') ? wanted.slice(0, -1) : `${wanted}__`;
  return wanted.startsWith('mcp__') && tool.startsWith(server);
};

/** The part of a call that a standing rule binds to: what it does, not how the model words it. */
export const ruleInput = (tool: string, input: JsonObject): JsonObject =>
  canonicalTool(tool) === 'Bash' ? { command: input.command } : input;

/** The permission a person needs to say yes to this tool. */
export const permissionFor = (tool: string): Permission | null => {
  const effect = toolInfo(tool)?.effect;
  return effect === 'shell' || effect === 'write' ? 'shell' : null;
};

/** Tools without side effects outside the conversation: what an unattended run and a key without `shell` get. */
const harmless: readonly Effect[] = ['read', 'ask', 'note', 'agent'];

export interface Offer {
  permissions: Permissions;
  attended: boolean;
  allowed: readonly string[] | null;
  disallowed: readonly string[];
}

/** Whether the server's own tools exist in a run: a list of what is allowed must name them. */
export const offersOwnTools = ({ allowed, disallowed }: Pick<Offer, 'allowed' | 'disallowed'>): boolean => {
  const isNamed = (pattern: string): boolean => pattern === 'mcp__*' || pattern.startsWith(`mcp__${ownToolServer}`);
  return (allowed === null || allowed.some(isNamed)) && !disallowed.some((pattern) => namesTool(pattern, ownPrefix));
};

/** The built-in tools that exist in a run at all; what is missing here the model never sees. */
export const offeredTools = ({ permissions, attended, allowed, disallowed }: Offer): string[] =>
  Object.entries(catalogue)
    .filter(([name]) => name !== 'StructuredOutput' && !isOwnTool(name))
    .filter(([, tool]) => (attended ? true : harmless.includes(tool.effect) && tool.effect !== 'ask'))
    .filter(([, tool]) => hasPermission(permissions, 'shell') || (tool.effect !== 'shell' && tool.effect !== 'write'))
    .map(([name]) => name)
    .filter((name) => allowed === null || allowed.some((pattern) => namesTool(pattern, name)))
    .filter((name) => !disallowed.some((pattern) => namesTool(pattern, name)));
