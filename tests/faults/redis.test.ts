/**
 * Redis goes away and comes back, empty, while people chat. One server has all it needs without it: nothing answers 500,
 * the stream goes on, limits still hold, health says what is missing, and no event number is ever used twice.
 */
import { answer, text } from '@hearth/stand-in';
import { describe, expect, inject, it } from 'vitest';
import type { ServerProcess } from '../processes.ts';
import { type Service, startRedis } from '../services.ts';
import { faultsOfRun, follow } from '../support/events.ts';
import { until } from '../support/until.ts';
import {
  becomesIdle,
  call,
  clientOf,
  environment,
  later,
  longText,
  serve,
  startModel,
  stream,
  tempDir,
  timed,
} from './fixtures.ts';

const { redis, reasons } = inject('services');

const startWithRedis = async () => {
  const service = await startRedis();
  later(() => service.dispose());
  const standIn = await startModel();
  const server = await serve(environment(tempDir(), standIn, { REDIS_URL: service.url }));
  return { service, standIn, server };
};

const healthIs = (server: ServerProcess, status: string) =>
  until(
    `the health is ${status}`,
    async () => {
      const health = await clientOf(server).health();
      return health.status === status && health;
    },
    15_000,
  );

/** Every kind of request once; the statuses of those that did not work. */
const everything = async (server: ServerProcess): Promise<string[]> => {
  const results = await Promise.all([
    timed(server, '/api/v1/sessions'),
    timed(server, '/api/v1/approvals'),
    timed(server, '/api/v1/api-keys'),
    timed(server, '/api/v1/sessions', { title: 'meanwhile' }),
    timed(server, '/api/v1/query', { prompt: 'meanwhile' }),
  ]);
  return results.filter(({ status }) => status >= 300).map((one) => JSON.stringify(one));
};

const bounce = async (service: Service, meanwhile: () => Promise<void>): Promise<void> => {
  await service.stop();
  await meanwhile();
  await service.start();
};

describe.skipIf(redis === null)(
  `Redis is stopped while a chat streams${reasons.redis ? ` (skipped: ${reasons.redis})` : ''}`,
  () => {
    it('goes on alone without a single failed request, says so in health, and recovers with rising numbers', async () => {
      const { service, standIn, server } = await startWithRedis();
      standIn.script(({ prompt }) =>
        prompt === 'Tell me.' ? answer([text(longText.slice(0, 1_400))], { tokensPerSecond: 60 }) : undefined,
      );
      const all = await follow((signal) => call(server, '/api/v1/events', undefined, { signal }));
      later(() => all.leave());
      const talking = await stream(server, 'Tell me.');
      await talking.next('partial', undefined, 20_000);
      const partials = () => talking.events.filter(({ type }) => type === 'partial').length;
      await bounce(service, async () => {
        const before = partials();
        await until('more text without Redis', () => partials() > before + 10, 15_000);
        expect(await everything(server)).toEqual([]);
        const sick = await healthIs(server, 'unhealthy');
        expect(sick).toMatchObject({
          services: { redis: { status: 'down' }, sqlite: { status: 'up' } },
          degraded_features: ['live_updates_across_servers'],
        });
      });
      await healthIs(server, 'healthy');
      expect(await everything(server)).toEqual([]);
      expect(faultsOfRun(await talking.end(30_000))).toEqual([]);

      const numbers = all.events.flatMap(({ seq }) => (seq === null ? [] : [seq]));
      expect(new Set(numbers).size).toBe(numbers.length);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      const replayed = await follow((signal) => call(server, '/api/v1/events?after=0', undefined, { signal }));
      later(() => replayed.leave());
      const newest = numbers.at(-1) ?? 0;
      await until('the whole log', () => replayed.events.some(({ seq }) => (seq ?? 0) >= newest), 10_000);
      const kept = replayed.events.flatMap(({ seq }) => (seq === null ? [] : [seq]));
      expect(new Set(kept).size).toBe(kept.length);
    }, 90_000);

    it('never hands out a number again after Redis came back empty three times', async () => {
      const { service, server } = await startWithRedis();
      const client = clientOf(server);
      const { id } = await client.sessions.create({ title: 'numbers' });
      const numbers: number[] = [];
      const talk = async (prompt: string): Promise<void> => {
        const run = await stream(server, prompt, { session_id: id });
        expect(run.status).toBe(200);
        await run.next('done', undefined, 20_000);
        numbers.push(...run.events.flatMap(({ seq }) => (seq === null ? [] : [seq])));
      };
      for (const round of [1, 2, 3]) {
        await talk(`before ${round}`);
        await bounce(service, () => talk(`without ${round}`));
        await talk(`after ${round}`);
        await healthIs(server, 'healthy');
      }
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
      await becomesIdle(server, id);
    }, 90_000);

    it('still limits strangers who guess keys, so that an outage opens no door', async () => {
      const { service, server } = await startWithRedis();
      await service.stop();
      const guess = async (no: number): Promise<number> => {
        const headers = { 'X-API-Key': `hearth-guess-${no}-0123456789-abcdef` };
        const response = await call(server, '/api/v1/sessions', undefined, { headers });
        await response.text();
        return response.status;
      };
      const seen: number[] = [];
      while (seen.length < 60 && seen.at(-1) !== 429) seen.push(await guess(seen.length));
      expect(seen.at(-1)).toBe(429);
      expect(seen.slice(0, -1).every((status) => status === 401)).toBe(true);
      await service.start();
    });
  },
);
