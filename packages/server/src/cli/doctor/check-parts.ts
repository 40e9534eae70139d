/** Redis, and whether the parts fit each other. */
import { createRedisConnection } from '../../adapters/redis/client.ts';
import type { Config } from '../../config.ts';
import { silentLog } from '../../kernel/log.ts';
import { error, type Finding, ok, warning } from './finding.ts';

const checkRedis = async (url: string): Promise<Finding> => {
  const redis = createRedisConnection({ url, log: silentLog });
  try {
    await redis.settled();
    await redis.run((client) => client.ping());
    return ok('redis', `Redis at ${new URL(url).host} answers`);
  } catch {
    return error({
      id: 'redis.away',
      title: 'Redis cannot be reached',
      cause: `${new URL(url).host} does not answer, or refuses the password.`,
      fix: 'Check that Redis runs and that REDIS_URL is right, or unset it to do without.',
    });
  } finally {
    await redis.close();
  }
};

export const checkParts = async ({ redis, database }: Config): Promise<Finding[]> => {
  const findings = redis === null ? [] : [await checkRedis(redis.url)];
  if (database.kind === 'postgres' && redis === null)
    findings.push(
      warning({
        id: 'replicas.no_redis',
        title: 'Only one server may run: PostgreSQL without Redis',
        cause: 'A second server would not see live events of the first, and would count rate limits on its own.',
        fix: 'For several servers set REDIS_URL too. With one server all is well.',
      }),
    );
  if (database.kind === 'sqlite' && redis !== null)
    findings.push(
      warning({
        id: 'replicas.no_postgres',
        title: 'Only one server may run: Redis without PostgreSQL',
        cause: 'The built-in database belongs to one server.',
        fix: 'For several servers set DATABASE_URL too. With one server Redis is not needed.',
      }),
    );
  return findings;
};
