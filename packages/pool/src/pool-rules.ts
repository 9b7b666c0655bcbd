import { echoFootprintGb } from '@warm-agent/protocol/prices'
import type { AgentRuntime } from '@warm-agent/proxy'
import { explainRefusal, showValue } from '@warm-agent/proxy/runtime-kit'
import * as z from 'zod'
import type { BreakerRules } from './breaker.ts'
import { defaultNewSessionsPerSecond } from './new-session-rate.ts'
import type { AlarmRules } from './pool-alarms.ts'
import { type PoolClock, systemClock } from './pool-clock.ts'
import type { PoolEvent } from './pool-event.ts'
import type { WarmPoolOptions } from './pool-options.ts'
import type { PoolStore } from './pool-store.ts'
import type { PoolTarget } from './pool-target.ts'
import { dollarsPerSessionHour } from './target/adaptive-target.ts'

type Parts = 'runtime' | 'store' | 'target' | 'clock' | 'random' | 'onEvent'

/** The options that are no parts, checked and complete. Durations in milliseconds. */
interface PoolRules extends Readonly<Required<Omit<WarmPoolOptions, Parts | 'breaker' | 'alarms'>>> {
  readonly breaker: BreakerRules
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
  newSessionsPerSecond: z.number().positive().default(defaultNewSessionsPerSecond),
  breaker: z
    .strictObject({
      failures: count.default(5),
      firstPauseMs: duration.default(1_000),
      longestPauseMs: duration.default(300_000),
    })
    .prefault({}),
  tends: z.boolean().default(true),
  leaseMs: duration.optional(),
  dollarsPerSessionHour: z.number().nonnegative().default(dollarsPerSessionHour('v2', echoFootprintGb.v2)),
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
    throw new Error(`Could not create the pool: ${explainRefusal(checked.error, options)}. See WarmPoolOptions.`)
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
  const { firstPauseMs, longestPauseMs } = rules.breaker
  if (firstPauseMs > longestPauseMs && options.breaker?.firstPauseMs !== undefined) {
    refuse('breaker.firstPauseMs', firstPauseMs, `the longest pause is ${longestPauseMs} ms. Begin with a shorter one`)
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

function refuse(name: string, value: number, why: string): never {
  throw new Error(`Could not create the pool: option ${name} is ${showValue(value)}: ${why}. See WarmPoolOptions.`)
}
