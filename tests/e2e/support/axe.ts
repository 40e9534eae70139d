/** What axe finds on a page. Its script is put into a page once; the ready-made runner reads it in again for each look. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';

const script = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const options: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
  resultTypes: ['violations'],
};

interface WithAxe {
  axe?: { run(context: Document, options: RunOptions): Promise<AxeResults> };
}

export const axeFaults = async (page: Page): Promise<string[]> => {
  const isThere = await page.evaluate(() => (window as WithAxe).axe !== undefined);
  // Evaluated from outside, so that the page's rules for scripts do not apply.
  if (!isThere) await page.evaluate(script);
  const violations = await page.evaluate(
    async (how) => (await (window as WithAxe).axe?.run(document, how))?.violations ?? null,
    options,
  );
  if (violations === null) throw new Error('axe could not be put into the page');
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary?.split('\n')[1] ?? ''}`),
  );
};
