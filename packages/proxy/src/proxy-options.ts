import { defaultBasePath } from '@warm-agent/protocol'
import * as z from 'zod'
import { aFunction } from './a-function.ts'
import type { AgentRuntime } from './agent-runtime.ts'
import type { Authorize } from './callers.ts'
import type { ConversationSource } from './conversation.ts'
import { explainRefusal } from './explain-refusal.ts'
import type { SessionLedger } from './ledger/session-ledger.ts'
import { limit, type WarmLimits, warmLimitsShape } from './limits/warm-limits.ts'
import { createFailurePrinter } from './print-failures.ts'
import type { ProxyEvent } from './proxy-event.ts'
import { secretsFrom } from './secrets.ts'
import type { SessionPool } from './session-pool.ts'

/** What bounds the proxy's work. Durations in milliseconds. */
export interface ProxyLimits extends WarmLimits {
  /** How long a warm-up, or a message that waits for one, may take. @default 60_000 */
  warmTimeoutMs: number
  /** How long a message may wait for the first byte of its answer; the platform's own limit is 15 min. @default 900_000 */
  messageTimeoutMs: number
  /** How long a session without a message is held. @default 900_000 */
  unsentHoldMs: number
  /** How long a session is kept when its page leaves while it is warming. @default 30_000 */
  parkMs: number
  /** The beat that browsers are told. @default 60 % of the runtime's idle timeout */
  beatMs?: number | undefined
  /** The largest message body, in bytes. @default 10_485_760 */
  bodyBytes: number
  /**
   * Messages of one caller in flight at the same time in this process, until their answers have ended. One more is refused
   * with 429. From 1 on; `Infinity` lifts the limit. @default 2_048
   */
  messagesAtOncePerCaller: number
}

interface CommonOptions {
  /** Names the caller of a request, or refuses it. See {@link anonymousCallers} for pages without a sign-in. */
  authorize: Authorize
  /** Seals the tickets. At least 32 bytes. Of several, the first seals and all open: so a secret is rotated. */
  secret: string | readonly string[]
  /** Where the routes are mounted. @default '/api/agent' */
  basePath?: string
  /** Further origins whose pages may call, for example `https://chat.example.com`. @default [] */
  origins?: readonly string[]
  /** What bounds the proxy's work. Each that is not given has its own default. @default as {@link ProxyLimits} tells */
  limits?: Partial<ProxyLimits>
  /**
   * The list of live sessions, from which a reaper stops what nobody holds: `memoryLedger()` for a single process,
   * `redisLedger({ client })` for a fleet. Without one only the process that parked a session stops it, and sessions that a
   * process held when it died are left to the platform's idle timeout: the event `ledger-missing` says so.
   *
   * @default none
   */
  ledger?: SessionLedger
  /**
   * Sessions that were warmed ahead. Pages, and messages without a session, get one of these first. `createWarmPool` of
   * `@warm-agent/pool` makes a pool; with several agents give one for each, by name. You start it and close it.
   *
   * @default none: a session is warmed when a page opens
   */
  pool?: SessionPool | Readonly<Record<string, SessionPool>>
  /**
   * Names the conversation that a message belongs to, when `authorize` does not: a function, which may read the body, or the
   * name of a header that the page sends. A header names only conversations of its own caller. The agent is told the
   * conversation, and whether its microVM is new to it. A function must give a string of 1 to 256 characters, or
   * `undefined` or `null` for none: anything else fails the request.
   *
   * @default none: the agent is told of no conversation
   */
  conversationId?: ConversationSource
  /**
   * Hears what happens. What it throws, or rejects with, is printed by `console.error`, and does not disturb the proxy.
   *
   * @default prints by `console.error` only the failures for which browsers are told to see the proxy's log: `internal`, and
   *   refused or missing credentials, agents or endpoints. One line each, and the same failure once in 10 seconds
   */
  onEvent?: (event: ProxyEvent) => void
}

/** One agent, or several by name. */
export type WarmProxyOptions = CommonOptions &
  ({ runtime: AgentRuntime; agents?: never } | { runtime?: never; agents: Readonly<Record<string, AgentRuntime>> })

const duration = z
  .number()
  .positive()
  .max(2 ** 31 - 1)
const aRuntime = z.custom<AgentRuntime>(
  value => typeof (value as AgentRuntime | undefined)?.invoke === 'function',
  'expected an AgentRuntime, for example createAgentCoreRuntime({ arn })',
)
const aPool = z.custom<SessionPool>(
  value => typeof (value as SessionPool | undefined)?.claim === 'function',
  'expected a pool, for example createWarmPool({ … })',
)
const aLedger = z.custom<SessionLedger>(
  value => typeof (value as SessionLedger | undefined)?.lead === 'function',
  'expected a SessionLedger, for example memoryLedger()',
)
const anOrigin = z.string().refine(text => URL.canParse(text) && new URL(text).origin === text, {
  error: 'expected an origin like https://chat.example.com, without a path',
})

const optionsSchema = z.strictObject({
  runtime: aRuntime.optional(),
  agents: z.record(z.string().min(1), aRuntime).optional(),
  authorize: aFunction,
  // `secretsFrom` says what to do where there is none.
  secret: z.union([z.string(), z.array(z.string())], 'expected a string, or a list of strings').nullish(),
  basePath: z
    .string()
    .regex(/^(\/[^/?#\s]+)+$/, 'expected a path like /api/agent')
    .default(defaultBasePath),
  origins: z.array(anOrigin).default([]),
  limits: z
    .strictObject({
      warmTimeoutMs: duration.default(60_000),
      messageTimeoutMs: duration.default(900_000),
      unsentHoldMs: duration.default(900_000),
      parkMs: duration.default(30_000),
      beatMs: duration.optional(),
      bodyBytes: z
        .number()
        .int()
        .positive()
        .default(10 * 1024 * 1024),
      messagesAtOncePerCaller: limit(2_048, 1),
      ...warmLimitsShape,
    })
    .prefault({}),
  pool: z
    .union([aPool, z.record(z.string().min(1), aPool)], 'expected a pool, or one for each agent by name')
    .optional(),
  ledger: aLedger.optional(),
  conversationId: z
    .union([aFunction, z.string().regex(/^[!#$%&'*+.^_`|~\w-]{1,64}$/)], 'expected a function, or the name of a header')
    .optional(),
  onEvent: aFunction.optional(),
})

/** The options of a proxy, checked and complete. */
export interface CheckedOptions {
  runtimes: Readonly<Record<string, AgentRuntime>>
  pools: Readonly<Record<string, SessionPool | undefined>>
  authorize: Authorize
  secrets: readonly string[]
  basePath: string
  origins: readonly string[]
  limits: ProxyLimits
  ledger: SessionLedger | undefined
  conversationId: ConversationSource | undefined
  onEvent: (event: ProxyEvent) => void
}

/** @throws Error that names the option that is unknown or makes no sense. */
export function checkOptions(options: WarmProxyOptions): CheckedOptions {
  const checked = optionsSchema.safeParse(options)
  if (!checked.success) {
    const refused = explainRefusal(checked.error, options, ['secret'])
    throw new Error(`Could not create the proxy: ${refused}. See WarmProxyOptions.`)
  }
  const runtimes = options.agents ?? (options.runtime ? { default: options.runtime } : {})
  if (Object.keys(runtimes).length === 0 || (options.agents && options.runtime)) {
    throw new Error('Could not create the proxy: it needs either `runtime` or `agents`. Give exactly one of them.')
  }
  const { limits, basePath, origins } = checked.data
  for (const [name, runtime] of Object.entries(runtimes)) {
    if (limits.beatMs === undefined || limits.beatMs < runtime.idleTimeoutMs) continue
    throw new Error(
      `Could not create the proxy: limits.beatMs is ${limits.beatMs}, but agent ${name} idles out after ` +
        `${runtime.idleTimeoutMs} ms. Beat more often.`,
    )
  }
  const pools = poolsOf(options.pool, Object.keys(runtimes))
  const { authorize, ledger, conversationId, onEvent = createFailurePrinter() } = options
  const secrets = secretsFrom(options.secret)
  return { runtimes, pools, authorize, secrets, basePath, origins, limits, ledger, conversationId, onEvent }
}

function poolsOf(pool: WarmProxyOptions['pool'], agents: string[]): CheckedOptions['pools'] {
  if (!pool) return {}
  if (isPool(pool)) {
    const [only = '', ...others] = agents
    if (others.length > 0) throw poolRefused('it is one pool, and there are several agents')
    return { [only]: pool }
  }
  const stranger = Object.keys(pool).find(name => !agents.includes(name))
  if (stranger) throw poolRefused(`${stranger} is not an agent`)
  return pool
}

function poolRefused(why: string): Error {
  return new Error(`Could not create the proxy: option pool: ${why}. Name one pool for each agent that has one.`)
}

function isPool(pool: NonNullable<WarmProxyOptions['pool']>): pool is SessionPool {
  return typeof pool.claim === 'function'
}
