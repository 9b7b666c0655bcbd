import { defaultBasePath } from '@warm-agent/protocol'
import { createWarmProxy, memoryLedger } from '@warm-agent/proxy'
import { toNodeHandler } from '@warm-agent/proxy/node'
import { callerSettings, callersFrom } from '../caller-settings.ts'
import { leavePool } from '../leave-pool.ts'
import { limitSettings, limitsFrom } from '../limit-settings.ts'
import { createLog } from '../log.ts'
import { operationsFrom, operationsSettings } from '../operations-settings.ts'
import { poolFrom, poolSettings } from '../pool-settings.ts'
import { openRedis, redisSettings } from '../redis.ts'
import { runtimeFrom, runtimeSettings } from '../runtime-settings.ts'
import { secretCommand } from '../secret-command.ts'
import { serve } from '../serve.ts'
import { integer, list, readSettings, required, setting, type Values } from '../settings.ts'
import { statsFrom, statsSettings } from '../stats-settings.ts'
import { checking } from '../usage-error.ts'

const settings = {
  ...runtimeSettings,
  ...redisSettings,
  'warm-agent-secret': setting(
    'SECRETS',
    'seals the tickets; at least 32 bytes; comma-separated for rotation: the first seals, all open',
    text => list(required(`at least 32 random bytes, for example from: ${secretCommand}`)(text)) ?? [],
    { variable: 'WARM_AGENT_SECRET' },
  ),
  'warm-agent-origins': setting('ORIGINS', 'further origins whose pages may call, comma-separated', list, {
    variable: 'WARM_AGENT_ORIGINS',
  }),
  ...callerSettings,
  ...limitSettings,
  ...statsSettings,
  ...operationsSettings,
  ...poolSettings,
  port: setting('PORT', 'where to listen', integer(0, 65_535, 8787), { variable: 'PORT', defaultText: '8787' }),
  host: setting('HOST', 'where to listen', text => text ?? '127.0.0.1', { variable: 'HOST', defaultText: '127.0.0.1' }),
}

/** `warm-agent proxy` */
export async function proxy(args: string[]): Promise<void> {
  const values = readSettings('warm-agent proxy [options]', settings, args)
  if (!values) return
  const opened: Closer[] = []
  try {
    await start(values, opened)
  } catch (cause) {
    // An open connection would keep the process alive.
    await closeAll(opened, 0)
    throw cause
  }
}

/** @param leftMs How long that may take, in milliseconds. */
type Closer = (leftMs: number) => unknown

async function closeAll(opened: Closer[], leftMs: number): Promise<void> {
  for (const close of opened.reverse()) await close(leftMs)
}

/** @param opened Gets a function for everything that is opened, to close it. */
async function start(values: Values<typeof settings>, opened: Closer[]): Promise<void> {
  const log = createLog()
  const secret = values['warm-agent-secret']
  const takesTokens = values['agent-runtime-auth'] === 'oauth'
  const authorize = checking(() => callersFrom(values, secret, takesTokens, log.tokenRefused))
  const redisUrl = values['warm-agent-redis-url']
  const shared = redisUrl ? await openRedis(redisUrl, true) : undefined
  if (shared) opened.push(shared.close)
  const stats = statsFrom(
    values,
    shared && (costs => shared.stats(costs, () => log.warn('Statistics are missing: Redis did not take an event.'))),
  )
  const runtime = checking(() => runtimeFrom(values, event => log.endpointEvent(event)))
  const operations = operationsFrom(values, runtime)
  const pooled = await poolFrom(values, runtime, event => {
    log.poolEvent(event)
    stats.onPoolEvent(event)
  })
  if (pooled) opened.push(pooled.close)
  const warmProxy = checking(() =>
    createWarmProxy({
      runtime,
      ...(pooled && { pool: pooled.pool }),
      authorize: authorize ? stats.holdOut(authorize) : () => null,
      secret,
      origins: values['warm-agent-origins'] ?? [],
      ledger: shared?.ledger ?? memoryLedger(),
      limits: { ...limitsFrom(values), store: shared?.limits },
      onEvent(event) {
        log.proxyEvent(event)
        stats.onEvent(event)
        operations.onEvent(event)
      },
    }),
  )
  let hasPartInPool = false
  opened.push(leftMs =>
    Promise.all([warmProxy.close(), pooled && hasPartInPool && leavePool(pooled.pool, leftMs, log.warn)]),
  )
  const statsLine = await stats.listen()
  const operationsLine = await operations.listen()
  const url = await serve(toNodeHandler(warmProxy.fetch), values, {
    begun: operations.drain,
    done: leftMs => closeAll(opened, leftMs),
  })
  if (!authorize) {
    log.warn(
      'Every caller will be refused: nobody can be told apart yet. Set WARM_AGENT_JWT_ISSUER and WARM_AGENT_JWT_AUDIENCE ' +
        'to accept those who signed in, or WARM_AGENT_ANONYMOUS=1 to accept anybody.',
    )
  }
  // Only now: a process that cannot serve must neither take the pool over nor stop the sessions in it.
  hasPartInPool = true
  await pooled?.pool.start()
  process.stdout.write(
    `warm-agent proxy listens on port ${url.port}, base path ${defaultBasePath}: ${url.origin}${defaultBasePath}\n`,
  )
  process.stdout.write(`${statsLine}${operationsLine}`)
}
