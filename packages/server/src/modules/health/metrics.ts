/** Numbers for Prometheus. Labels hold route patterns and outcomes, never ids, names or paths of a person. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  request(info: { method: string; route: string; status: number; ms: number }): void;
  text(): Promise<string>;
}

export interface MetricsDeps {
  workers: () => { live: number; busy: number; queued: number; spare: boolean };
}

export const createMetrics = ({ workers }: MetricsDeps): Metrics => {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const requests = new Histogram({
    name: 'hearth_http_request_seconds',
    help: 'Duration of HTTP requests until the answer began',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [register],
  });
  const total = new Counter({
    name: 'hearth_http_requests_total',
    help: 'HTTP requests',
    labelNames: ['method', 'route', 'status'],
    registers: [register],
  });
  for (const state of ['live', 'busy', 'queued'] as const) {
    new Gauge({
      name: `hearth_workers_${state}`,
      help: `Agent workers: ${state}`,
      registers: [register],
      collect() {
        this.set(workers()[state]);
      },
    });
  }
  new Gauge({
    name: 'hearth_workers_spare',
    help: 'A warm worker waits for a new chat',
    registers: [register],
    collect() {
      this.set(workers().spare ? 1 : 0);
    },
  });
  return {
    request({ method, route, status, ms }) {
      const labels = { method, route, status: String(status) };
      requests.observe(labels, ms / 1000);
      total.inc(labels);
    },
    text: () => register.metrics(),
  };
};
