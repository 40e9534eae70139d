/** The table: measured values beside the reference and the limit, on the console and in `docs/benchmarks.md`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';

export interface Row {
  measure: string;
  ours: string;
  reference?: string;
  ratio?: string;
  limit?: string;
  /**
   * Null when there is no limit: the row is information. `in proportion`: more milliseconds than the limit has, but the
   * ratio that goes with it is kept (docs/decisions/0012).
   */
  ok: boolean | 'in proportion' | null;
  /** Set when the value could not be measured at all. */
  failed?: boolean;
}

const mark = ({ ok, failed }: Row): string => {
  if (failed) return 'not measured';
  if (ok === 'in proportion') return '≈';
  return ok === null ? '' : ok ? '✓' : '✗';
};

const cell = (text: string | undefined): string => (text ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ') || '–';

const toLine = (row: Row): string =>
  `| ${[row.measure, row.ours, row.reference, row.ratio, row.limit, mark(row)].map(cell).join(' | ')} |`;

/** The machine, and how busy it was before the run: other work makes every number worse. */
export const describeMachine = (): string => {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const memory = Math.round(totalmem() / 1024 ** 3);
  const load = loadavg()[0]?.toFixed(2);
  const day = new Date().toISOString().slice(0, 10);
  return `${day} · ${cpus().length} cores (${model}) · ${memory} GB · Node ${process.version} · load before the run ${load}`;
};

export const renderTable = (machine: string, rows: readonly Row[]): string =>
  [
    machine,
    '',
    '| measure | ours | reference | ratio | limit | ok |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map(toLine),
  ].join('\n');

/** Puts the table between the markers of the document: `<!-- bench:start -->` … `<!-- bench:end -->`. */
export const writeTable = (file: string, table: string, name = 'bench'): void => {
  const start = `<!-- ${name}:start -->`;
  const end = `<!-- ${name}:end -->`;
  const text = readFileSync(file, 'utf8');
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${file} has no place for the table`);
  writeFileSync(file, `${text.slice(0, from + start.length)}\n${table}\n${text.slice(to)}`);
};
