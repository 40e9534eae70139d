/** Asks every part how it is, with a time limit each. See `index.ts`. */
import type { Health } from '@hearth/contract';
import type { Clock } from '../../kernel/clock.ts';
import { within } from '../../kernel/within.ts';

export interface Probe {
  /** Key under `services`. */
  name: string;
  ping: () => Promise<void>;
  /** Features that are lost or weaker while it is down. */
  features: string[];
  /** Without it nothing that matters works. */
  critical: boolean;
}

export interface HealthService {
  check(): Promise<Health>;
}

export interface HealthDeps {
  probes: Probe[];
  clock: Clock;
  /** Features lost for a reason no probe sees, for example an open breaker. */
  lostFeatures: () => string[] | Promise<string[]>;
  timeoutMs?: number;
  cacheMs?: number;
}

export const createHealth = ({
  probes,
  clock,
  lostFeatures,
  timeoutMs = 2_000,
  cacheMs = 1_000,
}: HealthDeps): HealthService => {
  let cached: { at: number; health: Promise<Health> } | null = null;

  const probe = async ({ ping }: Probe): Promise<{ status: 'up' | 'down'; latency_ms: number }> => {
    const started = clock.monotonicMs();
    const status = await within(clock, timeoutMs, ping()).then(
      (outcome) => (outcome === 'late' ? ('down' as const) : ('up' as const)),
      () => 'down' as const,
    );
    return { status, latency_ms: Math.round((clock.monotonicMs() - started) * 10) / 10 };
  };

  /** A part that cannot be asked is named by its probe. */
  const alsoLostNow = async (): Promise<string[]> => {
    const lost = await within(clock, timeoutMs, Promise.resolve(lostFeatures())).catch(() => 'late' as const);
    return lost === 'late' ? [] : lost;
  };

  const run = async (): Promise<Health> => {
    const [states, alsoLost] = await Promise.all([Promise.all(probes.map(probe)), alsoLostNow()]);
    const down = probes.filter((_probe, index) => states[index]?.status === 'down');
    const degraded = [...new Set([...down.flatMap((one) => one.features), ...alsoLost])].sort();
    const services = Object.fromEntries(
      probes.map((one, index) => [one.name, states[index] ?? { status: 'down' as const, latency_ms: 0 }]),
    );
    if (down.some((one) => one.critical)) return { status: 'unhealthy', services, degraded_features: degraded };
    return { status: degraded.length > 0 ? 'degraded' : 'healthy', services, degraded_features: degraded };
  };

  return {
    check() {
      if (cached === null || clock.monotonicMs() - cached.at > cacheMs)
        cached = { at: clock.monotonicMs(), health: run() };
      return cached.health;
    },
  };
};
