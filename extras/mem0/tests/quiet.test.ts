/** Mem0 sends usage data and fetches notices by default, and writes below the home folder. Here it does neither. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../../packages/server/src/kernel/ids.ts';
import { freePort } from '../../../packages/server/src/kernel/testing/free-port.ts';
import type { Embedder } from '../../../packages/server/src/ports/embedder.ts';
import { useEngines } from './support.ts';

/** Everything that opens a line; the global fetch, which Mem0's telemetry uses, is a stub that sends nothing. */
const channels = ['net.client.socket', 'http.client.request.start'];

describe('Mem0 on its own', () => {
  const make = useEngines();
  const requests: string[] = [];
  const note = (_message: unknown, name: string | symbol): void => void requests.push(String(name));
  const home = mkdtempSync(join(tmpdir(), 'hearth-home-'));
  beforeAll(() => {
    vi.stubEnv('HOME', home);
    vi.stubGlobal('fetch', () => {
      requests.push('fetch');
      return Promise.reject(new Error('nothing is sent'));
    });
    for (const channel of channels) subscribe(channel, note);
  });
  afterAll(() => {
    for (const channel of channels) unsubscribe(channel, note);
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
    rmSync(home, { recursive: true });
  });

  it('opens no line to anywhere, and writes into its own folder alone', async () => {
    const { engine, dir } = await make();
    const owner = newId();
    const addition = { agentId: 'main', runId: null, metadata: {}, infer: false };
    const messages = ['Dr Miller lives in Ulm.', 'The owner likes tea.'].map((text) => ({
      role: 'user' as const,
      text,
    }));
    const [one] = await engine.add(owner, { ...addition, messages });
    // Each of these would show a notice: a date in the question, many results, deletions again and again.
    await engine.search(owner, { text: 'What happened last week?', limit: 100 });
    await engine.update(owner, one?.id ?? '', {
      text: 'Dr Miller lives in Bern.',
      metadata: { expires_at: '2020-01-01' },
    });
    await engine.history(owner, one?.id ?? '');
    await engine.list(owner);
    await engine.ping();
    await engine.remove(owner, one?.id ?? '');
    await engine.removeAll(owner);
    expect(requests).toEqual([]);
    expect(readdirSync(dir).sort()).toEqual(
      ['config.json', 'embedder.json', 'history.db', 'memories.db', 'memories_entities.db'].sort(),
    );
    expect(readdirSync(home)).toEqual([]);
    for (const name of ['memory.db', 'vector_store.db', '.mem0']) expect(existsSync(name)).toBe(false);
  });

  it('writes no word of a memory to the console, also when its store of names is away', async () => {
    const written: unknown[] = [];
    for (const method of ['log', 'info', 'debug', 'warn', 'error'] as const)
      vi.spyOn(console, method).mockImplementation((...args) => void written.push(...args.map(String)));
    // It embeds sentences, but not the names that Mem0 finds in them.
    const embed: Embedder['embed'] = async (texts) => {
      if (texts.some(({ length }) => length < 30)) throw new Error('away');
      return texts.map(() => Float32Array.of(0.6, 0.8));
    };
    const space = async () => ({ embedderId: 'test:2', dimensions: 2 });
    const { engine } = await make({ embedder: { space, embed, ping: async () => {}, close: async () => {} } });
    const owner = newId();
    const messages = [{ role: 'user' as const, text: 'Nobody special lives in this sentence at all.' }];
    const [one] = await engine.add(owner, { agentId: 'main', runId: null, metadata: {}, infer: false, messages });
    await engine.update(owner, one?.id ?? '', { text: 'Doctor Zebrawitz met Sarah Quetzal.', metadata: {} });
    expect((await engine.get(owner, one?.id ?? ''))?.text).toContain('Zebrawitz');
    console.log('others are heard');
    vi.restoreAllMocks();
    expect(written).toEqual(['others are heard']);
  });

  it('would have been seen doing it', async () => {
    const port = await freePort();
    await new Promise((resolve) => request({ port, host: '127.0.0.1' }).on('error', resolve).end());
    await fetch('http://hearth.invalid').catch(() => null);
    expect(requests).toEqual(expect.arrayContaining([...channels, 'fetch']));
  });
});
