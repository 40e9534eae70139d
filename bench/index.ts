/**
 * `npm run bench [-- --write] [-- --strict] [-- --only "new chat"]`: how quick and light Hearth is, beside a reference measured in the same run.
 * Everything stays on this machine; the model is the stand-in, answering at once. `--write` puts the table into
 * docs/benchmarks.md, `--strict` ends with 1 when a limit is missed. A measure that fails ends with 1 either way.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench } from './lib/bench.ts';
import { createKeys } from './lib/hearth.ts';
import { startModel } from './lib/reference.ts';
import { describeMachine, type Row, renderTable, writeTable } from './lib/report.ts';
import { createScope, type Scope } from './lib/scope.ts';
import { measureNewChat, measureRunningChat } from './measures/first-text.ts';
import { measureList } from './measures/list.ts';
import { measureMemory } from './measures/memory.ts';
import { measureRecallingChat } from './measures/recalling-chat.ts';
import { measureStart, type StartResult } from './measures/start.ts';
import { measureStreams } from './measures/streams.ts';

const limitMs = 300_000;
const say = (text: string): void => console.error(text);

const measures: readonly { name: string; run: (bench: Bench) => Promise<Row[]> }[] = [
  { name: 'idle memory', run: measureMemory },
  { name: 'running chat', run: measureRunningChat },
  { name: 'recalling chat', run: measureRecallingChat },
  { name: 'new chat', run: measureNewChat },
  { name: 'streams at once', run: measureStreams },
  { name: 'list of sessions', run: measureList },
];

const timed = async (name: string, work: () => Promise<Row[]>): Promise<Row[]> => {
  const startedAt = performance.now();
  let rows: Row[];
  try {
    rows = await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    rows = [{ measure: name, ours: reason.slice(0, 200), ok: null, failed: true }];
  }
  say(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return rows;
};

const measureAll = async (scope: Scope, rows: Row[], only: string): Promise<void> => {
  const modelUrl = await startModel(scope, scope.folder('model'));
  const running: StartResult[] = [];
  const startRows = await timed('start to healthy', async () => {
    const result = await measureStart(scope, modelUrl);
    running.push(result);
    return result.rows;
  });
  rows.push(...startRows);
  for (const { hearth, reference } of running) {
    const bench: Bench = { scope, hearth, reference, modelUrl, keys: await createKeys(hearth.url), say };
    for (const { name, run } of measures.filter((measure) => measure.name.includes(only)))
      rows.push(...(await timed(name, () => run(bench))));
  }
};

const withinLimit = async (work: Promise<void>, rows: Row[]): Promise<void> => {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    rows.push({ measure: 'the rest', ours: `not within ${limitMs / 1000} s`, ok: null, failed: true });
    late.resolve();
  }, limitMs);
  await Promise.race([work, late.promise]);
  clearTimeout(timer);
};

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      write: { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
    },
  });
  const machine = describeMachine();
  const scope = createScope();
  const rows: Row[] = [];
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void scope.close().finally(() => process.exit(130)));
  try {
    await withinLimit(measureAll(scope, rows, values.only), rows);
  } finally {
    await scope.close();
  }
  const table = renderTable(machine, rows);
  console.log(`\n${table}\n`);
  if (values.write) writeTable(join(import.meta.dirname, '..', 'docs/benchmarks.md'), table);
  const missed = rows.some((row) => row.ok === false);
  return rows.some((row) => row.failed) || (values.strict && missed) ? 1 : 0;
};

process.exit(await main());
