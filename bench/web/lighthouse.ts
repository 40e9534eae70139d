/** Lighthouse, mobile, the median of three runs; the score of a noisy machine is lower than it deserves, never higher. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromiumFlags, chromiumPath } from '../../tests/e2e/support/world.ts';
import type { Row } from '../lib/report.ts';
import { median } from '../lib/stats.ts';
import { measureSlowdown } from './phone.ts';

interface Scores {
  performance: number;
  accessibility: number;
  'best-practices': number;
}
type Name = keyof Scores;
interface Run extends Scores {
  /** So many times was the processor slowed down. */
  slowdown: number;
}
const categories: readonly Name[] = ['performance', 'accessibility', 'best-practices'];

const flags = ['--headless', ...chromiumFlags].join(' ');

const run = promisify(execFile);

interface Page {
  name: string;
  url: string;
  cookie: string | null;
  /** The least score that is good enough. */
  performance: number;
}

/** Not in this process: the server that answers lives here. */
const runOnce = async (root: string, { url, cookie }: Page): Promise<Run> => {
  const slowdown = await measureSlowdown();
  const folder = mkdtempSync(join(tmpdir(), 'hearth-lighthouse-'));
  const file = join(folder, 'report.json');
  const args = [
    join(root, 'node_modules/lighthouse/cli/index.js'),
    url,
    '--quiet',
    // The stream of events never ends, so a chat never looks loaded.
    '--max-wait-for-load=15000',
    '--output=json',
    `--output-path=${file}`,
    `--throttling.cpuSlowdownMultiplier=${slowdown}`,
    `--only-categories=${categories.join(',')}`,
    `--chrome-flags=${flags}`,
    ...(cookie === null ? [] : [`--extra-headers=${JSON.stringify({ Cookie: cookie })}`]),
  ];
  try {
    await run(process.execPath, args, { env: { ...process.env, CHROME_PATH: chromiumPath }, timeout: 120_000 });
    const report: { categories: Record<string, { score: number | null }> } = JSON.parse(readFileSync(file, 'utf8'));
    const score = (name: Name): number => Math.round((report.categories[name]?.score ?? 0) * 100);
    return {
      slowdown,
      performance: score('performance'),
      accessibility: score('accessibility'),
      'best-practices': score('best-practices'),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

export const measureLighthouse = async (root: string, page: Page): Promise<Row[]> => {
  const runs: Run[] = [];
  // Its recording of a page fails now and then; one more try tells that from a real fault.
  const tryTwice = () => runOnce(root, page).catch(() => runOnce(root, page));
  for (let count = 0; count < 3; count += 1) runs.push(await tryTwice());
  const limits: Scores = { performance: page.performance, accessibility: 100, 'best-practices': 100 };
  const slowdowns = runs.map(({ slowdown }) => `${slowdown}x`).join(', ');
  return categories.map((category): Row => {
    const all = runs.map((run) => run[category]);
    const value = median(all);
    return {
      measure: `Lighthouse ${category}, ${page.name}${category === 'performance' ? `, processor slowed down ${slowdowns}` : ''}`,
      ours: `${value} (${all.join(', ')})`,
      limit: `${limits[category]}`,
      ok: value >= limits[category],
    };
  });
};
