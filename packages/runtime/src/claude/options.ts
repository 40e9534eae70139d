/** From a worker profile to the SDK's options. What differs between two profiles can only be changed by a new process. */
import type { Options, SessionStore } from '@anthropic-ai/claude-agent-sdk';
import type { OpenRequest, TranscriptEntry, TranscriptStore, WorkerProfile } from '../provider.ts';
import { type ClaudeSettings, claudeEnvironment } from './environment.ts';
import type { GateHook } from './gate-hook.ts';

/** A hook that waits for a person must not be cut off by the SDK's own limit; the gate parks long before this. */
const hookTimeoutSeconds = 24 * 60 * 60;

const toSessionStore = (store: TranscriptStore, onTranscript: ClaudeOptionsInput['onTranscript']): SessionStore => ({
  append: (key, entries) => store.append({ agentSessionId: key.sessionId, subpath: key.subpath ?? '' }, entries),
  async load(key) {
    const entries = await store.load({ agentSessionId: key.sessionId, subpath: key.subpath ?? '' });
    if (entries !== null && key.subpath === undefined) onTranscript(entries);
    return entries;
  },
  listSubkeys: (key) => store.listSubpaths(key.sessionId),
});

const toSandbox = (sandbox: WorkerProfile['sandbox']): Pick<Options, 'sandbox'> =>
  sandbox?.enabled
    ? { sandbox: { enabled: true, ...(sandbox.allowNetwork ? {} : { network: { allowedDomains: [] } }) } }
    : {};

const profileOptions = (profile: WorkerProfile, own: Options['mcpServers']): Options => ({
  cwd: profile.cwd,
  additionalDirectories: profile.addDirs,
  tools: profile.tools,
  disallowedTools: profile.disallowedTools,
  // The process never runs in a mode that lets tools through by itself: the gate stands in for the mode.
  permissionMode: profile.planMode ? 'plan' : 'default',
  systemPrompt:
    profile.systemPrompt.kind === 'custom'
      ? profile.systemPrompt.text
      : { type: 'preset', preset: 'claude_code', append: profile.systemPrompt.text, excludeDynamicSections: true },
  mcpServers: { ...profile.mcpServers, ...own },
  mcpServersDelivery: 'initialize',
  strictMcpConfig: true,
  agents: profile.agents as Options['agents'],
  plugins: profile.plugins.map((path) => ({ type: 'local' as const, path })),
  ...toSandbox(profile.sandbox),
  ...(profile.model ? { model: profile.model } : {}),
  ...(profile.effort ? { effort: profile.effort } : {}),
  ...(profile.outputSchema ? { outputFormat: { type: 'json_schema' as const, schema: profile.outputSchema } } : {}),
  ...(profile.maxTurns ? { maxTurns: profile.maxTurns } : {}),
  ...(profile.maxBudgetUsd ? { maxBudgetUsd: profile.maxBudgetUsd } : {}),
});

const conversationOptions = (resume: OpenRequest['resume'], newId: string): Options => {
  if (resume === null) return { sessionId: newId };
  return resume.fork
    ? { resume: resume.agentSessionId, forkSession: true, sessionId: newId }
    : { resume: resume.agentSessionId };
};

export interface ClaudeOptionsInput {
  request: OpenRequest;
  settings: ClaudeSettings;
  hook: GateHook;
  /** The host's own tools for this process. */
  own?: Options['mcpServers'];
  newId: string;
  /** Sees the main transcript when it is loaded for a resume. */
  onTranscript: (entries: TranscriptEntry[]) => void;
  onStderr: (text: string) => void;
}

export const claudeOptions = ({
  request,
  settings,
  hook,
  own = {},
  newId,
  onTranscript,
  onStderr,
}: ClaudeOptionsInput): Options => ({
  ...profileOptions(request.profile, own),
  ...conversationOptions(request.resume, newId),
  env: claudeEnvironment(settings, request.profile.env),
  // Project settings of a working folder are never loaded: they may carry hooks and redirect the model endpoint.
  settingSources: [],
  sessionStore: toSessionStore(request.transcripts, onTranscript),
  sessionStoreFlush: 'eager',
  includePartialMessages: true,
  forwardSubagentText: true,
  hooks: { PreToolUse: [{ hooks: [hook.preToolUse], timeout: hookTimeoutSeconds }] },
  canUseTool: hook.canUseTool,
  stderr: onStderr,
});
