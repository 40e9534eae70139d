/** Documents with true and false paths. */
import { afterEach, expect, test } from 'vitest';
import { createTempRepository, type TempRepository } from './testing/temp-repository.ts';

let copy: TempRepository | undefined;
afterEach(() => {
  copy?.remove();
  copy = undefined;
});

const check = (text: string) => {
  copy = createTempRepository({
    'docs/guide.md': text,
    'docs/other page.md': '',
    'README.md': '[guide](docs/guide.md)',
    'packages/server/src/modules/notes/index.ts': '',
  });
  return copy.run('check-docs.ts');
};

test('paths and links that exist pass, also with placeholders, line numbers and anchors', () => {
  const text = [
    'See `packages/server/src/modules/<noun>/index.ts`, `packages/server/src/modules/notes/index.ts:12`, `./docs/`,',
    '`packages/{server,web}/src`, [other](other%20page.md#top), [read me](../README.md), [far](https://example.org/x).',
    'Not paths: `GET /api/v1/health`, `text/event-stream`, `~/.config/assistant/`, `npm run check`, `a/b`.',
    '```',
    'packages/gone/  `packages/gone/`  [x](gone.md)',
    '```',
  ];
  expect(check(text.join('\n'))).toEqual({ code: 0, output: '' });
});

test.each([
  ['`packages/server/src/gone.ts`', 'no such path: packages/server/src/gone.ts'],
  ['`scripts/gone.ts`', 'no such path: scripts/gone.ts'],
  ['`packages/server/src/<gone>/x.ts`', 'no such path'],
  ['[x](gone.md)', 'broken link: gone.md'],
  ['![x](./gone.png "title")', 'broken link: ./gone.png'],
])('%s fails', (text, message) => {
  const { code, output } = check(`First line\n${text}\n`);
  expect(code).toBe(1);
  expect(output).toContain(`docs/guide.md:2  ${message}`);
});
