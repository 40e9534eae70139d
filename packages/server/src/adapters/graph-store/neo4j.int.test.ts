import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { testNeo4j } from '../../../../../tests/neo4j/offer.ts';
import { openTcpLine, type TcpLine } from '../../../../../tests/neo4j/tcp-line.ts';
import { systemClock } from '../../kernel/clock.ts';
import { newId } from '../../kernel/ids.ts';
import { createPolicies, createPolicy } from '../../kernel/policies.ts';
import { graphStoreContract } from '../../ports/graph-store.contract.ts';
import type { GraphFact, GraphStore } from '../../ports/graph-store.ts';
import { createNeo4jGraphStore } from './neo4j.ts';

const neo4j = await testNeo4j();

const since = '2026-01-01T00:00:00.000Z';
const fact = (memoryId: string, from: string, to: string): GraphFact => ({
  memoryId,
  since,
  entities: [],
  relations: [{ from, type: 'knows', to }],
});
const unavailable = { code: 'SERVICE_UNAVAILABLE' };
/** The real limits are seconds; these are as much shorter as a busy machine allows. */
const limits = { connectMs: 700, requestMs: 2_000, retries: 0, breaker: { failures: 3, halfOpenMs: 300 } };
const quickPolicy = () => createPolicy('graph store', limits);
/** Beyond a limit, for a machine that is busy with other things. */
const leewayMs = 1_500;

if (neo4j.url === undefined) {
  describe.skip('graph in Neo4j', () => it(neo4j.reason, () => undefined));
} else {
  const { url } = neo4j;
  const clock = systemClock;
  const warm = createNeo4jGraphStore({ ...neo4j, clock, policy: createPolicies().neo4j });
  // The first constraints on a server that has just started may take longer than a call may.
  beforeAll(() => vi.waitFor(() => warm.ping(), { timeout: 50_000, interval: 500 }));
  afterAll(() => warm.close());

  describe('graph in Neo4j', () => {
    graphStoreContract(async () => warm);

    it('bears writers that remember, forget and clear the same things at once, and leaves nothing behind', async () => {
      const owner = newId();
      const other = createNeo4jGraphStore({ ...neo4j, clock, policy: createPolicies().neo4j });
      for (let round = 0; round < 4; round += 1)
        await Promise.all(
          Array.from({ length: 8 }, (_, at) => [
            warm.put(owner, fact(`m${at}`, 'Eva', `Guest ${at % 3}`)),
            other.put(owner, fact(`m${at}`, `Guest ${at % 3}`, 'Eva')),
            other.forget(owner, [`m${(at + 1) % 8}`]),
            warm.retire(owner, [`m${(at + 2) % 8}`], since),
            ...(at % 4 === 0 ? [other.clear(owner)] : []),
          ]).flat(),
        );
      await warm.forget(owner, await warm.memoryIds(owner, null));
      expect(await warm.count(owner)).toEqual({ entities: 0, relations: 0 });
      await other.close();
    });

    it('says that it is unavailable when it is not let in', async () => {
      const stranger = createNeo4jGraphStore({ ...neo4j, password: 'not the password', clock, policy: quickPolicy() });
      await expect(stranger.count(newId())).rejects.toMatchObject(unavailable);
      await stranger.close();
      await expect(stranger.ping()).rejects.toMatchObject(unavailable);
    });

    it('opens nothing before it is used, and closes all the same', async () => {
      const line = await openTcpLine(Number(new URL(url).port));
      const graph = createNeo4jGraphStore({
        ...neo4j,
        url: `bolt://127.0.0.1:${line.port}`,
        clock,
        policy: createPolicies().neo4j,
      });
      expect(line.open).toBe(0);
      await graph.close();
      await line.close();
    });
  });

  describe('graph in Neo4j over a bad line', () => {
    let line: TcpLine;
    let graph: GraphStore;
    const owner = newId();
    beforeEach(async () => {
      line = await openTcpLine(Number(new URL(url).port));
      graph = createNeo4jGraphStore({ ...neo4j, url: `bolt://127.0.0.1:${line.port}`, clock, policy: quickPolicy() });
      await vi.waitFor(() => graph.put(owner, fact('a', 'Sarah', 'Tom')), { timeout: 20_000 });
    });
    afterEach(async () => {
      await graph.close();
      await vi.waitFor(() => expect(line.open).toBe(0));
      await line.close();
    });

    /** Every kind of call at once; how long the slowest took to say no. */
    const refused = async (): Promise<number> => {
      const begun = performance.now();
      const calls = [
        graph.put(owner, fact('b', 'Sarah', 'Ann')),
        graph.retire(owner, ['a'], since),
        graph.forget(owner, ['b']),
        graph.clear(owner),
        graph.mentioned(owner, 'Sarah'),
        graph.around(owner, [newId()], { depth: 1, limit: 5 }),
        graph.path(owner, newId(), newId(), 2),
        graph.overview(owner, 5),
        graph.count(owner),
        graph.memoryIds(owner, null),
        graph.ping(),
      ];
      for (const call of calls) call.catch(() => undefined);
      for (const call of calls) await expect(call).rejects.toMatchObject(unavailable);
      return performance.now() - begun;
    };
    const works = async (): Promise<void> => {
      await vi.waitFor(() => graph.ping(), { timeout: 15_000, interval: 50 });
      await graph.put(owner, fact('a', 'Sarah', 'Tom'));
      expect((await graph.mentioned(owner, 'Is Sarah there?')).map(({ name }) => name)).toEqual(['Sarah']);
    };

    it('is unavailable at once while it is refused, and works again afterwards', async () => {
      await line.refuse();
      expect(await refused()).toBeLessThan(limits.connectMs + leewayMs);
      await line.mend();
      await works();
    });

    it('is unavailable within the limits when a used line falls silent, and works again while the old one hangs', async () => {
      line.hang();
      expect(await refused()).toBeLessThan(limits.requestMs + leewayMs);
      await line.mend();
      await works();
    });

    it('waits for a new connection that is never answered only as long as for connecting', async () => {
      const fresh = createNeo4jGraphStore({
        ...neo4j,
        url: `bolt://127.0.0.1:${line.port}`,
        clock,
        policy: createPolicy('graph store', { ...limits, requestMs: 30_000 }),
      });
      line.hang();
      const begun = performance.now();
      await expect(fresh.ping()).rejects.toMatchObject(unavailable);
      expect(performance.now() - begun).toBeLessThan(limits.connectMs + leewayMs);
      await line.mend();
      await fresh.put(owner, fact('a', 'Sarah', 'Tom'));
      await fresh.close();
    });

    it('bears a slow line, and gives up on one that is too slow', async () => {
      line.slow(50);
      await works();
      line.slow(limits.requestMs * 3);
      expect(await refused()).toBeLessThan(limits.requestMs + leewayMs);
      await line.mend();
      await works();
    });

    it('bears a line that comes and goes', async () => {
      for (let round = 0; round < 5; round += 1) {
        const calls = Array.from({ length: 6 }, (_, at) => graph.put(owner, fact(`f${at}`, 'Sarah', `Guest ${at}`)));
        line.cut();
        for (const call of await Promise.allSettled(calls))
          if (call.status === 'rejected') expect(call.reason).toMatchObject(unavailable);
        await works();
      }
    });

    it('stops asking after some failures, and asks again by itself', async () => {
      await line.refuse();
      await refused();
      const begun = performance.now();
      await expect(graph.ping()).rejects.toMatchObject(unavailable);
      expect(performance.now() - begun).toBeLessThan(200);
      await line.mend();
      await works();
    });
  });
}
