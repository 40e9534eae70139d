import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startFakeEmbeddings } from '../../adapters/embedder/testing/fake-embeddings.ts';
import { startFakeService } from '../../adapters/http/testing/fake-service.ts';
import { installMem0 } from '../../adapters/memory-engine/mem0.ts';
import { startFakeQdrant } from '../../adapters/search-index/qdrant/testing/fake-qdrant.ts';
import { freePort } from '../../kernel/testing/free-port.ts';
import { makeFolder, makeHome } from '../testing/home.ts';
import { checkBundledModel, checkMem0, checkMemory } from './check-memory.ts';

const look = async (env: Record<string, string>) => {
  const { config } = await makeHome(env);
  const findings = await checkMemory(config);
  return new Map(findings.map((one) => [one.id, one]));
};

describe('hearth doctor on memory', () => {
  it('says what is built in', async () => {
    const found = await look({});
    expect([...found.values()].map(({ id, level }) => [id, level])).toEqual([
      ['memory.index', 'ok'],
      ['memory.embedder', 'ok'],
      ['memory.graph', 'ok'],
      ['memory.llm', 'ok'],
    ]);
  });

  it('asks each service that is configured', async () => {
    const [qdrant, embeddings] = await Promise.all([startFakeQdrant(), startFakeEmbeddings()]);
    onTestFinished(() => Promise.all([qdrant.stop(), embeddings.stop()]).then(() => {}));
    const found = await look({ QDRANT_URL: qdrant.url, TEI_URL: embeddings.url });
    expect(found.get('memory.qdrant')?.title).toContain('Qdrant at 127.0.0.1');
    expect(found.get('memory.tei')?.level).toBe('ok');
    expect([found.has('memory.index'), found.has('memory.embedder')]).toEqual([false, false]);
  });

  it('names cause and cure of each one that is away, and no secret', async () => {
    const away = `127.0.0.1:${await freePort()}`;
    const found = await look({
      QDRANT_URL: `http://${away}`,
      QDRANT_API_KEY: 'secret-of-qdrant',
      NEO4J_URL: `bolt://${away}`,
      NEO4J_PASSWORD: 'secret-of-neo4j',
      EMBEDDINGS_URL: `http://${away}/v1`,
      EMBEDDINGS_MODEL: 'small',
      LLM_BASE_URL: `http://${away}/v1`,
      LLM_MODEL: 'small',
    });
    for (const id of ['qdrant', 'neo4j', 'embeddings', 'llm']) {
      const finding = found.get(`memory.${id}_away`);
      expect([id, finding?.level]).toEqual([id, 'warning']);
      expect(finding?.cause).toContain(away);
      expect(finding?.fix).toContain('Check that it runs');
    }
    expect(JSON.stringify([...found])).not.toContain('secret-of');
  }, 60_000);

  it('sees a key that is refused', async () => {
    const embeddings = await startFakeEmbeddings({ apiKey: 'the-right-one' });
    onTestFinished(() => embeddings.stop());
    const found = await look({ TEI_URL: embeddings.url, TEI_API_KEY: 'the-wrong-one' });
    expect(found.get('memory.tei_away')).toMatchObject({
      level: 'warning',
      fix: expect.stringContaining('TEI_API_KEY'),
    });
    expect(JSON.stringify([...found])).not.toContain('wrong-one');
  });

  it('sees a key that the model which finds facts refuses, although it lists its models to everybody', async () => {
    const service = await startFakeService({
      answer: ({ path }) =>
        path.endsWith('/models') ? { status: 200, body: { data: [] } } : { status: 403, body: {} },
      failed: (status) => ({ status, body: {} }),
    });
    onTestFinished(() => service.stop());
    const found = await look({ LLM_BASE_URL: `${service.url}/v1`, LLM_MODEL: 'small', LLM_API_KEY: 'the-wrong-one' });
    expect(found.get('memory.llm_away')).toMatchObject({
      level: 'warning',
      cause: expect.stringContaining('does not accept the key'),
      fix: expect.stringContaining('LLM_API_KEY'),
    });
    expect(JSON.stringify([...found])).not.toContain('wrong-one');
  });

  it('looks for the package of Mem0, asks what it stands on, and speaks of nothing it does not use', async () => {
    const away = `http://127.0.0.1:${await freePort()}`;
    const env = { MEMORY_ENGINE: 'mem0', LLM_BASE_URL: `${away}/v1`, LLM_MODEL: 'small' };
    const found = await look({ ...env, QDRANT_URL: away, TEI_URL: away });
    const asked = ['memory.qdrant_away', 'memory.tei_away', 'memory.llm_away'];
    expect([...found.keys()].filter((id) => !id.includes('mem0'))).toEqual(asked);
    expect([...found.keys()].filter((id) => id.includes('mem0'))).toHaveLength(1);
    expect(found.get('memory.tei_away')).toMatchObject({
      title: expect.stringContaining('neither found nor kept'),
      fix: expect.stringMatching(/TEI_API_KEY are right\.$/),
    });
    const nowhere = pathToFileURL(`${makeFolder()}/no-such-folder/`);
    expect(checkMem0(nowhere)).toMatchObject({ level: 'error', fix: expect.stringContaining(installMem0) });
  }, 60_000);

  it('sees files of the bundled model that are missing or empty', () => {
    const folder = makeFolder();
    expect(checkBundledModel(folder).cause).toBe('Missing or empty: model.json, vocab.json.');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'model.json'), JSON.stringify({ weightsManifest: [{ paths: ['one', 'two'] }] }));
    writeFileSync(join(folder, 'vocab.json'), '[]');
    writeFileSync(join(folder, 'one'), '');
    expect(checkBundledModel(folder)).toMatchObject({ level: 'warning', cause: 'Missing or empty: one, two.' });
  });
});
