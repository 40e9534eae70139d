/** What parts of the server are given, made of the configuration alone. */
import { join } from 'node:path';
import type { ClaudeCredential, ClaudeSettings } from '@hearth/runtime';
import type { Config } from '../config.ts';

export const claudeSettings = (config: Config, credential: ClaudeCredential): ClaudeSettings => ({
  credential,
  configDir: join(config.paths.dataDir, 'claude'),
  modelAliases: config.claude.aliases,
  requestTimeoutMs: 120_000,
  maxRetries: 1,
  runningAsRoot: config.agent.runningAsRoot,
  baseEnv: config.agent.baseEnv,
});

export const guardedPaths = ({ paths }: Config) => ({
  home: paths.home,
  configDir: paths.configDir,
  dataDir: paths.dataDir,
  workspace: paths.workspace,
  roots: paths.allowedRoots,
});
