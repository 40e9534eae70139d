/**
 * `GET /api/v1/sessions?page_size=50` with 200 sessions in the database, beside a bare Hono route that answers the same
 * JSON from memory. Latency: 500 requests each, one at a time, in alternation. Throughput: ten kept connections for three
 * seconds each. Ours includes authentication, two queries, and reading 50 rows.
 */
import { sessionListSchema } from '@hearth/contract';
import type { Bench } from '../lib/bench.ts';
import { type Call, expectStatus, keptConnections, send } from '../lib/http.ts';
import type { Row } from '../lib/report.ts';
import { median, ms, p95, times } from '../lib/stats.ts';

const sessions = 200;
const requests = 500;
const connections = 10;
const seconds = 3;

interface Target {
  url: string;
  call: Call;
}

const createSessions = async ({ hearth, keys }: Bench): Promise<void> => {
  const url = `${hearth.url}/api/v1/sessions`;
  const answer = await expectStatus(200, url, { headers: { 'X-API-Key': keys() } });
  const { total } = sessionListSchema.parse(JSON.parse(answer.body.toString()));
  for (let index = total; index < sessions; index += 1) {
    await expectStatus(201, url, {
      method: 'POST',
      headers: { 'X-API-Key': keys(), 'Content-Type': 'application/json' },
      body: JSON.stringify({ title: `Evening plan number ${index}`, mode: 'brainstorm', tags: ['bench', 'home'] }),
    });
  }
};

const timed = async ({ url, call }: Target): Promise<number> => {
  const startedAt = performance.now();
  await expectStatus(200, url, call);
  return performance.now() - startedAt;
};

/** Requests per second over all connections. */
const throughput = async ({ url, call }: Target): Promise<number> => {
  const agent = keptConnections(connections);
  const startedAt = performance.now();
  const until = startedAt + seconds * 1000;
  let answered = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < until) {
      const { status } = await send(url, { ...call, agent });
      if (status !== 200) throw new Error(`the list answered ${status} under load`);
      answered += 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, worker));
    return answered / ((performance.now() - startedAt) / 1000);
  } finally {
    agent.destroy();
  }
};

const latencies = async (ours: Target, bare: Target): Promise<{ ours: number[]; bare: number[] }> => {
  const agent = keptConnections(1);
  const [a, b] = [ours, bare].map(({ url, call }) => ({ url, call: { ...call, agent } }));
  const values = { ours: [] as number[], bare: [] as number[] };
  if (a === undefined || b === undefined) return values;
  try {
    for (let index = -50; index < requests; index += 1) {
      const [mine, theirs] = [await timed(a), await timed(b)];
      if (index < 0) continue;
      values.ours.push(mine);
      values.bare.push(theirs);
    }
    return values;
  } finally {
    agent.destroy();
  }
};

export const measureList = async (bench: Bench): Promise<Row[]> => {
  await createSessions(bench);
  const ours: Target = {
    url: `${bench.hearth.url}/api/v1/sessions?page_size=50`,
    call: { headers: { 'X-API-Key': bench.keys() } },
  };
  const bare: Target = { url: `${bench.reference.url}/json`, call: {} };
  const { body } = await expectStatus(200, ours.url, ours.call);
  await expectStatus(204, bare.url, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body });
  const latency = await latencies(ours, bare);
  const rate = { ours: await throughput(ours), bare: await throughput(bare) };
  const row = (measure: string, mine: number, theirs: number): Row => ({
    measure,
    ours: ms(mine),
    reference: ms(theirs),
    ratio: times(mine / theirs),
    ok: null,
  });
  return [
    row('list of sessions (50 of 200), median', median(latency.ours), median(latency.bare)),
    row('list of sessions, p95', p95(latency.ours), p95(latency.bare)),
    {
      measure: `list of sessions, requests/s over ${connections} connections`,
      ours: rate.ours.toFixed(0),
      reference: rate.bare.toFixed(0),
      ratio: times(rate.ours / rate.bare),
      ok: null,
    },
  ];
};
