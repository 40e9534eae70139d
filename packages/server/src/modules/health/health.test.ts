import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../kernel/fake-clock.ts';
import { createHealth, createMetrics } from './index.ts';

const up = async (): Promise<void> => {};
const refused = async (): Promise<void> => {
  throw new Error('refused');
};

describe('health', () => {
  it('is healthy when everything answers and nothing is lost', async () => {
    const health = createHealth({
      clock: createFakeClock(),
      probes: [{ name: 'sqlite', ping: up, features: ['everything'], critical: true }],
      lostFeatures: () => [],
    });
    expect(await health.check()).toEqual({
      status: 'healthy',
      services: { sqlite: { status: 'up', latency_ms: 0 } },
      degraded_features: [],
    });
  });

  it('is degraded when something is lost, and names it', async () => {
    const health = createHealth({
      clock: createFakeClock(),
      probes: [{ name: 'tei', ping: refused, features: ['semantic_search'], critical: false }],
      lostFeatures: () => ['chat'],
    });
    expect(await health.check()).toMatchObject({ status: 'degraded', degraded_features: ['chat', 'semantic_search'] });
  });

  it('is unhealthy when a critical part does not answer in time', async () => {
    const clock = createFakeClock();
    const health = createHealth({
      clock,
      probes: [{ name: 'postgres', ping: () => new Promise(() => {}), features: ['everything'], critical: true }],
      lostFeatures: () => [],
    });
    const checking = health.check();
    await clock.advanceAsync(2_000);
    expect(await checking).toMatchObject({ status: 'unhealthy', services: { postgres: { status: 'down' } } });
  });

  it('asks at most once a second, however often it is asked, and sees a recovery', async () => {
    const clock = createFakeClock();
    let pings = 0;
    const health = createHealth({
      clock,
      probes: [
        {
          name: 'redis',
          ping: async () => {
            pings += 1;
            if (pings === 1) throw new Error('refused');
          },
          features: ['x'],
          critical: true,
        },
      ],
      lostFeatures: () => [],
    });
    expect((await health.check()).status).toBe('unhealthy');
    await health.check();
    expect(pings).toBe(1);
    clock.advance(1_001);
    expect((await health.check()).status).toBe('healthy');
  });
});

describe('metrics', () => {
  it('count requests by route and show the workers, without ids', async () => {
    const metrics = createMetrics({ workers: () => ({ live: 2, busy: 1, queued: 3, spare: true }) });
    metrics.request({ method: 'GET', route: '/api/v1/sessions/:id', status: 200, ms: 12 });
    const text = await metrics.text();
    expect(text).toContain('hearth_http_requests_total{method="GET",route="/api/v1/sessions/:id",status="200"} 1');
    expect(text).toContain('hearth_workers_queued 3');
  });
});
