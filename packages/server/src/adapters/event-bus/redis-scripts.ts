/**
 * The two scripts of the Redis bus. Per owner Redis holds a hash (`run`: which Redis process wrote it, `n`: the last
 * number used, `to`: the end of the block being used, `floor`: events up to here are not in the stream, `bytes`) and a
 * capped stream. Numbers come only from blocks that SQL reserved for good; a block is taken into use when it lies behind
 * the one before. State of another Redis process (a restart, a failover) may be old, so it is never continued.
 */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { sha1Hex } from '../../kernel/ids.ts';

const publishLua = `
local run, from, to, reset = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1'
local maxEvents, maxBytes, ttl, channel = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7], ARGV[8]
local count = #ARGV - 8
local known = redis.call('HMGET', KEYS[1], 'run', 'n', 'to', 'floor', 'bytes')
local n, last, floor, bytes = tonumber(known[2]), tonumber(known[3]), tonumber(known[4]), tonumber(known[5])
if known[1] ~= run then
  if to == 0 or to - from + 1 < count then return {0, 0, 0} end
  redis.call('DEL', KEYS[2])
  n, last, floor, bytes = from - 1, to, from - 1, 0
else
  if redis.call('EXISTS', KEYS[2]) == 0 and n > floor then floor, bytes = n, 0 end
  if reset or n + count > last then
    local start, stop = n, last
    if from > last then start, stop = from - 1, to end
    if start + count > stop then return {0, 0, 0} end
    n, last = start, stop
  end
  if reset then
    redis.call('DEL', KEYS[2])
    floor, bytes = n, 0
  end
end
for i = 9, #ARGV do
  n = n + 1
  local id = string.format('%.0f', n)
  redis.call('XADD', KEYS[2], id .. '-0', 'e', ARGV[i])
  redis.call('PUBLISH', channel, id .. ' ' .. ARGV[i])
  bytes = bytes + #ARGV[i]
end
local size = redis.call('XLEN', KEYS[2])
while size > 0 and (size > maxEvents or bytes > maxBytes) do
  local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
  redis.call('XDEL', KEYS[2], oldest[1])
  floor = tonumber(string.match(oldest[1], '^%d+'))
  bytes = bytes - #oldest[2][2]
  size = size - 1
end
local text = function(value) return string.format('%.0f', value) end
redis.call('HSET', KEYS[1], 'run', run, 'n', text(n), 'to', text(last), 'floor', text(floor), 'bytes', text(bytes))
redis.call('PEXPIRE', KEYS[1], ttl)
redis.call('PEXPIRE', KEYS[2], ttl)
return {1, n, floor}
`;

const readLua = `
local known = redis.call('HMGET', KEYS[1], 'run', 'n', 'floor')
if known[1] ~= ARGV[1] then return {0, 0, 0, {}} end
local n, floor = tonumber(known[2]), tonumber(known[3])
if n > floor and redis.call('EXISTS', KEYS[2]) == 0 then floor = n end
return {1, n, floor, redis.call('XRANGE', KEYS[2], '(' .. ARGV[2] .. '-0', '+')}
`;

const publishReply = z.tuple([z.number(), z.number(), z.number()]);
const readReply = z.tuple([
  z.number(),
  z.number(),
  z.number(),
  z.array(z.tuple([z.string(), z.tuple([z.string(), z.string()])])),
]);

export type OwnerKeys = { state: string; stream: string; channel: string };

export type PublishArguments = {
  keys: OwnerKeys;
  run: string;
  block: { from: number; to: number };
  /** Leave the present block and forget the stream: this process has used higher numbers on its own. */
  reset: boolean;
  limits: { events: number; bytes: number };
  ttlMs: number;
  payloads: string[];
};

const evaluate = async (client: Redis, lua: string, keys: string[], args: (string | number)[]): Promise<unknown> => {
  try {
    return await client.evalsha(sha1Hex(lua), keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return client.eval(lua, keys.length, ...keys, ...args);
  }
};

/** The number of the last event, or undefined when a (newer) block is needed; then nothing has happened. */
export const publishScript = async (
  client: Redis,
  args: PublishArguments,
): Promise<{ last: number; floor: number } | undefined> => {
  const { keys, run, block, reset, limits, ttlMs, payloads } = args;
  const reply = await evaluate(
    client,
    publishLua,
    [keys.state, keys.stream],
    [run, block.from, block.to, reset ? 1 : 0, limits.events, limits.bytes, ttlMs, keys.channel, ...payloads],
  );
  const [done, last, floor] = publishReply.parse(reply);
  return done === 1 ? { last, floor } : undefined;
};

export type StoredEvent = { seq: number; payload: string };

/** What the stream holds after `after`; undefined when this Redis process knows nothing of the owner. */
export const readScript = async (
  client: Redis,
  args: { keys: OwnerKeys; run: string; after: number },
): Promise<{ last: number; floor: number; events: StoredEvent[] } | undefined> => {
  const { keys, run, after } = args;
  const reply = await evaluate(client, readLua, [keys.state, keys.stream], [run, after]);
  const [known, last, floor, entries] = readReply.parse(reply);
  if (known !== 1) return undefined;
  return { last, floor, events: entries.map(([id, [, payload]]) => ({ seq: Number.parseInt(id, 10), payload })) };
};
