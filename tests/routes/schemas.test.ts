/**
 * What routes answer is what the document says: bodies fit their schemas (and hold no field more), streams fit the event
 * contract, unknown fields are refused by name, and no error comes with a status the document does not name.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHarness } from '../harness.ts';
import { faultsOfRun, parseEvents } from '../support/events.ts';
import { type Answer, errorOf, jsonOf, send } from '../support/requests.ts';
import { rowsOf } from '../support/rows.ts';
import { type Operation, type RouteDocument, readDocument } from './document.ts';
import { fixtures } from './fixtures.ts';
import { callAs, newAddress, startWorld, type World } from './world.ts';

const reader = await startHarness();
const { operations } = await readDocument(reader);
await reader.close();

let world: World;
let document: RouteDocument;
beforeAll(async () => {
  world = await startWorld();
  document = await readDocument(world.harness);
});
afterAll(() => world.close());

const madeFor = async (operation: Operation) => {
  const fixture = fixtures[operation.name];
  if (fixture === undefined) throw new Error(`no fixture for ${operation.name}`);
  return { ...(await fixture.make(world, world.first)), status: fixture.status };
};

const mediaType = (answer: Answer): string => (answer.headers['content-type'] ?? '').split(';')[0] ?? '';

describe('a call that succeeds', () => {
  it.each(operations)('$name answers what the document promises', async (operation) => {
    const { status, ...made } = await madeFor(operation);
    const answer = await callAs(world, world.first, { ...made, method: operation.method });
    expect(answer.status, answer.text.slice(0, 400)).toBe(status);
    expect(answer.headers['x-correlation-id']).toBeDefined();
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    if (status === 204) {
      expect(answer.text).toBe('');
      return;
    }
    const type = mediaType(answer);
    const body = type === 'application/json' ? jsonOf(answer) : answer.text;
    expect(document.faultOf(operation, status, type, body)).toBe('');
    if (type !== 'text/event-stream' || operation.method === 'GET') return;
    expect(faultsOfRun(parseEvents(answer.text))).toEqual([]);
  });

  it.each(operations.filter(({ limit }) => limit !== null))(
    '$name tells how much of its limit is left',
    async (operation) => {
      const { status: _status, ...made } = await madeFor(operation);
      const { headers } = await callAs(world, world.first, { ...made, method: operation.method });
      for (const name of ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'])
        expect(String(headers[name]), name).toMatch(/^\d+$/);
      expect(Number(headers['x-ratelimit-remaining'])).toBe(Number(headers['x-ratelimit-limit']) - 1);
    },
  );

  it('/query as an event stream, with every partial, keeps the same contract', async () => {
    const answer = await callAs(world, world.first, {
      method: 'POST',
      path: '/api/v1/query',
      headers: { Accept: 'text/event-stream' },
      body: { prompt: 'three little words', include_partial_messages: true },
    });
    const events = parseEvents(answer.text);
    expect(faultsOfRun(events)).toEqual([]);
    expect(events.filter(({ type }) => type === 'partial').length).toBeGreaterThan(3);
  });
});

describe('a body', () => {
  const withBody = operations.filter(({ hasBody }) => hasBody);

  it.each(withBody)('$name refuses a field it does not know, names it, and does nothing', async (operation) => {
    const { status: _status, ...made } = await madeFor(operation);
    const before = await rowsOf(world.harness);
    for (const extra of ['no_such_field', 'owner_id', 'permissions_override', 'constructor']) {
      const body = { ...(made.body as object), [extra]: 1 };
      const answer = await callAs(world, world.first, { ...made, body, method: operation.method });
      expect(answer.status, `${extra}: ${answer.text.slice(0, 300)}`).toBe(422);
      const error = errorOf(answer);
      expect(error.code).toBe('VALIDATION_ERROR');
      expect(JSON.stringify(error.details)).toContain(extra);
    }
    const { api_keys: _before, ...rest } = before;
    const { api_keys: _after, ...after } = await rowsOf(world.harness);
    expect(after).toEqual(rest);
  });

  it.each(withBody)('$name refuses what is no object', async (operation) => {
    const { status: _status, ...made } = await madeFor(operation);
    for (const raw of ['null', '[]', '"text"', '1', 'true']) {
      const call = { path: made.path, method: operation.method, raw };
      const answer = await callAs(world, world.first, { ...call, headers: { 'Content-Type': 'application/json' } });
      expect(answer.status, raw).toBe(422);
      expect(errorOf(answer).code, raw).toBe('VALIDATION_ERROR');
    }
  });
});

describe('an id in a path', () => {
  const ids = operations.filter(({ hasIds }) => hasIds);
  const odd = [
    '1',
    'x',
    '%20',
    '*',
    '%25',
    "'%20or%201=1",
    '..%2f..',
    '%00',
    '%ff',
    'a'.repeat(3000),
    '{id}',
    '__proto__',
  ];

  it.each(ids)(
    '$name takes nothing but a UUID, and answers odd ones as a wrong field or as nothing',
    async (operation) => {
      const { status: _status, ...made } = await madeFor(operation);
      for (const id of odd) {
        const path = made.ids.slice(0, 1).reduce((text, known) => text.replace(known, id), made.path);
        const answer = await callAs(world, world.first, { path, body: made.body, method: operation.method });
        expect([404, 422], `${id}: ${answer.status}`).toContain(answer.status);
        errorOf(answer);
      }
    },
  );
});

describe('errors', () => {
  const provoke = async (operation: Operation): Promise<Answer[]> => {
    const { status: _status, ids, ...made } = await madeFor(operation);
    const call = { path: made.path, body: made.body, method: operation.method };
    const unknown = ids.reduce((text, id) => text.replaceAll(id, crypto.randomUUID()), JSON.stringify(call));
    const answers = [
      await callAs(world, world.first, JSON.parse(unknown)),
      await callAs(world, world.first, call, {}),
      await send(world.url, { ...call, headers: { 'X-Forwarded-For': newAddress() } }),
    ];
    if (!operation.hasBody) return answers;
    const raw = (text: string, type: string) =>
      callAs(world, world.first, {
        path: made.path,
        method: operation.method,
        raw: text,
        headers: { 'Content-Type': type },
      });
    answers.push(
      await raw('{', 'application/json'),
      await raw('{}', 'text/plain'),
      await raw('{"a":1}', 'application/json'),
    );
    return answers;
  };

  it.each(operations)(
    '$name: each error it answers is documented with that status, and fits the schema',
    async (operation) => {
      const undocumented: number[] = [];
      for (const answer of await provoke(operation)) {
        if (answer.status < 400) continue;
        errorOf(answer);
        const fault = document.faultOf(operation, answer.status, 'application/json', jsonOf(answer));
        if (fault === null) undocumented.push(answer.status);
        else expect(fault).toBe('');
      }
      expect([...new Set(undocumented)]).toEqual([]);
    },
  );
});
