import type { AgentRuntime } from '@warm-agent/proxy'
import * as z from 'zod'
import type { AlarmRules } from './pool-alarms.ts'
import { type PoolClock, systemClock } from './pool-clock.ts'
import type { PoolEvent } from './pool-event.ts'
import type { DrainPolicy } from './pool-plan.ts'
import type { PoolStore } from './pool-store.ts'
import type { PoolTarget } from './pool-target.ts'

/** What a pool is made of. An option that is unknown or makes no sense is refused, by its name and value. */
export interface WarmPoolOptions {
  /** The agent, as the proxy has it. Its timeouts set the pool's cadence. */
  runtime: AgentRuntime
  /** Where the sessions wait: `memoryStore()` for one process, `redisStore` or `sqsStore` for a fleet. */
  store: PoolStore
  /** How many claimable sessions to hold: a number, a schedule, or `adaptive`. */
  target: number | PoolTarget
  /**
   * Names the code that the agent runs. Change it with every deploy of the agent: a live session keeps the code that it
   * started with, so those of another version are not handed out any more, and drain. @default '1'
   */
  version?: string
  /** What becomes of sessions of an older version. @default 'oldest first' */
  drain?: DrainPolicy
  /**
   * How often a waiting session is touched, in milliseconds, shortened by up to 10 % at random so that sessions never move in step.
   * Must be less than the runtime's idle timeout. @default 60 % of it
   */
  beatMs?: number
  /** A beat that gets no answer is repeated sooner; after so many in a row the session is given up. @default 3 */
  missedBeatsAllowed?: number
  /**
   * A session that answered within this time is handed out as it is; one that did not is touched first, which takes about
   * 0.15 s (agentcore-samples, September 2026). Milliseconds. @default 30_000, at most 10 % of the idle timeout
   */
  trustMs?: number
  /** A session that does not answer that touch for so long is dropped, and the next one tried. Milliseconds. @default 2_000 */
  validateTimeoutMs?: number
  /** So many sessions are tried for one claim. Then it gives `null`. @default 3 */
  claimTries?: number
  /** A claim whose store does not answer for so long gives `null`. Milliseconds. @default 1_000 */
  claimTimeoutMs?: number
  /** A warm-up that takes longer has failed. Milliseconds. @default 60_000 */
  warmTimeoutMs?: number
  /**
   * The share of the maximum lifetime that is left for the user: older sessions are retired. Above 0, below 1. Each life is
   * shortened by a further 2.5 % at most, at random. @default 0.5
   */
  userShare?: number
  /**
   * Begins no more new sessions than this, on average. The quota of an account and region is 25, for the pool and live
   * traffic together (AWS, August 2026). @default 20
   */
  newSessionsPerSecond?: number
  /** When to stop refilling because warm-ups fail. A quota, or a runtime that refuses us, opens it at once. */
  breaker?: {
    /** After so many failures in a row. @default 5 */
    failures?: number
    /** The first pause, in milliseconds; it doubles with each failure that follows. @default 1_000 */
    firstPauseMs?: number
    /** The longest pause, in milliseconds. @default 300_000 */
    longestPauseMs?: number
  }
  /** Whether this process may fill and tend the pool, and not only claim from it. One such process does at a time. @default true */
  tends?: boolean
  /** A process that is silent for so long is replaced by another, with a store for a fleet. Milliseconds. @default 5_000, or more when the store is looked at more rarely than every second */
  leaseMs?: number
  /**
   * What an hour of holding one session costs, for the metrics. Dollars. @default 0.0203: the 1.2 GB of an echo agent on V2 at
   * $0.0169 per GB-hour (AWS price list, September 2026); idle CPU is free
   */
  dollarsPerSessionHour?: number
  alarms?: Partial<AlarmRules>
  /** The pool's time. @default the wall clock */
  clock?: PoolClock
  /** Draws jitter, in [0, 1). @default Math.random */
  random?: () => number
  /** Hears what happens. What it throws does not disturb the pool. */
  onEvent?: (event: PoolEvent) => void
}

/** The rules of a pool, checked and complete. Durations in milliseconds. */
export interface PoolRules {
  readonly version: string
  readonly drain: DrainPolicy
  readonly beatMs: number
  readonly missedBeatsAllowed: number
  readonly trustMs: number
  readonly validateTimeoutMs: number
  readonly claimTries: number
  readonly claimTimeoutMs: number
  readonly warmTimeoutMs: number
  readonly userShare: number
  readonly newSessionsPerSecond: number
  readonly breaker: { readonly failures: number; readonly firstPauseMs: number; readonly longestPauseMs: number }
  readonly tends: boolean
  readonly leaseMs: number
  readonly dollarsPerSessionHour: number
  readonly alarms: AlarmRules
  /** After its last touch a session is good for so long: the idle timeout less a margin. */
  readonly usableIdleMs: number
  /** How often the target is asked anew. */
  readonly targetEveryMs: number
}

export interface CheckedPoolOptions {
  readonly runtime: AgentRuntime
  readonly store: PoolStore
  readonly target: PoolTarget
  readonly rules: PoolRules
  readonly clock: PoolClock
  readonly random: () => number
  readonly onEvent: ((event: PoolEvent) => void) | undefined
}

const duration = z
  .number()
  .positive()
  .max(2 ** 31 - 1)
const count = z.number().int().positive()
const share = z.number().gt(0).lt(1)
/** Passed on as it is: a schema would copy it, and lose its prototype. */
const having = <T>(method: keyof T & string, expected: string) =>
  z.custom<T>(value => typeof (value as T | undefined)?.[method] === 'function', `expected ${expected}`)
const aFunction = z.custom<(...args: never[]) => never>(value => typeof value === 'function', 'expected a function')

const optionsSchema = z.strictObject({
  runtime: having<AgentRuntime>('invoke', 'an AgentRuntime, for example createAgentCoreRuntime({ arn })'),
  store: having<PoolStore>('claim', 'a PoolStore, for example memoryStore()'),
  target: z.union(
    [z.number().int().nonnegative(), having<PoolTarget>('sizeAt', 'a PoolTarget')],
    'expected a whole number from 0, or a PoolTarget',
  ),
  version: z.string().min(1).max(200).default('1'),
  drain: z.enum(['oldest first', 'at once']).default('oldest first'),
  beatMs: duration.optional(),
  missedBeatsAllowed: z.number().int().nonnegative().default(3),
  trustMs: z.number().nonnegative().optional(),
  validateTimeoutMs: duration.default(2_000),
  claimTries: count.default(3),
  claimTimeoutMs: duration.default(1_000),
  warmTimeoutMs: duration.default(60_000),
  userShare: share.default(0.5),
  newSessionsPerSecond: z.number().positive().default(20),
  breaker: z
    .strictObject({
      failures: count.default(5),
      firstPauseMs: duration.default(1_000),
      longestPauseMs: duration.default(300_000),
    })
    .prefault({}),
  tends: z.boolean().default(true),
  leaseMs: duration.optional(),
  dollarsPerSessionHour: z.number().nonnegative().default(0.0203),
  alarms: z
    .strictObject({
      neverUsedAfterMs: duration.default(3_600_000),
      hitRatioBelow: z.number().min(0).max(1).default(0.9),
      claimsNeeded: count.default(20),
    })
    .prefault({}),
  clock: having<PoolClock>('now', 'an object with now, setTimeout and clearTimeout').optional(),
  random: aFunction.optional(),
  onEvent: aFunction.optional(),
})

/** @throws Error that names the option that is unknown or makes no sense, and its value. */
export function checkPoolOptions(options: WarmPoolOptions): CheckedPoolOptions {
  const checked = optionsSchema.safeParse(options)
  if (!checked.success) {
    const [issue] = checked.error.issues
    const path = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : (issue?.path ?? [])
    refuse(path.join('.'), valueAt(options, path), issue?.message ?? 'it makes no sense')
  }
  const { runtime, store, target, clock, random, onEvent, ...rules } = checked.data
  const { idleTimeoutMs } = runtime
  const { beatMs = 0.6 * idleTimeoutMs, trustMs = Math.min(30_000, 0.1 * idleTimeoutMs) } = rules
  const { leaseMs = Math.max(5_000, 5 * store.lookEveryMs) } = rules
  const usableIdleMs = idleTimeoutMs - Math.min(30_000, 0.05 * idleTimeoutMs)
  if (beatMs >= usableIdleMs) {
    refuse('beatMs', beatMs, `the agent idles out after ${idleTimeoutMs} ms. Beat more often`)
  }
  if (trustMs > usableIdleMs) {
    refuse('trustMs', trustMs, `the agent idles out after ${idleTimeoutMs} ms. Trust for a shorter time`)
  }
  if (store.lookEveryMs * 2 > leaseMs) {
    refuse('leaseMs', leaseMs, `this store is looked at every ${store.lookEveryMs} ms. Give at least twice that`)
  }
  return {
    runtime,
    store,
    target: typeof target === 'number' ? { sizeAt: () => target } : target,
    rules: {
      ...rules,
      beatMs,
      trustMs,
      leaseMs,
      usableIdleMs,
      targetEveryMs: typeof target === 'number' ? Number.POSITIVE_INFINITY : 1_000,
    },
    clock: clock ?? systemClock,
    random: (random as (() => number) | undefined) ?? Math.random,
    onEvent: onEvent as ((event: PoolEvent) => void) | undefined,
  }
}

function valueAt(options: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], options)
}

function refuse(name: string, value: unknown, why: string): never {
  const shown = typeof value === 'object' || typeof value === 'function' ? typeof value : JSON.stringify(value)
  throw new Error(`Could not create the pool: option ${name} is ${shown}: ${why}. See WarmPoolOptions.`)
}
