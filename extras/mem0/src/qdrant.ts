/**
 * The client of Qdrant that Mem0 is given: what it calls, over the small HTTP line of the server, with its time limits.
 * Qdrant's own client brings an HTTP library along that the `fetch` of Node 26 does not get on with.
 */
import { z } from 'zod';
import { createHttpClient, type HttpCall } from '../../../packages/server/src/adapters/http/client.ts';
import { systemClock } from '../../../packages/server/src/kernel/clock.ts';
import { dependencyLimits } from '../../../packages/server/src/kernel/policies.ts';

interface Page {
  filter?: unknown;
  limit: number;
}

const resultShape = z.object({ result: z.unknown() });
const pointsShape = z.object({ points: z.array(z.unknown()), next_page_offset: z.unknown() });
const pageSize = 1_000;
const { connectMs, requestMs } = dependencyLimits.qdrant;

/** Mem0 looks at the status. */
const refused = (status: number, text: string): Error =>
  Object.assign(new Error(`Qdrant answered ${status}: ${text.slice(0, 200)}`), { status });

export const createQdrantClient = ({ url, apiKey }: { url: string; apiKey: string | undefined }) => {
  const headers: Record<string, string> = apiKey === undefined ? {} : { 'api-key': apiKey };
  const http = createHttpClient({ url, headers, connectMs, clock: systemClock, away: 'Qdrant is not reachable.' });

  const send = async (method: HttpCall['method'], path: string, body?: unknown): Promise<unknown> => {
    const call = { method, path: `/collections/${path}`, ...(body === undefined ? {} : { body }) };
    const { status, text } = await http.send(call, AbortSignal.timeout(requestMs));
    if (status < 200 || status > 299) throw refused(status, text);
    return resultShape.parse(JSON.parse(text)).result;
  };
  const query = (name: string, body: object): Promise<unknown> => send('POST', `${name}/points/query`, body);

  return {
    close: http.close,
    createCollection: (name: string, body: object) => send('PUT', name, body),
    getCollection: (name: string) => send('GET', name),
    createPayloadIndex: (name: string, body: object) => send('PUT', `${name}/index?wait=true`, body),
    upsert: (name: string, body: object) => send('PUT', `${name}/points?wait=true`, body),
    delete: (name: string, body: object) => send('POST', `${name}/points/delete?wait=true`, body),
    retrieve: (name: string, body: object) => send('POST', `${name}/points`, body),
    query,
    search: async (name: string, { vector, ...rest }: { vector: number[] }) =>
      pointsShape.pick({ points: true }).parse(await query(name, { ...rest, query: vector, with_payload: true }))
        .points,
    async scroll(name: string, { limit, ...rest }: Page) {
      const all: unknown[] = [];
      let offset: unknown;
      do {
        const body = { ...rest, limit: Math.min(pageSize, limit - all.length), ...(offset ? { offset } : {}) };
        const { points, next_page_offset } = pointsShape.parse(await send('POST', `${name}/points/scroll`, body));
        all.push(...points);
        offset = next_page_offset;
      } while (offset && all.length < limit);
      return { points: all };
    },
  };
};
