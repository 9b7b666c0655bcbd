import { redisLedger } from '@warm-agent/proxy/ledger-redis'
import { redisLimits } from '@warm-agent/proxy/limits-redis'
import type { StatsCosts } from '@warm-agent/proxy/stats'
import { redisStats } from '@warm-agent/proxy/stats-redis'
import type { Redis } from 'ioredis'
import { setting } from './settings.ts'
import { UsageError } from './usage-error.ts'

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
 * @throws UsageError when Redis refuses the URL.
 */
export async function openRedis(url: string, reconnects: boolean) {
  const client = await connectToRedis(url, 'WARM_AGENT_REDIS_URL', reconnects)
  return {
    ledger: redisLedger({ client }),
    limits: redisLimits({ client }),
    stats: (costs: StatsCosts, onFailed: (cause: unknown) => void) => redisStats({ client, costs, onFailed }),
    close: () => disconnect(client),
  }
}

/** How long a server waits for Redis before it starts without it, in milliseconds. */
const connectMs = 5_000

/**
 * Resolves also when Redis does not answer: then each Redis command fails, and its caller is told.
 *
 * @param variable The setting that the URL comes from.
 * @param reconnects Whether to try for ever.
 * @throws UsageError when Redis refuses the user, the password or the database.
 */
export async function connectToRedis(url: string, variable: string, reconnects: boolean) {
  const { Redis } = await import('ioredis')
  // A Redis command that cannot be sent fails soon, so that its caller can go on without it.
  const client = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: 1,
    connectTimeout: connectMs,
    // A Redis that accepts the connection and says nothing must not keep the process up for ever.
    ...(!reconnects && { retryStrategy: () => null, commandTimeout: 5_000 }),
  })
  let isStarting = true
  let refusal: string | undefined
  // Every failure reaches its caller anyway; an 'error' event without a listener would end the process.
  client.on('error', failure => {
    if (isStarting) refusal ??= whyRefused(failure)
    // A failure between connecting and being ready: ioredis would go on in database 0, where another fleet's sessions may be.
    if (client.status === 'connect') client.disconnect(!refusal)
  })
  const silence = new Promise(resolve => setTimeout(resolve, connectMs).unref())
  await Promise.race([client.connect().catch(() => {}), silence])
  isStarting = false
  if (refusal) throw new UsageError(`Could not use ${variable}: ${refusal}.`)
  return client
}

/** @returns why Redis refuses the URL, or `undefined` for a failure that may pass. */
function whyRefused({ message, command }: Error & { command?: { name: string; args: string[] } }): string | undefined {
  // Not in the words of Redis: it may repeat the arguments of a command, and the password is one.
  if (/^(WRONGPASS|NOAUTH|ERR invalid password)/.test(message)) {
    return 'Redis refuses its user or its password. Correct them'
  }
  if (command?.name !== 'select' || !/^(ERR|NOPERM)/.test(message)) return undefined
  return `Redis does not give its database ${command.args[0]} (${message}). Correct the number at its end`
}

/** @throws UsageError instead of the failure itself, whose message may repeat the URL with its password. */
export async function answered<T>(task: string, variable: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    throw new UsageError(`Could not ${task}: Redis does not answer. Check ${variable}.`, { cause })
  }
}

/** Without the check, a client whose connection has ended already would keep the process up for two seconds. */
export function disconnect(client: Redis): void {
  if (client.status !== 'end') client.disconnect()
}

/** @throws Error that does not repeat the URL. */
export function readRedisUrl(text: string | undefined): string | undefined {
  if (text === undefined || isRedisUrl(text)) return text
  // The URL may hold a password: it is not repeated.
  throw new Error(
    'it is no URL of a Redis. It looks like redis://localhost:6379, or redis://localhost:6379/1 for database 1, ' +
      'or rediss:// with TLS; a % in its password is written %25',
  )
}

function isRedisUrl(text: string): boolean {
  try {
    const { protocol, username, password, pathname, searchParams } = new URL(text)
    // Throws for a lone %, as ioredis would.
    decodeURIComponent(username + password)
    // ioredis would make a number of anything.
    return /^rediss?:$/.test(protocol) && /^(\/\d*)?$/.test(pathname) && /^\d*$/.test(searchParams.get('db') ?? '')
  } catch {
    return false
  }
}
