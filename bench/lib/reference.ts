/** Starts the two helpers of a run as processes of their own: the bare reference server and the stand-in model. */

import { join } from 'node:path';
import { freePort } from '../../packages/server/src/kernel/testing/free-port.ts';
import { healthyAfter } from './http.ts';
import type { Scope, Started } from './scope.ts';

export interface Reference {
  url: string;
  process: Started;
  healthyMs: number;
}

export const startReference = async (scope: Scope, home: string): Promise<Reference> => {
  const port = await freePort();
  const process = scope.start(join(import.meta.dirname, '..', 'reference-server.ts'), {
    args: [String(port), join(home, 'hello.db')],
    env: { HOME: home, NODE_COMPILE_CACHE: join(home, 'cache') },
    cwd: home,
  });
  const url = `http://127.0.0.1:${port}`;
  return { url, process, healthyMs: await healthyAfter(process, url) };
};

/** The offline model, answering at once, and telling how long that was. All contenders talk to this one. */
export const startModel = async (scope: Scope, home: string): Promise<string> => {
  const file = join(import.meta.dirname, '..', '..', 'packages/stand-in/src/main.ts');
  const process = scope.start(file, { args: ['--port', '0', '--tokens-per-second', '0', '--control'], cwd: home });
  const line = await process.line(/https?:\/\/\S+/, 10_000);
  const url = /https?:\/\/\S+/.exec(line)?.[0];
  if (url === undefined) throw new Error('the stand-in gave no address');
  return url;
};
