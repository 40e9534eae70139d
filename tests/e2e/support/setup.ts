/** The browser tests look at the app as it is built now. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

export const setup = (): void => {
  const built = spawnSync(process.execPath, [join(root, 'scripts/build-web.ts')], { cwd: root, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the web app could not be built:\n${built.stdout}\n${built.stderr}`);
};
