/**
 * A real server with the real agent binary, a scripted model behind it, and a real browser in front, with a line between
 * them that tests can spoil. One world per file; each test gets a browser profile of its own.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isApiError } from '@hearth/client';
import type { Session } from '@hearth/contract';
import { type StandIn, startStandIn } from '@hearth/stand-in';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { type Harness, startHarness, testKey } from '../../harness.ts';
import { until } from '../../support/until.ts';
import { type Line, startLine } from './proxy.ts';

export const chromiumPath = process.env.CHROME_PATH ?? '/usr/bin/chromium';
const isThere = existsSync(chromiumPath);
/** Elsewhere the browser tests are left out, with this reason; under CI a missing browser is a failure. */
export const browserMissing = !isThere && process.env.CI !== 'true' ? `no Chromium at ${chromiumPath}` : null;

export const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launchOptions = { executablePath: chromiumPath, args: chromiumFlags };

export interface VisitOptions {
  width?: number;
  height?: number;
  /** A phone unless told otherwise: touch, coarse pointer. */
  desktop?: boolean;
  dark?: boolean;
  reducedMotion?: boolean;
  forcedColors?: boolean;
  /** Default: signed in with the admin key. */
  signedOut?: boolean;
  /** Signed in with this key instead. */
  key?: string;
  /** A folder that keeps what the browser keeps on a device, compiled scripts too; otherwise all is forgotten. */
  profile?: string;
}

export interface Visit {
  context: BrowserContext;
  page: Page;
  /** Everything the page asked of an address that is not ours. */
  strangers: string[];
  /** Faults that the page reported. */
  faults: string[];
}

export interface World {
  harness: Harness;
  model: StandIn;
  line: Line;
  /** The key of the owner. */
  key: string;
  /** Stops the server in order and starts it again on the same data; `meanwhile` runs while there is none. */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
  /** Ends every run that is still on: it would take answers of the script that comes next. */
  endRuns(): Promise<void>;
  visit(options?: VisitOptions): Promise<Visit>;
  close(): Promise<void>;
}

const signIn = async (context: BrowserContext, url: string, key = testKey): Promise<void> => {
  const answer = await context.request.post(`${url}/api/v1/auth/login`, {
    data: { api_key: key },
    headers: { origin: url },
  });
  if (!answer.ok()) throw new Error(`login answered ${answer.status()}`);
};

const open = async (browser: Browser, url: string, options: VisitOptions): Promise<Visit> => {
  const { width = options.desktop ? 1280 : 390, height = options.desktop ? 800 : 844, profile } = options;
  const device = {
    baseURL: url,
    viewport: { width, height },
    hasTouch: !options.desktop,
    isMobile: !options.desktop,
    colorScheme: options.dark ? 'dark' : 'light',
    reducedMotion: options.reducedMotion ? 'reduce' : 'no-preference',
    forcedColors: options.forcedColors ? 'active' : 'none',
  } as const;
  const context =
    profile === undefined
      ? await browser.newContext(device)
      : await chromium.launchPersistentContext(profile, { ...device, ...launchOptions });
  context.setDefaultTimeout(15_000);
  if (!options.signedOut) await signIn(context, url, options.key);
  const page = await context.newPage();
  const visit: Visit = { context, page, strangers: [], faults: [] };
  page.on('request', (request) => {
    const own = request.url().startsWith(url) || /^(data|blob):/.test(request.url());
    if (!own) visit.strangers.push(request.url());
  });
  page.on('pageerror', (error) => visit.faults.push(error.message));
  page.on('console', (message) => {
    // A page that is cut off says so in the console; that is not a fault of ours.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      visit.faults.push(message.text());
  });
  return visit;
};

const leave = async ({ context }: Visit, { line, endRuns }: World): Promise<void> => {
  await context.close();
  line.mode('up');
  line.delay(0);
  await endRuns();
};

const endRuns = async ({ sessions }: Harness['client']): Promise<void> => {
  const busy = async (): Promise<Session[]> => {
    const list = await sessions.list({ page_size: 100 });
    return list.sessions.filter(({ activity }) => activity !== 'idle');
  };
  for (const { id } of await busy()) {
    // 409: it was over by itself in the meantime.
    await sessions.interrupt(id).catch((error: unknown) => {
      if (!isApiError(error) || error.status !== 409) throw error;
    });
  }
  await until('every run to be over', async () => (await busy()).length === 0, 15_000);
};

export const startWorld = async (env: Record<string, string> = {}): Promise<World> => {
  const model = await startStandIn({ tokensPerSecond: 0 });
  const home = mkdtempSync(join(tmpdir(), 'hearth-test-'));
  const start = (): Promise<Harness> => startHarness({ standIn: model, env, home });
  const harness = await start();
  const line = await startLine(harness.url);
  const browser = await chromium.launch(launchOptions);
  const world: World = {
    harness,
    model,
    line,
    key: testKey,
    async restart(meanwhile) {
      await world.harness.close();
      line.cut();
      await meanwhile?.();
      world.harness = await start();
      line.leadTo(world.harness.url);
    },
    endRuns: () => endRuns(world.harness.client),
    async visit(options = {}) {
      const visit = await open(browser, line.url, options);
      // What a page of one test still has to say must not reach the next one.
      if (expect.getState().currentTestName !== undefined) onTestFinished(() => leave(visit, world));
      return visit;
    },
    async close() {
      await browser.close();
      await line.close();
      await world.harness.close();
      await model.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  return world;
};
