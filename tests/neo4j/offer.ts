/**
 * One Neo4j for a whole test run, started when the first test asks and not before: it takes seconds and 400 MB that most
 * runs do not need. Tests run in processes of their own, so the global setup holds it and answers on a loopback port.
 * `NEO4J_TEST_URL` with `NEO4J_TEST_USER` and `NEO4J_TEST_PASSWORD` names a server to be used in its place.
 */
import { createServer } from 'node:http';
import { inject } from 'vitest';
import { z } from 'zod';
import { type Neo4jService, startNeo4j } from './server.ts';

const answerShape = z.union([
  z.object({ url: z.string(), user: z.string(), password: z.string() }),
  z.object({ reason: z.string() }),
]);
type Answer = z.infer<typeof answerShape>;
export type TestNeo4j = { url: string; user: string; password: string } | { url: undefined; reason: string };

const ownServer = (): Answer | undefined => {
  const { NEO4J_TEST_URL: url, NEO4J_TEST_USER: user = 'neo4j', NEO4J_TEST_PASSWORD: password = '' } = process.env;
  return url === undefined ? undefined : { url, user, password };
};

export const offerNeo4j = async (): Promise<{ url: string; close(): Promise<void> }> => {
  let starting: Promise<Neo4jService> | undefined;
  const answer = async (): Promise<Answer> => {
    const own = ownServer();
    if (own) return own;
    try {
      starting ??= startNeo4j();
      const { url, user, password } = await starting;
      return { url, user, password };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (process.env.CI !== 'true') process.stderr.write(`Suites that need neo4j are skipped: ${reason}\n`);
      return { reason };
    }
  };
  const server = createServer((_request, response) => {
    void answer().then((found) => response.end(JSON.stringify(found)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      const service = await starting?.catch(() => undefined);
      await service?.dispose();
    },
  };
};

/** The Neo4j of the run, or the reason to put into a skipped suite; in CI a missing one is a failure. */
export const testNeo4j = async (): Promise<TestNeo4j> => {
  const services = inject('services');
  if (!services) return { url: undefined, reason: 'only in the integration project' };
  const answer = answerShape.parse(await (await fetch(services.neo4jOffer)).json());
  if (!('reason' in answer)) return answer;
  if (process.env.CI === 'true') throw new Error(`Integration tests need neo4j: ${answer.reason}`);
  return { url: undefined, reason: answer.reason };
};
