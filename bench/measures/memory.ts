/**
 * Idle memory: resident memory of the server process alone, without its agent processes, once it has stopped changing:
 * before anybody has chatted, and again after three chats. Reference: the bare server, before it holds any data.
 */
import type { Bench } from '../lib/bench.ts';
import { prompt } from '../lib/bench.ts';
import { firstTextOf, takeTurn } from '../lib/hearth.ts';
import { settledBytes, waitUntilQuiet } from '../lib/proc.ts';
import type { Row } from '../lib/report.ts';
import { mb, times } from '../lib/stats.ts';

const limitBytes = 150 * 1024 * 1024;

const toRow = (measure: string, ours: number, reference: number): Row => ({
  measure,
  ours: mb(ours),
  reference: mb(reference),
  ratio: times(ours / reference),
  limit: `< ${mb(limitBytes)}`,
  ok: ours < limitBytes,
});

export const measureMemory = async ({ hearth, keys, reference }: Bench): Promise<Row[]> => {
  await waitUntilQuiet(hearth.process.pid);
  const bare = await settledBytes(reference.process.pid);
  const before = await settledBytes(hearth.process.pid);
  for (let chat = 0; chat < 3; chat += 1) firstTextOf(await takeTurn(hearth, { key: keys(), sessionId: null, prompt }));
  await waitUntilQuiet(hearth.process.pid);
  const after = await settledBytes(hearth.process.pid);
  return [toRow('idle memory before any chat', before, bare), toRow('idle memory after 3 chats', after, bare)];
};
