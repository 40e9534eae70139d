/**
 * The environment of a `claude` process: a short allowlist from the server's own, the credential, and nothing else, so
 * that no server secret reaches a shell the model may use. The caller passes the base environment; nothing here reads
 * `process.env`.
 */

/** How the process reaches a model. `login` uses an existing `claude` login in its own config folder. */
export type ClaudeCredential =
  | { kind: 'api_key'; apiKey: string; baseUrl: string | null }
  | { kind: 'oauth_token'; token: string; baseUrl: string | null }
  | { kind: 'gateway'; authToken: string; baseUrl: string }
  | { kind: 'login'; configDir: string };

export interface ClaudeSettings {
  credential: ClaudeCredential;
  /** Folder for the process's own files; transcripts live in our store, so it may be emptied at any time. */
  configDir: string;
  /** Aliases of the seed: what `opus`, `sonnet`, `haiku` and subagents stand for. */
  modelAliases: { opus?: string; sonnet?: string; haiku?: string; subagent?: string };
  requestTimeoutMs: number;
  maxRetries: number;
  /** True when the server runs as root inside a container. */
  runningAsRoot: boolean;
  baseEnv: Record<string, string | undefined>;
}

const inherited = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'TERM'];

const credentialEnv = (credential: ClaudeCredential): Record<string, string> => {
  const base: Record<string, string> =
    'baseUrl' in credential && credential.baseUrl ? { ANTHROPIC_BASE_URL: credential.baseUrl } : {};
  switch (credential.kind) {
    case 'api_key':
      return { ...base, ANTHROPIC_API_KEY: credential.apiKey };
    case 'oauth_token':
      return { ...base, CLAUDE_CODE_OAUTH_TOKEN: credential.token };
    case 'gateway':
      return { ...base, ANTHROPIC_AUTH_TOKEN: credential.authToken };
    case 'login':
      return {};
  }
};

const aliasEnv = (aliases: ClaudeSettings['modelAliases']): Record<string, string> => ({
  ...(aliases.opus ? { ANTHROPIC_DEFAULT_OPUS_MODEL: aliases.opus } : {}),
  ...(aliases.sonnet ? { ANTHROPIC_DEFAULT_SONNET_MODEL: aliases.sonnet } : {}),
  ...(aliases.haiku ? { ANTHROPIC_DEFAULT_HAIKU_MODEL: aliases.haiku } : {}),
  ...(aliases.subagent ? { CLAUDE_CODE_SUBAGENT_MODEL: aliases.subagent } : {}),
});

export const claudeEnvironment = (settings: ClaudeSettings, extra: Record<string, string>): Record<string, string> => {
  const env: Record<string, string> = {};
  for (const name of inherited) {
    const value = settings.baseEnv[name];
    if (value !== undefined) env[name] = value;
  }
  return {
    ...env,
    ...extra,
    ...credentialEnv(settings.credential),
    ...aliasEnv(settings.modelAliases),
    CLAUDE_CONFIG_DIR: settings.credential.kind === 'login' ? settings.credential.configDir : settings.configDir,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    CLAUDE_CODE_MAX_RETRIES: String(settings.maxRetries),
    API_TIMEOUT_MS: String(settings.requestTimeoutMs),
    CLAUDE_CODE_ENABLE_TASKS: '0',
    // The process has a memory of its own, in files that all owners of a folder share and that nothing here could forget.
    CLAUDE_CODE_DISABLE_AUTO_MEMORY: '1',
    // A message that names a file with "@" would have it read past the gate; now the model has to ask for it.
    CLAUDE_CODE_DISABLE_FILE_MENTIONS: '1',
    // The process is a Bun program. Collecting garbage beside its work takes time from both on a machine of two cores;
    // without, a turn is 2 ms quicker in the middle and 8 ms at the slow end (one of ten).
    BUN_JSC_useConcurrentGC: '0',
    ...(settings.runningAsRoot ? { IS_SANDBOX: '1' } : {}),
  };
};
