/**
 * The OpenAPI document for `npm run generate`: the real server is put together in a temporary folder, asked for its
 * document and stopped, so that what is written down is what is served.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createScriptedProvider } from '@hearth/runtime';
import { createApp } from '../app.ts';
import { loadConfig } from '../config.ts';
import { systemClock } from '../kernel/clock.ts';
import { createLifecycle } from '../kernel/lifecycle.ts';
import { silentLog } from '../kernel/log.ts';
import { openApiDocument } from './openapi.ts';

export const buildOpenApiDocument = async (): Promise<object> => {
  const home = mkdtempSync(join(tmpdir(), 'hearth-openapi-'));
  const config = loadConfig({ env: { HEARTH_HOME: home }, dotenvDir: null, home });
  const lifecycle = createLifecycle({ log: silentLog, clock: systemClock, limitMs: 5_000 });
  try {
    const { http } = await createApp({
      config,
      log: silentLog,
      clock: systemClock,
      lifecycle,
      demo: { start: async () => {}, url: () => '' },
      webDir: '',
      provider: createScriptedProvider(() => []),
      http: { isLoopback: () => false, clientIp: () => '' },
    });
    return openApiDocument(http);
  } finally {
    await lifecycle.stop();
    rmSync(home, { recursive: true, force: true });
  }
};
