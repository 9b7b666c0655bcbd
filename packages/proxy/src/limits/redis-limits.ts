import { RateLimiterRedis } from 'rate-limiter-flexible'
import { isIoredis, type RedisClient, toRunScript } from '../ledger/redis-client.ts'
import { refuseUnknown } from '../refuse-unknown.ts'
import type { LimitStore } from './limit-store.ts'

export type { RedisClient } from '../ledger/redis-client.ts'

export interface RedisLimitsOptions {
  /** A connected client of `ioredis`, `iovalkey` or `redis`. It is never closed here. */
  client: RedisClient
  /** Begins every key. @default 'warm-agent:limits' */
  prefix?: string
}

/**
 * One hold for all: the places are the members of a sorted set, by the time of their ends on Redis' own clock.
 * KEYS room; ARGV member, milliseconds, places.
 */
const holdScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local left = (redis.call('ZSCORE', KEYS[1], ARGV[1]) or now) - now
local forMs = tonumber(ARGV[2])
if forMs <= 0 then
  redis.call('ZREM', KEYS[1], ARGV[1])
  return left
end
if left == 0 and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return -1 end
redis.call('ZADD', KEYS[1], now + forMs, ARGV[1])
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
redis.call('PEXPIREAT', KEYS[1], last[2])
return left
`

/**
 * Counts in Redis or Valkey, once for all instances of a fleet: `createWarmProxy({ limits: { store: redisLimits({ client }) } })`.
 * While it cannot be reached every instance counts for itself.
 *
 * @throws Error when an option is unknown, or the client of no known kind.
 */
export function redisLimits({ client, prefix = 'warm-agent:limits', ...unknown }: RedisLimitsOptions): LimitStore {
  refuseUnknown(unknown, 'count in Redis', 'See RedisLimitsOptions.')
  const run = toRunScript(client)
  const counters = new RateLimiterRedis({
    storeClient: client,
    useRedisPackage: !isIoredis(client),
    keyPrefix: `${prefix}:count`,
    points: 1,
    duration: 1,
  })

  return {
    async add(counter, points, keepSeconds) {
      // A counter that is only read is not begun.
      if (points === 0) return (await counters.get(counter))?.consumedPoints ?? 0
      return (await counters.penalty(counter, points, { customDuration: keepSeconds })).consumedPoints
    },

    async hold(room, member, forMs, places) {
      const words = [member, `${Math.ceil(forMs)}`, `${Math.min(places, Number.MAX_SAFE_INTEGER)}`]
      const left = await run(holdScript, [`${prefix}:room:${room}`], words)
      return Number(left) < 0 ? undefined : Number(left)
    },
  }
}
