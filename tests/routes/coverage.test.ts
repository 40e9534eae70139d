/** The document, the running server and the table of fixtures name the same routes, and the public ones are frozen. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, startHarness } from '../harness.ts';
import { type RouteDocument, readDocument } from './document.ts';
import { fixtures } from './fixtures.ts';

const publicRoutes = [
  'GET /',
  'GET /api/v1/docs',
  'GET /api/v1/health',
  'GET /api/v1/openapi.json',
  'GET /health',
  'POST /api/v1/auth/login',
];
const opsRoutes = ['GET /livez', 'GET /metrics', 'GET /readyz'];

describe('the table of routes', () => {
  let harness: Harness;
  let document: RouteDocument;
  beforeAll(async () => {
    harness = await startHarness();
    document = await readDocument(harness);
  });
  afterAll(() => harness.close());

  const named = (access: string): string[] =>
    document.operations
      .filter((operation) => operation.access === access)
      .map(({ name }) => name)
      .sort();

  it('has a fixture for every documented route and no stale one, so that nothing goes untested', () => {
    expect(document.operations.map(({ name }) => name).sort()).toEqual(Object.keys(fixtures).sort());
  });

  it('documents every route the server answers, so that no route escapes the guard and these tests', () => {
    const served = harness.server.app.http.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect([...new Set(served)].sort()).toEqual(document.operations.map(({ name }) => name).sort());
  });

  it('has exactly the frozen public routes: whoever opens another one has to change this list', () => {
    expect(named('public')).toEqual(publicRoutes);
    expect(named('ops')).toEqual(opsRoutes);
  });
});
