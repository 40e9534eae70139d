/** The Claude account the household uses, or the demo model while there is none. Secrets are write-only. */
import { z } from 'zod';

export const accountSchema = z
  .object({
    kind: z.enum(['demo', 'api_key', 'oauth_token', 'gateway', 'login']),
    demo: z.boolean(),
    label: z.string().describe('For people: "demo model", "Claude API key …x7Qa"'),
    source: z.enum(['none', 'environment', 'saved', 'claude_login']),
    base_url_host: z.string().nullable(),
    models: z.record(z.string(), z.string()).describe('What the aliases opus, sonnet and haiku stand for'),
  })
  .meta({ id: 'Account' });
export type Account = z.infer<typeof accountSchema>;

export const connectAccountSchema = z
  .strictObject({
    credential: z.string().trim().min(20).max(1000).describe('An API key (sk-ant-api…) or a token (sk-ant-oat…)'),
  })
  .meta({ id: 'ConnectAccount' });
