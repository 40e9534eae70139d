/** Health in the seed's exact shape, readiness and liveness. A part that is not configured is absent, not "down". */
import { z } from 'zod';

export const serviceHealthSchema = z.object({
  status: z.enum(['up', 'down']),
  latency_ms: z.number().nonnegative(),
});

export const healthSchema = z
  .object({
    status: z.enum(['healthy', 'degraded', 'unhealthy']),
    services: z.record(z.string(), serviceHealthSchema),
    degraded_features: z.array(z.string()),
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof healthSchema>;

export const liveSchema = z.object({ status: z.literal('alive') });
export const readySchema = z.object({ status: z.enum(['ready', 'stopping']) });
