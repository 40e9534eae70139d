/** The machine: Node, the clock, the `claude` program that comes with Hearth. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '../../config.ts';
import { error, type Finding, ok } from './finding.ts';

const leastMajor = 26;
const leastMinor = 1;

export const checkNode = (version: string = process.versions.node): Finding => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return ok('node', `Node ${version}`);
  return error({
    id: 'node.old',
    title: `Node ${version} is too old`,
    cause: `Hearth needs Node ${leastMajor}.${leastMinor} or later.`,
    fix: 'Run "npm install" in the folder of Hearth and start it with "npx hearth".',
  });
};

/** Nobody ran this version before it was written. */
const earliest = Date.UTC(2026, 0, 1);
const latest = Date.UTC(2100, 0, 1);

export const checkClock = (now: Date, newestRow: string | null): Finding => {
  const fix = 'Set the time of the machine, best by a time service (NTP).';
  const time = now.getTime();
  if (time < earliest || time > latest)
    return error({ id: 'clock.wrong', title: 'The clock is wrong', cause: `It says ${now.toISOString()}.`, fix });
  if (newestRow !== null && Date.parse(newestRow) > time + 300_000)
    return error({
      id: 'clock.behind',
      title: 'The clock is behind',
      cause: `It says ${now.toISOString()}, but the database already has something of ${newestRow}.`,
      fix,
    });
  return ok('clock', `The clock says ${now.toISOString()}`);
};

const packagesFor = (platform: string, arch: string): string[] => {
  const base = `@anthropic-ai/claude-agent-sdk-${platform}-${arch}`;
  return platform === 'linux' ? [base, `${base}-musl`] : [base];
};

/** From the agent SDK, as the SDK itself looks for it. */
const findClaude = (): string[] => {
  const here = createRequire(import.meta.url);
  const program = process.platform === 'win32' ? 'claude.exe' : 'claude';
  return packagesFor(process.platform, process.arch).flatMap((name) => {
    try {
      const sdk = createRequire(here.resolve('@anthropic-ai/claude-agent-sdk'));
      return [sdk.resolve(`${name}/${program}`)];
    } catch {
      return []; // this variant is not installed, which is what was asked
    }
  });
};

const versionLimitMs = 15_000;

export const checkClaude = async (config: Config, programs = findClaude()): Promise<Finding> => {
  const fix = 'Run "npm install" in the folder of Hearth, on this machine and without leaving out optional packages.';
  const title = 'The agent program "claude" does not run';
  if (programs.length === 0)
    return error({ id: 'claude.missing', title, cause: 'npm has not installed it for this machine.', fix });
  const { PATH } = config.agent.baseEnv;
  // A home of its own that does not exist: asking for the version must leave nothing behind.
  const nowhere = join(config.paths.dataDir, 'claude', 'doctor');
  const env = { PATH, HOME: nowhere, CLAUDE_CONFIG_DIR: nowhere, DISABLE_AUTOUPDATER: '1' };
  const causes: string[] = [];
  for (const program of programs) {
    try {
      const { stdout } = await promisify(execFile)(program, ['--version'], { env, timeout: versionLimitMs });
      return ok('claude', `Agent program: ${stdout.trim().slice(0, 100)}`);
    } catch (failure) {
      causes.push(failure instanceof Error ? (failure.message.split('\n')[0] ?? '') : String(failure));
    }
  }
  return error({ id: 'claude.broken', title, cause: causes.join('; '), fix });
};
