/**
 * `npm run bench:web [-- --write] [-- --strict]`: the bars of the web app beside their limits, in a real Chromium against
 * the real server with the stand-in model. `--write` puts the table into docs/benchmarks.md, `--strict` ends with 1 when
 * a limit is missed.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { answered, newChat } from '../tests/e2e/support/chat.ts';
import { setup } from '../tests/e2e/support/setup.ts';
import { startWorld, type World } from '../tests/e2e/support/world.ts';
import { testKey } from '../tests/harness.ts';
import { describeMachine, type Row, renderTable, writeTable } from './lib/report.ts';
import { measureLighthouse } from './web/lighthouse.ts';
import { measureReturn } from './web/return.ts';
import { measureSizes } from './web/sizes.ts';
import { measureCost, measureFrames } from './web/streaming.ts';

const root = join(import.meta.dirname, '..');

const cookieOf = async (world: World): Promise<string> => {
  const url = world.harness.url;
  const answer = await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: url },
    body: JSON.stringify({ api_key: testKey }),
  });
  return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
};

const measureScores = async (world: World): Promise<Row[]> => {
  const { page, context } = await world.visit();
  world.model.script(['One **answer**, with `code` and a list:\n\n- a\n- b', 'And a second one.']);
  const chat = await newChat(page, 'Hello');
  await answered(page);
  await context.close();
  // The server has just started a spare agent process for the next chat, on the processor that Lighthouse measures.
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const url = world.harness.url;
  return [
    ...(await measureLighthouse(root, { name: '/login', url: `${url}/login`, cookie: null, performance: 95 })),
    ...(await measureLighthouse(root, {
      name: 'a chat',
      url: `${url}/c/${chat}`,
      cookie: await cookieOf(world),
      performance: 90,
    })),
  ];
};

const measures: readonly [string, (world: World) => Promise<Row[]>][] = [
  ['frames', measureFrames],
  ['cost per update', measureCost],
  ['return', measureReturn],
  ['lighthouse', measureScores],
];

const { values } = parseArgs({ options: { write: { type: 'boolean' }, strict: { type: 'boolean' } } });
const machine = describeMachine();
setup();
const world = await startWorld();
const rows: Row[] = measureSizes(join(root, 'packages/web/out'));
try {
  for (const [name, measure] of measures) {
    console.error(`${name} …`);
    try {
      rows.push(...(await measure(world)));
    } catch (error) {
      const reason = error instanceof Error ? error.message.split('\n').at(-1) : String(error);
      rows.push({ measure: name, ours: (reason ?? '').slice(0, 200), ok: null, failed: true });
    }
  }
} finally {
  await world.close();
}
const table = renderTable(machine, rows);
console.log(table);
if (values.write) writeTable(join(root, 'docs/benchmarks.md'), table, 'bench-web');
const isMissed = rows.some(({ ok }) => ok === false);
if (rows.some(({ failed }) => failed) || (values.strict && isMissed)) process.exitCode = 1;
