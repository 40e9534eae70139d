/**
 * The decision about one tool call. Order matters: what is forbidden is refused before anyone is asked, and a mode or a
 * standing rule can only answer the question "may this be asked for", never lift a refusal.
 */
import type { JsonObject, PermissionMode, Permissions, Risk } from '@hearth/contract';
import { hasPermission } from '@hearth/contract';
import { checkPublicUrl } from '../../kernel/public-url.ts';
import { onlyLooksAround, riskOfCommand } from './commands.ts';
import type { PathGuard } from './paths.ts';
import { canonicalTool, type Effect, isMcpTool, isOwnTool, namesTool, type ToolInfo, toolInfo } from './tools.ts';

export type RunOrigin = 'chat' | 'api' | 'cron' | 'heartbeat' | 'hook';

/** What one run was given. The permissions are read anew from the key for each call. */
export interface Grant {
  origin: RunOrigin;
  permissions: Permissions;
  mode: PermissionMode;
  allowed: readonly string[] | null;
  disallowed: readonly string[];
  cwd: string;
  addDirs: readonly string[];
  /** Tools beyond reading that an unattended job was granted by name. */
  granted: readonly string[];
}

export type Decision =
  | { kind: 'allow'; code: string }
  | { kind: 'deny'; code: string; reason: string }
  | { kind: 'ask'; title: string; risk: Risk; reason: string }
  /** The tool itself is a question to the person. */
  | { kind: 'question' };

export interface Policy {
  decide(tool: string, input: JsonObject, grant: Grant): Promise<Decision>;
}

const deny = (code: string, reason: string): Decision => ({ kind: 'deny', code, reason });
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const isAttended = (origin: RunOrigin): boolean => origin === 'chat' || origin === 'api';

/** Refusals that need nothing but the name of the tool. */
const refusedByName = (tool: string, info: ToolInfo | null, grant: Grant): Decision | null => {
  const effect: Effect | 'mcp' = info?.effect ?? 'mcp';
  if (info === null && !isMcpTool(tool)) return deny('UNKNOWN_TOOL', `There is no tool "${tool}" here.`);
  if (grant.disallowed.some((pattern) => namesTool(pattern, tool)))
    return deny('TOOL_DISALLOWED', `The tool ${tool} is switched off for this run.`);
  const isPartOfAnswering = effect === 'note' && !isOwnTool(tool);
  if (grant.allowed !== null && !isPartOfAnswering && !grant.allowed.some((pattern) => namesTool(pattern, tool)))
    return deny('TOOL_NOT_ALLOWED', `The tool ${tool} is not among the tools this run may use.`);
  if ((effect === 'shell' || effect === 'write') && !hasPermission(grant.permissions, 'shell'))
    return deny('PERMISSION', `The key of this run lacks the permission "shell", so ${tool} is not available.`);
  const readOnly = effect === 'read' || effect === 'note' || effect === 'agent';
  if (!isAttended(grant.origin) && !readOnly && !grant.granted.some((pattern) => namesTool(pattern, tool)))
    return deny('UNATTENDED', `Nobody is present in this run, so ${tool} is not available.`);
  if (grant.mode === 'plan' && (effect === 'shell' || effect === 'write' || effect === 'mcp'))
    return deny('PLAN_MODE', 'This chat is in plan mode: look, think and propose, but change nothing.');
  return null;
};

/** A pattern reaches as far as its fixed beginning says. */
const beforeWildcard = (path: string): string => path.replace(/[*?[{].*$/, '');

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url);

export const createPolicy = ({ paths }: { paths: PathGuard }): Policy => {
  const pathsIn = (info: ToolInfo, input: JsonObject, cwd: string): Promise<string[]> =>
    Promise.all(info.paths.map((name) => paths.resolve(beforeWildcard(text(input[name])) || '.', cwd)));

  const decideRead = async (tool: string, info: ToolInfo, input: JsonObject, grant: Grant): Promise<Decision> => {
    const real = await pathsIn(info, input, grant.cwd);
    for (const path of real) {
      if (await paths.isSecret(path))
        return deny('PROTECTED_PATH', 'That place holds secrets and is not readable here.');
      if (await paths.inRoots(path, [grant.cwd, ...grant.addDirs])) continue;
      if (grant.mode === 'bypassPermissions') continue;
      if (!isAttended(grant.origin)) return deny('OUTSIDE_ROOTS', 'That place is outside the folders of this run.');
      return { kind: 'ask', title: `${tool} ${path}`, risk: 'medium', reason: 'reads outside the working folder' };
    }
    return { kind: 'allow', code: 'READ' };
  };

  const decideWrite = async (tool: string, info: ToolInfo, input: JsonObject, grant: Grant): Promise<Decision> => {
    const real = await pathsIn(info, input, grant.cwd);
    for (const path of real)
      if (await paths.isProtected(path))
        return deny('PROTECTED_PATH', 'That place decides what Hearth may do and is read-only for every run.');
    if (grant.mode === 'bypassPermissions') return { kind: 'allow', code: 'MODE' };
    const inside = (await Promise.all(real.map((path) => paths.inRoots(path, [grant.cwd, ...grant.addDirs])))).every(
      Boolean,
    );
    if (inside && grant.mode === 'acceptEdits') return { kind: 'allow', code: 'MODE' };
    const verb = tool === 'Write' ? 'Write' : 'Change';
    return inside
      ? { kind: 'ask', title: `${verb} ${real[0] ?? ''}`, risk: 'low', reason: 'changes a file in the working folder' }
      : {
          kind: 'ask',
          title: `${verb} ${real[0] ?? ''}`,
          risk: 'high',
          reason: 'changes a file outside the working folder',
        };
  };

  const decideShell = (input: JsonObject, grant: Grant): Decision => {
    const command = text(input.command);
    if (input.dangerouslyDisableSandbox === true)
      return deny('SANDBOX', 'The sandbox cannot be switched off by a run.');
    const touchesOwn = paths.mentions(command);
    if (!touchesOwn && onlyLooksAround(command)) return { kind: 'allow', code: 'LOOK' };
    if (!touchesOwn && grant.mode === 'bypassPermissions') return { kind: 'allow', code: 'MODE' };
    const { risk, reason } = touchesOwn
      ? ({ risk: 'high', reason: 'touches keys or data of Hearth itself' } as const)
      : riskOfCommand(command);
    return { kind: 'ask', title: text(input.description) || 'Run a command', risk, reason };
  };

  const decideNetwork = (tool: string, input: JsonObject, grant: Grant): Decision => {
    if (tool === 'WebSearch') return { kind: 'allow', code: 'SEARCH' };
    const problem = checkPublicUrl(text(input.url));
    if (problem !== null) return deny('URL', `That address ${problem}.`);
    if (grant.mode === 'bypassPermissions') return { kind: 'allow', code: 'MODE' };
    return {
      kind: 'ask',
      title: `Open ${hostOf(text(input.url))}`,
      risk: 'low',
      reason: 'fetches a page from the internet',
    };
  };

  return {
    async decide(name, input, grant) {
      const tool = canonicalTool(name);
      const info = toolInfo(tool);
      const refused = refusedByName(tool, info, grant);
      if (refused) return refused;
      if (!isAttended(grant.origin) && info?.effect === 'shell') return { kind: 'allow', code: 'GRANTED' };
      if (info === null) {
        if (grant.mode === 'bypassPermissions' || !isAttended(grant.origin)) return { kind: 'allow', code: 'MODE' };
        return { kind: 'ask', title: `Use ${tool}`, risk: 'medium', reason: 'a tool of an MCP server' };
      }
      switch (info.effect) {
        case 'read':
          return decideRead(tool, info, input, grant);
        case 'write':
          return decideWrite(tool, info, input, grant);
        case 'shell':
          return decideShell(input, grant);
        case 'network':
          return decideNetwork(tool, input, grant);
        case 'forget':
          if (grant.mode === 'bypassPermissions') return { kind: 'allow', code: 'MODE' };
          return {
            kind: 'ask',
            title: `Forget “${text(input.memory).slice(0, 200)}”`,
            risk: 'medium',
            reason: 'takes a memory away for good',
          };
        case 'ask':
          return { kind: 'question' };
        case 'agent':
        case 'note':
          return { kind: 'allow', code: 'HARMLESS' };
      }
    },
  };
};
