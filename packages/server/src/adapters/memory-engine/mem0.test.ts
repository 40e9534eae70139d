import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { systemClock } from '../../kernel/clock.ts';
import { createBundledEmbedder } from '../embedder/bundled.ts';
import { openMem0 } from './mem0.ts';

it('names the command that installs it, when it is not installed', async () => {
  const embedder = createBundledEmbedder({ clock: systemClock });
  const llm = { url: 'http://127.0.0.1:9/v1', model: 'small', apiKey: undefined };
  const options = { dir: tmpdir(), embedder, llm, qdrant: null };
  const nowhere = pathToFileURL(`${tmpdir()}/no-such-folder/`);
  await expect(openMem0(options, nowhere)).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    message: expect.stringContaining('npm install --prefix extras/mem0'),
  });
});
