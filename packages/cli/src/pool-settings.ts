import {
  type AdaptiveTargetOptions,
  adaptiveTarget,
  createWarmPool,
  memoryStore,
  type WarmPool,
  type WarmPoolOptions,
} from '@warm-agent/pool'
import type { AgentRuntime } from '@warm-agent/proxy'
import { connectToRedis, disconnect, readRedisUrl } from './redis.ts'
import { decimal, integer, optional, setting } from './settings.ts'
import { checking, UsageError } from './usage-error.ts'

/** Where the pool is that a command shows, drains or claims from. */
export const poolStoreSettings = {
  'pool-store': setting('URL', 'the Redis or Valkey where the sessions of the pool wait', readRedisUrl, {
    variable: 'WARM_AGENT_POOL_STORE',
    defaultText: 'this process',
  }),
  'pool-prefix': setting('TEXT', 'what its keys begin with there', text => text ?? 'warm-agent', {
    variable: 'WARM_AGENT_POOL_PREFIX',
    defaultText: 'warm-agent',
  }),
}

/** The settings of a proxy that has a pool. */
export const poolSettings = {
  pool: setting('SIZE', 'how many sessions to hold warm ahead; or adaptive: by the traffic that is seen', readSize, {
    variable: 'WARM_AGENT_POOL',
    defaultText: 'none: a session is warmed when a page opens',
  }),
  'pool-miss-rate': setting(
    'SHARE',
    'with adaptive: the share of claims that may find nothing',
    decimal(0.000_001, 0.5),
    {
      variable: 'WARM_AGENT_POOL_MISS_RATE',
      defaultText: '0.001',
    },
  ),
  'pool-ceiling': setting('SIZE', 'with adaptive: the most sessions to hold', integer(0, 5_000, undefined), {
    variable: 'WARM_AGENT_POOL_CEILING',
    defaultText: "the target's own",
  }),
  'pool-version': setting(
    'TEXT',
    'names the code that the agent runs: change it with every deploy of the agent',
    optional,
    {
      variable: 'WARM_AGENT_POOL_VERSION',
      defaultText: '1',
    },
  ),
  ...poolStoreSettings,
}

type PoolValues = {
  pool: number | 'adaptive' | undefined
  'pool-miss-rate': number | undefined
  'pool-ceiling': number | undefined
  'pool-version': string | undefined
  'pool-store': string | undefined
  'pool-prefix': string
}

/**
 * @returns the pool that the settings ask for, not started yet; `undefined` when they ask for none.
 * @throws UsageError for a setting that counts with a pool alone.
 */
export async function poolFrom(
  values: PoolValues,
  runtime: AgentRuntime,
  onEvent: WarmPoolOptions['onEvent'],
): Promise<{ pool: WarmPool; close(): Promise<void> } | undefined> {
  const { pool: size, 'pool-version': version } = values
  if (size === undefined) {
    for (const name of ['pool-miss-rate', 'pool-ceiling', 'pool-version', 'pool-store'] as const) {
      if (values[name] === undefined) continue
      throw new UsageError(`Could not use --${name}: there is no pool. Give --pool too.`)
    }
    return undefined
  }
  const target = checking(() => (size === 'adaptive' ? adaptiveTarget(adaptiveOptions(values)) : size))
  const { store, close } = await openPoolStore(values, true)
  const pool = checking(() =>
    createWarmPool({ runtime, store, target, ...(version && { version }), ...(onEvent && { onEvent }) }),
  )
  return {
    pool,
    async close() {
      await pool.close()
      close()
    },
  }
}

function adaptiveOptions(values: PoolValues): AdaptiveTargetOptions {
  const { 'pool-miss-rate': missRate, 'pool-ceiling': ceiling } = values
  return { ...(missRate !== undefined && { missRate }), ...(ceiling !== undefined && { ceiling }) }
}

/**
 * The sessions of a fleet, or of this process alone.
 *
 * @param reconnects Whether to try for ever, as who serves does.
 */
export async function openPoolStore(values: Pick<PoolValues, 'pool-store' | 'pool-prefix'>, reconnects: boolean) {
  const url = values['pool-store']
  if (!url) return { store: memoryStore(), close: () => {} }
  const [client, { redisStore }] = await Promise.all([
    connectToRedis(url, reconnects),
    import('@warm-agent/pool/redis'),
  ])
  return { store: redisStore({ client, prefix: values['pool-prefix'] }), close: () => disconnect(client) }
}

function readSize(text: string | undefined): number | 'adaptive' | undefined {
  return text === 'adaptive' ? text : integer(1, 5_000, undefined)(text)
}
