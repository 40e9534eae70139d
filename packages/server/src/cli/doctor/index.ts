/**
 * `hearth doctor`: looks at everything Hearth needs and says what is wrong and how to mend it. It only reads. The exit
 * code is 1 when something keeps Hearth from working.
 */
import { type Config, ConfigError, loadConfig } from '../../config.ts';
import type { Io } from '../io.ts';
import { checkAccount } from './check-account.ts';
import { checkDatabase } from './check-database.ts';
import { checkBackups, checkFolders, checkWorkFolders } from './check-folders.ts';
import { checkClaude, checkClock, checkNode } from './check-machine.ts';
import { checkMemory } from './check-memory.ts';
import { checkParts } from './check-parts.ts';
import { checkServer } from './check-server.ts';
import { error, type Finding, ok } from './finding.ts';

export interface DoctorDeps {
  load?: () => Config;
  now?: () => Date;
}

/** A check that fails itself is a finding, and the others still run. */
const guarded = async <T>(name: string, check: () => Promise<T>, instead: (finding: Finding) => T): Promise<T> => {
  try {
    return await check();
  } catch (failure) {
    const cause = failure instanceof Error ? failure.message : String(failure);
    const fix = 'Run the command as the user that runs Hearth.';
    return instead(error({ id: `${name}.unknown`, title: `Could not look at: ${name}`, cause, fix }));
  }
};

const alone = (finding: Finding): Finding[] => [finding];

const examineConfigured = async (config: Config, now: Date): Promise<Finding[]> => {
  const folders = await guarded('data', () => checkFolders(config), alone);
  const server = await guarded(
    'server',
    () => checkServer(config),
    (finding) => ({ running: false, findings: [finding] }),
  );
  const database = await guarded(
    'database',
    () => checkDatabase(config, { now, serverRuns: server.running }),
    (finding) => ({ findings: [finding], newest: null, since: null }),
  );
  return [
    ...folders,
    ...(await guarded('workspace', async () => checkWorkFolders(config), alone)),
    ...database.findings,
    ...(await guarded('parts', () => checkParts(config), alone)),
    ...(await guarded('memory', () => checkMemory(config), alone)),
    ...server.findings,
    ...(await guarded('account', () => checkAccount(config), alone)),
    await guarded(
      'claude',
      () => checkClaude(config),
      (finding) => finding,
    ),
    checkClock(now, database.newest),
    ...(await guarded('backup', async () => [checkBackups(config, now, database.since)], alone)),
  ];
};

export const examine = async ({ load = loadConfig, now = () => new Date() }: DoctorDeps = {}): Promise<Finding[]> => {
  const first = checkNode();
  try {
    const config = load();
    return [ok('config', 'The configuration is valid'), first, ...(await examineConfigured(config, now()))];
  } catch (failure) {
    if (!(failure instanceof ConfigError)) throw failure;
    const trouble = {
      id: 'config.invalid',
      title: 'The configuration cannot be used',
      cause: failure.issues.join('; '),
      fix: 'Correct these variables in the environment or in .env.',
    };
    return [error(trouble), first];
  }
};

const marks = { ok: 'ok      ', warning: 'warning ', error: 'ERROR   ' } as const;

const render = (findings: readonly Finding[]): string => {
  const lines = findings.flatMap(({ level, title, cause, fix }) => [
    `${marks[level]}${title}`,
    ...(cause === '' ? [] : [`          ${cause}`]),
    ...(fix === '' ? [] : [`          What to do: ${fix}`]),
  ]);
  const count = (level: Finding['level']): number => findings.filter((one) => one.level === level).length;
  const [errors, warnings] = [count('error'), count('warning')];
  const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
  const end = errors + warnings === 0 ? 'All is well.' : `${plural(errors, 'error')}, ${plural(warnings, 'warning')}.`;
  return [...lines, '', end].join('\n');
};

/** Resolves to the exit code. */
export const runDoctor = async (io: Io, options: { json: boolean }, deps: DoctorDeps = {}): Promise<number> => {
  const findings = await examine(deps);
  const isSick = findings.some((finding) => finding.level === 'error');
  io.out(options.json ? JSON.stringify({ ok: !isSick, findings }, null, 2) : render(findings));
  return isSick ? 1 : 0;
};
