/**
 * `npm run bench:web [-- --write] [-- --strict]`: the bars of the web app beside their limits, in a real Chromium against
 * the real server with the stand-in model. `--write` puts the table into docs/benchmarks.md, `--strict` ends with 1 when
 * a limit is missed.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startStandIn } from '@hearth/stand-in';
import { setup } from '../tests/e2e/support/setup.ts';
import { startWorld, type World } from '../tests/e2e/support/world.ts';
import { type Harness, startHarness, testKey } from '../tests/harness.ts';
import { describeMachine, type Row, renderTable, writeTable } from './lib/report.ts';
import { measureLighthouse } from './web/lighthouse.ts';
import { measureReturn } from './web/return.ts';
import { measureSizes } from './web/sizes.ts';
import { measureCost, measureFrames } from './web/streaming.ts';

const root = join(import.meta.dirname, '..');

const cookieOf = async (harness: Harness): Promise<string> => {
  const answer = await fetch(`${harness.url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: harness.url },
    body: JSON.stringify({ api_key: testKey }),
  });
  return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
};

const makeChat = async ({ client }: Harness): Promise<string> => {
  let id = '';
  for await (const event of client.stream({ prompt: 'Hello' })) if (event.type === 'done') id = event.data.session_id;
  return id;
};

/** With a server of its own and no other browser: Lighthouse counts every disturbance as the page's fault. */
const measureScores = async (): Promise<Row[]> => {
  const standIn = await startStandIn({ tokensPerSecond: 0 });
  const harness = await startHarness({ standIn });
  try {
    standIn.script(['One **answer**, with `code` and a list:\n\n- a\n- b', 'And a second one.']);
    const chat = await makeChat(harness);
    // The server has just started a spare agent process for the next chat, on the same processor.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const { url } = harness;
    return [
      ...(await measureLighthouse(root, { name: '/login', url: `${url}/login`, cookie: null, performance: 95 })),
      ...(await measureLighthouse(root, {
        name: 'a chat',
        url: `${url}/c/${chat}`,
        cookie: await cookieOf(harness),
        performance: 90,
      })),
    ];
  } finally {
    await harness.close();
    await standIn.close();
  }
};

const inWorld = async (measure: (world: World) => Promise<Row[]>): Promise<Row[]> => {
  const world = await startWorld();
  try {
    return await measure(world);
  } finally {
    await world.close();
  }
};

const measures: readonly [string, () => Promise<Row[]>][] = [
  ['frames', () => inWorld(measureFrames)],
  ['cost per update', () => inWorld(measureCost)],
  ['return', () => inWorld(measureReturn)],
  ['lighthouse', measureScores],
];

const { values } = parseArgs({ options: { write: { type: 'boolean' }, strict: { type: 'boolean' } } });
const machine = describeMachine();
setup();
const rows: Row[] = measureSizes(join(root, 'packages/web/out'));
for (const [name, measure] of measures) {
  console.error(`${name} …`);
  try {
    rows.push(...(await measure()));
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n').at(-1) : String(error);
    rows.push({ measure: name, ours: (reason ?? '').slice(0, 200), ok: null, failed: true });
  }
}
const table = renderTable(machine, rows);
console.log(table);
if (values.write) writeTable(join(root, 'docs/benchmarks.md'), table, 'bench-web');
const isMissed = rows.some(({ ok }) => ok === false);
if (rows.some(({ failed }) => failed) || (values.strict && isMissed)) process.exitCode = 1;
