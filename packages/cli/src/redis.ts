import { redisLedger } from '@warm-agent/proxy/ledger-redis'
import { redisLimits } from '@warm-agent/proxy/limits-redis'
import type { StatsCosts } from '@warm-agent/proxy/stats'
import { redisStats } from '@warm-agent/proxy/stats-redis'
import type { Redis } from 'ioredis'
import { setting } from './settings.ts'

/** The settings of a command that reaches what the proxies of a fleet share. */
export const redisSettings = {
  'warm-agent-redis-url': setting('URL', 'the Redis or Valkey that the proxies of a fleet share', readRedisUrl, {
    variable: 'WARM_AGENT_REDIS_URL',
    defaultText: 'none: a proxy keeps its list to itself, and loses it when it dies',
  }),
}

/**
 * What is in the Redis that a fleet shares.
 *
 * @param reconnects Whether to try for ever, as a server does.
 */
export async function openRedis(url: string, reconnects: boolean) {
  const client = await connectToRedis(url, reconnects)
  return {
    ledger: redisLedger({ client }),
    limits: redisLimits({ client }),
    stats: (costs: StatsCosts, onFailed: (cause: unknown) => void) => redisStats({ client, costs, onFailed }),
    close: () => disconnect(client),
  }
}

/** @param reconnects Whether to try for ever. */
export async function connectToRedis(url: string, reconnects: boolean) {
  const { Redis } = await import('ioredis')
  // A command that cannot be sent fails soon: its caller goes on without an answer.
  const client = new Redis(url, {
    maxRetriesPerRequest: 1,
    connectTimeout: 5_000,
    // One that accepts and says nothing would keep the command up for ever.
    ...(!reconnects && { retryStrategy: () => null, commandTimeout: 5_000 }),
  })
  // Every failure reaches its caller. As an event without a listener it would end the process.
  client.on('error', () => {})
  return client
}

/** A client whose connection has ended already would wait two seconds for it to end, and the process with it. */
export function disconnect(client: Redis): void {
  if (client.status !== 'end') client.disconnect()
}

/** @throws Error that does not repeat the URL. */
export function readRedisUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  // The URL may hold a password: it is not repeated.
  if (URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol)) return text
  throw new Error('it is no URL of a Redis. It looks like redis://localhost:6379, or rediss:// with TLS')
}
