/** The real Claude adapter against a stand-in on loopback, for contract and policy tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail, type StandIn, type Step, startStandIn, text, toolUse } from '@hearth/stand-in';
import type { ContractStep, ProviderHarness } from '../provider.contract.ts';
import { createClaudeProvider } from './index.ts';

/** One step as the model's answers; an overloaded model fails the retry too. */
const toAnswers = (step: ContractStep): Step[] => {
  if ('say' in step) return [text(step.say)];
  if ('use' in step) return [toolUse(step.use, step.input)];
  if ('fail' in step) return [fail.overloaded(), fail.overloaded()];
  return [fail.silent()];
};

export const claudeOn = (standIn: StandIn, configDir: string) =>
  createClaudeProvider({
    settings: () => ({
      credential: { kind: 'api_key', apiKey: 'sk-test', baseUrl: standIn.url },
      configDir,
      modelAliases: {},
      requestTimeoutMs: 60_000,
      maxRetries: 1,
      runningAsRoot: process.getuid?.() === 0,
      baseEnv: { PATH: process.env.PATH, HOME: configDir },
    }),
  });

export const claudeHarness = async (): Promise<ProviderHarness & { standIn: StandIn }> => {
  const standIn = await startStandIn();
  const configDir = mkdtempSync(join(tmpdir(), 'hearth-claude-'));
  return {
    standIn,
    provider: claudeOn(standIn, configDir),
    answer: (turns) => standIn.script(turns.flat().flatMap(toAnswers)),
    lastSeen: () => JSON.stringify(standIn.requests.last()?.body ?? {}),
    close: async () => {
      await standIn.close();
      rmSync(configDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
