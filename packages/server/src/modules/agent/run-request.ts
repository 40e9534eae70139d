/**
 * From a request to what the runtime and the policy need: checks of folders, tools and environment, the system prompt,
 * and the profile of the worker. The profile is the same for equal chats, so that a spare worker fits.
 */
import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { Session, TurnRequest } from '@hearth/contract';
import { hasPermission } from '@hearth/contract';
import type { WorkerProfile } from '@hearth/runtime';
import { AppError, invalidField as invalid } from '../../kernel/errors.ts';
import { checkPublicUrl } from '../../kernel/public-url.ts';
import { type Grant, isKnownTool, offeredTools, type PathGuard } from '../policy/index.ts';
import type { RunStarter } from './types.ts';

export interface RunRequestDeps {
  /** Null when a webhook may be sent there, otherwise why not. */
  webhookProblem: (url: string) => string | null;
  paths: PathGuard;
  workspace: string;
  /** How the assistant is to speak to this owner: the beginning of the system prompt. */
  personaOf: (ownerId: string) => Promise<string>;
}

type SessionDefaults = Pick<Session, 'cwd' | 'model' | 'permission_mode'>;

export interface PreparedRun {
  profile: WorkerProfile;
  grant: Grant;
  checkpointing: boolean;
  hooks: NonNullable<TurnRequest['hooks']>;
}

const forbiddenEnv =
  /^(PATH|HOME|SHELL|IFS|ENV|BASH_ENV|PS4|PROMPT_COMMAND|SHELLOPTS|BASHOPTS|LD_.*|DYLD_.*|NODE_.*|npm_.*|NPM_.*|PYTHON.*|RUBYOPT|RUBYLIB|PERL5?(OPT|LIB|DB).*|GIT_.*|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|GCONV_PATH|TMPDIR|CLAUDE_.*|ANTHROPIC_.*|API_TIMEOUT_MS|DISABLE_.*|IS_SANDBOX|HEARTH_.*|(HTTPS?|ALL|NO)_PROXY|https?_proxy|all_proxy|no_proxy|SSL_.*|SSH_.*|DOCKER_.*|KUBECONFIG)$/;

const checkEnv = (env: Record<string, string>): void => {
  for (const name of Object.keys(env))
    if (forbiddenEnv.test(name)) throw invalid(`env.${name}`, 'may not be set for a run');
};

const checkTools = (turn: TurnRequest): void => {
  for (const field of ['allowed_tools', 'disallowed_tools'] as const)
    (turn[field] ?? []).forEach((name, index) => {
      if (!isKnownTool(name)) throw invalid(`${field}.${index}`, `there is no tool "${name}"`);
    });
};

/** Needs of a request that equal a shell: they are refused before anything is done. */
const checkPower = (turn: TurnRequest, starter: RunStarter, mode: Grant['mode']): void => {
  const stdio = Object.values(turn.mcp_servers ?? {}).some((server) => server.type === 'stdio');
  const needsShell = mode === 'bypassPermissions' || stdio || (turn.plugins?.length ?? 0) > 0 || turn.env !== undefined;
  if (needsShell && !hasPermission(starter.permissions, 'shell'))
    throw new AppError('FORBIDDEN', 'This needs the permission "shell".', { details: { permission: 'shell' } });
};

const headerName = /^(?!(?:host|content-length|transfer-encoding|connection)$)[A-Za-z0-9-]{1,100}$/i;
const headerValue = /^[\x20-\x7e]*$/;

const checkUrls = (turn: TurnRequest): void => {
  for (const [name, server] of Object.entries(turn.mcp_servers ?? {})) {
    if (server.type === 'stdio') continue;
    const problem = checkPublicUrl(server.url);
    if (problem) throw invalid(`mcp_servers.${name}.url`, problem);
  }
  turn.images?.forEach((image, index) => {
    const problem = image.type === 'url' ? checkPublicUrl(image.data) : null;
    if (problem) throw invalid(`images.${index}.data`, problem);
  });
};

const outputSchema = (turn: TurnRequest): WorkerProfile['outputSchema'] => {
  if (!turn.output_format) return null;
  return turn.output_format.type === 'json_schema' ? turn.output_format.schema : { type: 'object' };
};

const systemPrompt = (turn: TurnRequest, persona: string): WorkerProfile['systemPrompt'] => {
  const extra = turn.system_prompt_append ? `\n\n${turn.system_prompt_append}` : '';
  return turn.system_prompt
    ? { kind: 'custom', text: turn.system_prompt + extra }
    : { kind: 'append', text: persona + extra };
};

export interface RunRequests {
  prepare(turn: TurnRequest, session: SessionDefaults, starter: RunStarter): Promise<PreparedRun>;
  /** The real path of a folder that runs may work in; otherwise VALIDATION_ERROR that names `field`. */
  folder(field: string, path: string): Promise<string>;
  /** The profile of a plain new chat: what the spare worker is kept for. */
  usual(starter: RunStarter): Promise<WorkerProfile>;
}

export const createRunRequests = (deps: RunRequestDeps): RunRequests => {
  const { paths, workspace, webhookProblem, personaOf } = deps;
  const checkWebhooks = (turn: TurnRequest): void => {
    for (const [event, hook] of Object.entries(turn.hooks ?? {})) {
      const problem = hook ? webhookProblem(hook.url) : null;
      if (problem) throw invalid(`hooks.${event}.url`, problem);
      const bad = Object.entries(hook?.headers ?? {}).find(
        ([name, value]) => !headerName.test(name) || !headerValue.test(value),
      );
      if (bad) throw invalid(`hooks.${event}.headers.${bad[0]}`, 'is not a header that can be sent');
    }
  };

  const folder = async (field: string, path: string): Promise<string> => {
    if (!isAbsolute(path) && !path.startsWith('~/')) throw invalid(field, 'must be an absolute path');
    if (path.split(/[\\/]/).includes('..')) throw invalid(field, 'must not contain ".."');
    const real = await paths.resolve(path, workspace);
    const usable = (await paths.inRoots(real, [])) && (await stat(real).catch(() => null))?.isDirectory();
    // One answer for "outside" and "not there", so that nobody can feel their way around the disk.
    if (!usable) throw invalid(field, 'is not a folder that runs may work in');
    return real;
  };

  const profileOf = (
    turn: TurnRequest,
    grant: Grant,
    asked: { model: string | null; persona: string },
  ): WorkerProfile => {
    const attended = grant.origin === 'chat' || grant.origin === 'api';
    const { permissions, allowed, disallowed } = grant;
    return {
      model: asked.model,
      effort: turn.effort ?? null,
      systemPrompt: systemPrompt(turn, asked.persona),
      tools: offeredTools({ permissions, attended, allowed, disallowed }),
      disallowedTools: [...disallowed],
      planMode: grant.mode === 'plan',
      cwd: grant.cwd,
      addDirs: [...grant.addDirs],
      env: turn.env ?? {},
      agents: turn.agents ?? {},
      mcpServers: turn.mcp_servers ?? {},
      plugins: (turn.plugins ?? []).map((plugin) => plugin.path),
      outputSchema: outputSchema(turn),
      maxTurns: turn.max_turns ?? null,
      maxBudgetUsd: turn.max_budget_usd ?? null,
      sandbox: turn.sandbox
        ? { enabled: turn.sandbox.enabled, allowNetwork: turn.sandbox.allow_network ?? false }
        : null,
    };
  };

  const grantOf = (starter: RunStarter, mode: Grant['mode'], cwd: string): Grant => ({
    origin: starter.origin,
    permissions: starter.permissions,
    mode,
    allowed: null,
    disallowed: [],
    cwd,
    addDirs: [],
    granted: starter.granted,
  });

  return {
    folder,
    async prepare(turn, session, starter) {
      const mode = turn.permission_mode ?? session.permission_mode;
      checkTools(turn);
      checkEnv(turn.env ?? {});
      checkPower(turn, starter, mode);
      checkUrls(turn);
      checkWebhooks(turn);
      const wanted = turn.cwd ?? session.cwd;
      const cwd = wanted ? await folder('cwd', wanted) : workspace;
      const addDirs = await Promise.all((turn.add_dirs ?? []).map((dir, index) => folder(`add_dirs.${index}`, dir)));
      await Promise.all((turn.plugins ?? []).map((plugin, index) => folder(`plugins.${index}.path`, plugin.path)));
      const grant: Grant = {
        ...grantOf(starter, mode, cwd),
        allowed: turn.allowed_tools ?? null,
        disallowed: turn.disallowed_tools ?? [],
        addDirs,
      };
      const persona = await personaOf(starter.ownerId);
      const profile = profileOf(turn, grant, { model: turn.model ?? session.model, persona });
      return { profile, grant, checkpointing: turn.enable_file_checkpointing ?? true, hooks: turn.hooks ?? {} };
    },
    async usual(starter) {
      const turn: TurnRequest = { prompt: '' };
      const persona = await personaOf(starter.ownerId);
      return profileOf(turn, grantOf(starter, 'default', workspace), { model: null, persona });
    },
  };
};
