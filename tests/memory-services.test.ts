/**
 * Memory on services of its own, each of which goes away and comes back while the server runs: chats go on, search says
 * what it does without, health names it, and afterwards everything is found again without a restart.
 */
import { createServer } from 'node:http';
import { healthSchema, memoryResultsSchema, queryResponseSchema } from '@hearth/contract';
import { type StandIn, startStandIn } from '@hearth/stand-in';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type FakeEmbeddings,
  startFakeEmbeddings,
} from '../packages/server/src/adapters/embedder/testing/fake-embeddings.ts';
import {
  type FakeQdrant,
  startFakeQdrant,
} from '../packages/server/src/adapters/search-index/qdrant/testing/fake-qdrant.ts';
import { type Harness, startHarness } from './harness.ts';
import { openTcpLine, type TcpLine } from './neo4j/tcp-line.ts';
import { neo4jEnv } from './support/engines.ts';
import { until } from './support/until.ts';

/** A model of the OpenAI shape that finds one fact: what the person said. */
const startFakeModel = async () => {
  let isAway = false;
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) if (Buffer.isBuffer(part)) parts.push(part);
    if (isAway) return void response.writeHead(503).end('{}');
    if (request.method === 'GET') return void response.end('{"data":[]}');
    const said = /\[0\] person: (".*")/.exec(JSON.parse(Buffer.concat(parts).toString()).messages[1].content)?.[1];
    const fact = { fact: said ? JSON.parse(said) : '', category: 'home', message: 0, repeats: null, corrects: null };
    const facts = said ? [{ ...fact, entities: [], relations: [] }] : [];
    const content = `\`\`\`json\n${JSON.stringify({ facts })}\n\`\`\``;
    response.end(JSON.stringify({ choices: [{ message: { role: 'assistant', content } }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    away: (now: boolean) => {
      isAway = now;
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
};

let standIn: StandIn;
let qdrant: FakeQdrant;
let tei: FakeEmbeddings;
let model: Awaited<ReturnType<typeof startFakeModel>>;
let line: TcpLine | undefined;
let harness: Harness;

beforeAll(async () => {
  [standIn, qdrant, tei, model] = await Promise.all([
    startStandIn({ tokensPerSecond: 0 }),
    startFakeQdrant(),
    startFakeEmbeddings(),
    startFakeModel(),
  ]);
  const graph = await neo4jEnv();
  line = graph.NEO4J_URL === undefined ? undefined : await openTcpLine(Number(new URL(graph.NEO4J_URL).port));
  harness = await startHarness({
    standIn,
    env: {
      HEARTH_MEMORY: 'on',
      HEARTH_LEARN_SECONDS: '0',
      QDRANT_URL: qdrant.url,
      TEI_URL: tei.url,
      LLM_BASE_URL: model.url,
      LLM_MODEL: 'small',
      ...graph,
      ...(line ? { NEO4J_URL: `bolt://127.0.0.1:${line.port}` } : {}),
    },
  });
});
afterAll(async () => {
  await harness.close();
  await line?.close();
  await Promise.all([standIn.close(), qdrant.stop(), tei.stop(), model.close()]);
});

const add = async (messages: string, more: object = {}) => {
  const { status, body } = await harness.json('/api/v1/memories', { messages, infer: false, ...more });
  expect(status).toBe(201);
  return Object(body);
};
const search = async (query: string) =>
  memoryResultsSchema.parse((await harness.json('/api/v1/memories/search', { query, explain: true, limit: 20 })).body);
const found = async (query: string) => (await search(query)).results.map(({ memory }) => memory);
const lost = async () => healthSchema.parse((await harness.json('/api/v1/health')).body).degraded_features;
const chats = async () => {
  const answer = await harness.client.query({ prompt: 'hello', memory: { enabled: true } });
  expect(queryResponseSchema.parse(answer).content).not.toBe('');
};

it('finds by meaning on Qdrant and TEI, and learns from a model of the OpenAI shape', async () => {
  await add('The boiler is in the cellar.');
  const { results, degraded } = await search('boiler');
  expect(degraded).toEqual([]);
  expect(results[0]?.reasons?.meaning).toBeGreaterThan(0);
  const learned = await add('The attic smells of apples.', { infer: true });
  expect(learned.memories[0]).toMatchObject({ memory: 'The attic smells of apples.', category: 'home' });
  expect(await lost()).toEqual([]);
});

it('keeps what is to be learned while the model that finds facts is away', async () => {
  model.away(true);
  const queued = await add('The key hangs by the door.', { infer: true });
  expect(queued).toMatchObject({ count: 0, queued: true });
  await chats();
  await until('health to name it', async () => (await lost()).includes('learning_from_chats'), 10_000);
  model.away(false);
  await until('the fact', async () => (await found('key door')).includes('The key hangs by the door.'), 120_000);
}, 180_000);

it('goes on without the graph while Neo4j is away', async (context) => {
  if (line === undefined) return context.skip('Neo4j is not here');
  await line.refuse();
  await add('The hose is in the garden.');
  expect((await search('hose')).results[0]?.memory).toBe('The hose is in the garden.');
  await chats();
  await until('health to name it', async () => (await lost()).includes('knowledge_graph'), 20_000);
  await line.mend();
  await until('health to be well again', async () => (await lost()).length === 0, 60_000);
  expect((await search('hose')).degraded).toEqual([]);
}, 180_000);

/** What each is missed for in an answer of the search. */
it.each([
  ['Qdrant', 'index', () => qdrant],
  ['TEI', 'meaning', () => tei],
])(
  'goes on by words while %s is refused or talks nonsense, and is whole again afterwards',
  async (name, missing, service) => {
    for (const mode of ['refuse', 'garbage'] as const) {
      if (mode === 'refuse') await service().stop();
      else service().mode = mode;
      const text = `The ${mode} ladder of ${name} stands in the shed.`;
      await add(text);
      const { results, degraded } = await search(`${mode} ladder ${name}`);
      expect(results.map(({ memory }) => memory)).toContain(text);
      expect(degraded).toContain(missing);
      await chats();
      await until('health to name it', async () => (await lost()).includes('semantic_search'), 10_000);
      if (mode === 'refuse') await service().start();
      service().mode = 'well';
      await until(
        'all to be found by meaning',
        async () => {
          const now = await search(`${mode} ladder ${name}`);
          const whole = now.results.find(({ memory }) => memory === text);
          return now.degraded.length === 0 && (whole?.reasons?.meaning ?? 0) > 0;
        },
        60_000,
      );
      await until('health to be well again', async () => (await lost()).length === 0, 10_000);
    }
  },
  240_000,
);

it('goes on by words while TEI and Qdrant take every question and answer none', async () => {
  await add('The wheelbarrow has a flat tyre.');
  for (const service of [tei, qdrant]) {
    service.mode = 'hang';
    const { results, degraded } = await search('wheelbarrow tyre');
    expect(results.map(({ memory }) => memory)).toContain('The wheelbarrow has a flat tyre.');
    expect(degraded).not.toEqual([]);
    await chats();
  }
}, 120_000);
