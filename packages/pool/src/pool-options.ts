import type { AgentRuntime } from '@warm-agent/proxy'
import type { AlarmRules } from './pool-alarms.ts'
import type { PoolClock } from './pool-clock.ts'
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
  /** A beat that gets no answer is repeated sooner. After more than so many in a row the session is given up. @default 3 */
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
   * New sessions per second, on average, for the pool and live traffic together. A claim that finds nothing counts as a session
   * that live traffic starts, and the pool begins one less. It always replaces what it hands out, though, and begins a tenth of
   * this rate. With Redis the claims of the whole fleet count; with SQS, and in pools apart, only those of the same process, so
   * give each process its share. The quota of an account and region is 25 (AWS, August 2026). @default 20
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
   * What an hour of holding one session costs, for the metrics. Dollars. @default 0.02028: the 1.2 GB of an echo agent on V2 at
   * $0.0169 per GB-hour (AWS price list, September 2026); idle CPU is free
   */
  dollarsPerSessionHour?: number
  /** When alarms ring. @default as {@link AlarmRules} tells */
  alarms?: Partial<AlarmRules>
  /** The pool's time. @default the wall clock */
  clock?: PoolClock
  /** Draws jitter, in [0, 1). @default Math.random */
  random?: () => number
  /** Hears what happens. What it throws, or rejects with, is printed by `console.error`, and does not disturb the pool. */
  onEvent?: (event: PoolEvent) => void
}
