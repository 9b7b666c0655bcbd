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

/** A Redis that does not answer keeps no server from starting for longer than this, in milliseconds. */
const connectMs = 5_000

/**
 * Resolves also when Redis does not answer: each command's caller hears of that.
 *
 * @param variable The setting that the URL comes from.
 * @param reconnects Whether to try for ever.
 * @throws UsageError when Redis refuses the user, the password or the database.
 */
export async function connectToRedis(url: string, variable: string, reconnects: boolean) {
  const { Redis } = await import('ioredis')
  // A command that cannot be sent fails soon: its caller goes on without an answer.
  const client = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: 1,
    connectTimeout: connectMs,
    // One that accepts and says nothing would keep the command up for ever.
    ...(!reconnects && { retryStrategy: () => null, commandTimeout: 5_000 }),
  })
  let isStarting = true
  let refusal: string | undefined
  // Every failure reaches its caller. As an event without a listener it would end the process.
  client.on('error', failure => {
    if (isStarting) refusal ??= whyRefused(failure)
    // Without its database ioredis would go on in database 0, where another fleet's sessions may be.
    if (client.status === 'connect') client.disconnect(!refusal)
  })
  const silence = new Promise(resolve => setTimeout(resolve, connectMs).unref())
  await Promise.race([client.connect().catch(() => {}), silence])
  isStarting = false
  if (refusal) throw new UsageError(`Could not use ${variable}: ${refusal}.`)
  return client
}

/** @returns `undefined` for what may pass. */
function whyRefused({ message, command }: Error & { command?: { name: string; args: string[] } }): string | undefined {
  // Not its words: of a command that it does not know Redis repeats what follows, and that may be the password.
  if (/^(WRONGPASS|NOAUTH|ERR invalid password)/.test(message)) {
    return 'Redis refuses its user or its password. Correct them'
  }
  if (command?.name !== 'select' || !/^(ERR|NOPERM)/.test(message)) return undefined
  return `Redis does not give its database ${command.args[0]} (${message}). Correct the number at its end`
}

/** @throws UsageError in place of what went wrong: its words may repeat the URL, with its password. */
export async function answered<T>(task: string, variable: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    throw new UsageError(`Could not ${task}: Redis does not answer. Check ${variable}.`, { cause })
  }
}

/** A client whose connection has ended already would wait two seconds for it to end, and the process with it. */
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
    // ioredis does so too.
    decodeURIComponent(username + password)
    // What is no number ioredis takes for one all the same.
    return /^rediss?:$/.test(protocol) && /^(\/\d*)?$/.test(pathname) && /^\d*$/.test(searchParams.get('db') ?? '')
  } catch {
    return false
  }
}
