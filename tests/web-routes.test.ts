/** The server gives every address of the app its page, and no other address one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HttpEnv } from '../packages/server/src/http/context.ts';
import { createStaticWeb } from '../packages/server/src/http/static-web.ts';
import { parseRoute, type RouteName } from '../packages/web/src/shell/route.ts';

const pages: Record<Exclude<RouteName, 'missing'>, string> = {
  chats: 'index',
  chat: 'c',
  new: 'c',
  approve: 'approve',
  settings: 'settings',
  memory: 'memory',
  persona: 'persona',
  status: 'status',
  login: 'login',
  fixtures: 'fixtures',
};

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'hearth-web-'));
  for (const name of [...Object.values(pages), 'chats', '404']) writeFileSync(join(dir, `${name}.html`), name);
  writeFileSync(join(dir, 'build.json'), JSON.stringify({ files: [], pages: {} }));
});
afterAll(() => rmSync(dir, { recursive: true }));

it.each([
  '/',
  '/chats',
  '/c/new',
  '/c/0198-ab',
  '/approve/0198-ab',
  '/settings',
  '/settings/keys',
  '/persona',
  '/status',
  '/memory',
  '/memory/settings',
  '/memory/0198-ab',
  '/memory/people/Anna%20B',
  '/memory/other/Anna',
  '/login',
  '/fixtures',
  '/c',
  '/c/a/b',
  '/nothing',
  '/approve',
  '/login/x',
])('%s', async (path) => {
  const web = createStaticWeb(dir);
  const app = new Hono<HttpEnv>();
  app.all('*', async (c) => (await web(c)) ?? c.text('none', 410));
  const answer = await app.request(path, { headers: { accept: 'text/html' } });
  const { name } = parseRoute(path);
  const expected = name === 'missing' ? '404' : path === '/chats' ? 'chats' : pages[name];
  expect([answer.status, await answer.text()]).toEqual([name === 'missing' ? 404 : 200, expected]);
});
