import { adaptiveTarget, createWarmPool, memoryStore, type WarmPool, type WarmPoolOptions } from '@warm-agent/pool'
import type { AgentRuntime } from '@warm-agent/proxy'
import { connectToRedis, disconnect, readRedisUrl } from './redis.ts'
import { runtimeSettings } from './runtime-settings.ts'
import { decimal, given, integer, labelOf, setting, type Values } from './settings.ts'
import { checking, UsageError } from './usage-error.ts'

/** Where the pool is. */
export const poolStoreSettings = {
  'pool-store': setting('URL', 'the Redis or Valkey where the sessions of the pool wait', readRedisUrl, {
    variable: 'WARM_AGENT_POOL_STORE',
    defaultText: 'this process',
  }),
  'pool-prefix': setting('TEXT', 'what its keys begin with there', readPrefix, {
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
  'pool-ceiling': setting('SIZE', 'with adaptive: the most sessions to hold', integer(1, 5_000, undefined), {
    variable: 'WARM_AGENT_POOL_CEILING',
    defaultText: '100',
  }),
  'pool-new-sessions-per-second': setting(
    'COUNT',
    'new sessions in a second that it may start; filling it gives way to those that are started because it is empty',
    decimal(0.001, 10_000),
    { variable: 'WARM_AGENT_POOL_NEW_SESSIONS_PER_SECOND', defaultText: '20, 80 % of the quota for new sessions' },
  ),
  'pool-version': setting(
    'TEXT',
    'names the code that the agent runs: change it with every deploy of the agent',
    readVersion,
    {
      variable: 'WARM_AGENT_POOL_VERSION',
      defaultText: '1',
    },
  ),
  ...poolStoreSettings,
}

type PoolValues = Values<typeof poolSettings>
type TokenValues = Pick<Values<typeof runtimeSettings>, 'agent-runtime-auth' | 'agent-runtime-token-file'>

const onlyAdaptive = ['pool-miss-rate', 'pool-ceiling'] as const
const onlyPooled = [...onlyAdaptive, 'pool-new-sessions-per-second', 'pool-version', 'pool-store'] as const

/**
 * @returns the pool, not started yet, and a function that leaves its store; `undefined` when the settings ask for no pool.
 * @throws UsageError for a setting that would have no effect.
 */
export async function poolFrom(
  values: PoolValues & TokenValues,
  runtime: AgentRuntime,
  onEvent: WarmPoolOptions['onEvent'],
): Promise<{ pool: WarmPool; close(): void } | undefined> {
  const { pool: size, 'pool-version': version, 'pool-new-sessions-per-second': newSessionsPerSecond } = values
  if (size === undefined) {
    refuse(values, onlyPooled, 'there is no pool. Give --pool too.')
    return undefined
  }
  refuseWithoutToken(values, `use ${labelOf('pool', poolSettings.pool)}`)
  if (size !== 'adaptive') refuse(values, onlyAdaptive, `the pool holds ${size}, whatever comes. Give --pool adaptive.`)
  const { 'pool-miss-rate': missRate, 'pool-ceiling': ceiling } = values
  const target = checking(() =>
    size === 'adaptive' ? adaptiveTarget({ missRate, ceiling, newSessionsPerSecond }) : size,
  )
  const { store, close } = await openPoolStore(values, true)
  try {
    const optional = given({ version, newSessionsPerSecond, onEvent })
    return { pool: checking(() => createWarmPool({ runtime, store, target, ...optional })), close }
  } catch (cause) {
    close()
    throw cause
  }
}

function refuse(values: PoolValues, names: readonly (keyof PoolValues)[], why: string): void {
  const given = names.find(name => values[name] !== undefined)
  if (given) throw new UsageError(`Could not use ${labelOf(given, poolSettings[given])}: ${why}`)
}

/** @throws UsageError for a runtime that takes only the tokens of callers: a pool calls it on nobody's behalf. */
export function refuseWithoutToken(values: TokenValues, task: string): void {
  if (values['agent-runtime-auth'] !== 'oauth' || values['agent-runtime-token-file']) return
  const tokenFile = labelOf('agent-runtime-token-file', runtimeSettings['agent-runtime-token-file'])
  throw new UsageError(
    `Could not ${task}: the runtime takes OAuth, and no caller stands behind the calls of a pool. Set ${tokenFile}.`,
  )
}

/**
 * The sessions of a fleet, or of this process alone.
 *
 * @param reconnects Whether to try for ever, as a server does.
 * @throws UsageError when Redis refuses the URL.
 */
export async function openPoolStore(values: Pick<PoolValues, 'pool-store' | 'pool-prefix'>, reconnects: boolean) {
  const url = values['pool-store']
  if (!url) return { store: memoryStore(), close: () => {} }
  const [client, { redisStore }] = await Promise.all([
    connectToRedis(url, 'WARM_AGENT_POOL_STORE', reconnects),
    import('@warm-agent/pool/redis'),
  ])
  return { store: redisStore({ client, prefix: values['pool-prefix'] }), close: () => disconnect(client) }
}

/** The store would refuse it too, but later, and without the name of the setting. */
function readPrefix(text = 'warm-agent'): string {
  if (/^[^{}\s]+$/.test(text)) return text
  throw new Error(`"${text}" is not a word without spaces and braces`)
}

function readVersion(text: string | undefined): string | undefined {
  if (text === undefined || (text.length >= 1 && text.length <= 200)) return text
  throw new Error(`it has ${text.length} characters, not 1 to 200`)
}

function readSize(text: string | undefined): number | 'adaptive' | undefined {
  return text === 'adaptive' ? text : integer(1, 5_000, undefined)(text)
}
