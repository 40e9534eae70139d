/**
 * `npm run bench:memory -- [--set <locomo10.json>] [--chats 10] [--sizes 10000,100000] [--write]`: how well memory finds
 * (with `--set`) and how quickly (`--sizes`; 1000000 takes half an hour and 3 GB of disk). `--write` puts the table into docs/benchmarks.md.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine, type Row, renderTable, writeTable } from '../lib/report.ts';
import { measureRecall } from './recall.ts';
import { measureSize } from './size.ts';

const say = (text: string): void => console.error(text);
const { values } = parseArgs({
  options: {
    set: { type: 'string' },
    chats: { type: 'string', default: '10' },
    sizes: { type: 'string', default: '10000,100000' },
    write: { type: 'boolean', default: false },
  },
});
const machine = describeMachine();
const rows: Row[] = [];
for (const size of values.sizes.split(',').filter((one) => one !== '')) {
  say(`${size} memories …`);
  rows.push(...(await measureSize(Number(size))));
}
if (values.set === undefined) say('recall is not measured: --set <file> is missing, the path of the evaluation set');
else rows.unshift(...(await measureRecall({ set: values.set, chats: Number(values.chats) }, say)));
const table = renderTable(machine, rows);
console.log(table);
if (values.write) writeTable(join(import.meta.dirname, '../../docs/benchmarks.md'), table, 'bench-memory');
