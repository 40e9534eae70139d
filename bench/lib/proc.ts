/**
 * What the kernel says about a process: memory, CPU time, children (Linux `/proc`). Elsewhere reading throws, and the
 * measures that need it are reported as not measured.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { sleep } from './stats.ts';

export interface ProcessId {
  pid: number;
  /** Start time in clock ticks: the same number again can be another process, the same pair cannot. */
  startedAt: string;
}

/** The fields of `/proc/<pid>/stat` after the name, which may hold spaces itself. */
const statFields = (pid: number): string[] => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
};

export const identify = (pid: number): ProcessId => ({ pid, startedAt: statFields(pid)[19] ?? '' });

export const isAlive = ({ pid, startedAt }: ProcessId): boolean => {
  try {
    const fields = statFields(pid);
    return fields[19] === startedAt && fields[0] !== 'Z';
  } catch {
    return false;
  }
};

const childrenOf = (pid: number): number[] => {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
};

/** Every process below this one. One that ends while we look is left out. */
export const descendantsOf = (pid: number): ProcessId[] =>
  childrenOf(pid).flatMap((child) => {
    try {
      return [identify(child), ...descendantsOf(child)];
    } catch {
      return [];
    }
  });

/** Resident memory of this process alone, in bytes. */
export const residentBytes = (pid: number): number => {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (!line) throw new Error(`the memory of process ${pid} cannot be read`);
  return Number(line[1]) * 1024;
};

const cpuTicks = (pid: number): number => {
  try {
    const fields = statFields(pid);
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0;
  }
};

/**
 * Waits until a process and all below it have rested for `restMs`: at most one clock tick of CPU in that time. This is
 * how we know that a spare worker has finished starting. False when `limitMs` went by first.
 */
export const waitUntilQuiet = async (pid: number, { restMs = 400, limitMs = 8_000 } = {}): Promise<boolean> => {
  const spent = (): number => {
    const ids = [pid, ...descendantsOf(pid).map((one) => one.pid)];
    return ids.reduce((sum, id) => sum + cpuTicks(id), ids.length * 1e9);
  };
  const deadline = performance.now() + limitMs;
  let before = spent();
  while (performance.now() < deadline) {
    await sleep(restMs);
    const after = spent();
    if (Math.abs(after - before) <= 1) return true;
    before = after;
  }
  return false;
};

/** Samples until three in a row differ by less than 1 MB; the last one counts. Bounded. */
export const settledBytes = async (pid: number, { everyMs = 500, limitMs = 8_000 } = {}): Promise<number> => {
  const samples = [residentBytes(pid)];
  for (let waited = 0; waited < limitMs; waited += everyMs) {
    await sleep(everyMs);
    samples.push(residentBytes(pid));
    const last = samples.slice(-3);
    if (last.length === 3 && Math.max(...last) - Math.min(...last) < 1024 * 1024) break;
  }
  return samples.at(-1) ?? 0;
};
