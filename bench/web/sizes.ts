/** What a first visit has to fetch, by the exported pages themselves. */
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { scriptsOf } from '../../scripts/build-web.ts';
import type { Row } from '../lib/report.ts';

const kb = (bytes: number): string => `${(bytes / 1000).toFixed(1)} KB`;

const brotli = (file: string): number => brotliCompressSync(readFileSync(file)).length;

const limitOf = (page: string): number => (page === 'c.html' ? 190_000 : 175_000);

const names: Readonly<Record<string, string>> = {
  'c.html': 'chat',
  'index.html': 'chats',
  'login.html': 'login',
  'settings.html': 'settings',
  'approve.html': 'approval',
  'status.html': 'status',
};

export const measureSizes = (out: string): Row[] => {
  const pages = Object.keys(names).map((page): Row => {
    const size = scriptsOf(out, page).reduce((sum, file) => sum + brotli(file), 0);
    const limit = limitOf(page);
    return { measure: `first-load JS, ${names[page]} (br)`, ours: kb(size), limit: kb(limit), ok: size <= limit };
  });
  const css = globSync('_next/static/**/*.css', { cwd: out }).map((file) => brotli(join(out, file)));
  const styles = css.reduce((sum, size) => sum + size, 0);
  const preloaded = [
    ...readFileSync(join(out, 'c.html'), 'utf8').matchAll(
      /href="([^"]+\.woff2)"[^>]*as="font"|as="font"[^>]*href="([^"]+\.woff2)"/g,
    ),
  ];
  const fonts = preloaded.reduce((sum, [, a, b]) => sum + statSync(join(out, a ?? b ?? '')).size, 0);
  const first = new Set(Object.keys(names).flatMap((page) => scriptsOf(out, page)));
  const lazy = globSync('_next/static/chunks/**/*.js', { cwd: out })
    .map((file) => join(out, file))
    .filter((file) => !first.has(file) && !readFileSync(file, 'utf8').includes('core-js'));
  const largest = Math.max(...lazy.map(brotli));
  return [
    ...pages,
    { measure: 'CSS of all pages (br)', ours: kb(styles), limit: kb(20_000), ok: styles <= 20_000 },
    { measure: 'fonts before the first paint', ours: kb(fonts), limit: kb(40_000), ok: fonts > 0 && fonts <= 40_000 },
    { measure: 'largest chunk fetched later (br)', ours: kb(largest), limit: kb(60_000), ok: largest <= 60_000 },
  ];
};
