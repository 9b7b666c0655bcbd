import { setMaxListeners } from 'node:events'
import { type CanaryAnswer, claimAsCanary } from './canary.ts'
import { claimSession } from './claim-session.ts'
import { createDeadlines } from './deadlines.ts'
import { pause } from './pause.ts'
import { createPoolBooks, type PoolStats } from './pool-books.ts'
import type { PoolContext } from './pool-context.ts'
import { createEmit } from './pool-event.ts'
import { checkPoolOptions, type WarmPoolOptions } from './pool-options.ts'
import type { PooledSession } from './pooled-session.ts'
import { stopWhatWaits } from './stop-what-waits.ts'
import { createTender } from './tend-pool.ts'

/** Sessions that are warmed ahead. */
export interface WarmPool {
  /** Begins to fill and tend the pool. Resolves when it has looked into its store once. Never rejects: it goes on trying. */
  start(): Promise<void>
  /**
   * A live session, or `null` at once when there is none: warm one of your own then. Whoever gets it owns it, and stops it.
   * Never rejects. `null` before {@link start} and after {@link close}.
   */
  claim(): Promise<PooledSession | null>
  /** What this process knows and has counted. */
  stats(): PoolStats
  /** Claims a session as a user would, sees whether it answers, and puts it back. It counts as no claim. Never rejects. */
  canary(): Promise<CanaryAnswer>
  /**
   * One round of care, to its end: refills, beats, retires. For a scheduler that starts this code once a minute instead of
   * letting it run. @throws when the store fails.
   */
  tend(): Promise<void>
  /**
   * Warms one session now, to its end, when the pool holds fewer than its target. For code that is started by a queue of
   * orders. @returns whether it warmed one. @throws why the warm-up failed, or when the store fails.
   */
  replenish(): Promise<boolean>
  /**
   * Takes all sessions out of the pool and stops them, also those that another process tends. Whoever tends it fills it
   * again, unless its target is 0 or it is closed.
   *
   * @returns how many.
   */
  drain(): Promise<number>
  /**
   * Ends this process's part in the pool. Sessions stay for the other processes; the last one stops them. Resolves when
   * nothing is going on any more. Safe to call twice.
   */
  close(options?: CloseOptions): Promise<void>
}

export interface CloseOptions {
  /**
   * What becomes of the waiting sessions: `stop` them, or `keep` them for a process that starts soon, until they idle out.
   * @default 'stop' when no other process is left that uses the pool, else 'keep'
   */
  sessions?: 'stop' | 'keep'
}

/** The timers of browsers and Node take no longer wait. */
const longestWaitMs = 2 ** 31 - 1
/** One round of care takes so long at most, and what it began then. */
const tendForMs = 20_000
/** After a failure of the store. */
const tryAgainMs = 1_000

/**
 * @throws Error when an option is unknown or makes no sense.
 * @example
 * const pool = createWarmPool({ runtime, store: memoryStore(), target: 20 })
 * await pool.start()
 * const session = await pool.claim()
 */
export function createWarmPool(options: WarmPoolOptions): WarmPool {
  const { onEvent, ...parts } = checkPoolOptions(options)
  const { store, rules, clock } = parts
  const ending = new AbortController()
  // As many listen as sessions are being worked on.
  setMaxListeners(0, ending.signal)
  const books = createPoolBooks(rules.dollarsPerSessionHour, rules.alarms, clock.now())
  const emit = createEmit(onEvent, clock, books.note)
  let isJoined = false
  let noteJoined = () => {}
  const joined = new Promise<void>(resolve => {
    noteJoined = resolve
  })
  const hasJoined = () => {
    isJoined = true
    noteJoined()
  }
  const context: PoolContext = {
    ...parts,
    books,
    emit,
    member: { id: crypto.randomUUID(), version: rules.version, tends: rules.tends, leaseMs: rules.leaseMs },
    joined,
    hasJoined: () => isJoined,
    claimDeadlines: createDeadlines(clock, rules.claimTimeoutMs, () => storeIsSilent(rules.claimTimeoutMs)),
    closing: ending.signal,
  }
  const tender = createTender(context, wake)
  let isRunning = false
  let passing: Promise<void> | undefined
  let isStale = false
  let timer: unknown
  let closing: Promise<void> | undefined

  function wake(): void {
    isStale = true
    if (isRunning) passing ??= passUntilFresh()
  }

  async function passUntilFresh(): Promise<void> {
    clock.clearTimeout(timer)
    let nextAtMs = Number.POSITIVE_INFINITY
    while (isStale && isRunning) {
      isStale = false
      try {
        nextAtMs = await tender.pass()
        hasJoined()
      } catch (cause) {
        emit({ type: 'store-failed', during: 'a look at the pool', cause })
        nextAtMs = clock.now() + Math.max(tryAgainMs, store.lookEveryMs)
        break
      }
    }
    passing = undefined
    if (!isRunning) return
    if (nextAtMs < Number.POSITIVE_INFINITY) {
      timer = clock.setTimeout(wake, Math.min(longestWaitMs, Math.max(1, nextAtMs - clock.now())))
    }
  }

  async function tend(): Promise<void> {
    const untilMs = clock.now() + tendForMs
    do {
      isStale = false
      const nextAtMs = await tender.pass()
      hasJoined()
      await tender.settled()
      if (isStale) continue
      // The rate of new sessions may allow more in a moment.
      const waitMs = nextAtMs - clock.now()
      if (waitMs > 1_500) return
      await pause(clock, waitMs, ending.signal)
    } while (clock.now() < untilMs && !ending.signal.aborted)
  }

  async function drain(): Promise<number> {
    const taken = await tender.empty('closed')
    const others = tender.isTending() ? 0 : await stopWhatWaits(context)
    await tender.settled()
    return taken + others
  }

  async function end({ sessions }: CloseOptions): Promise<void> {
    isRunning = false
    clock.clearTimeout(timer)
    ending.abort(new Error('The pool was closed.'))
    await passing
    await tender.settled()
    try {
      const { others } = await store.join(context.member)
      if (sessions === 'stop' || (sessions === undefined && others === 0)) await tender.empty('closed')
      await tender.settled()
      await store.leave(context.member)
    } catch (cause) {
      // Its lease ends by itself, and what it leaves behind idles out.
      emit({ type: 'store-failed', during: 'closing', cause })
    }
  }

  return {
    async start() {
      if (isRunning || closing) return
      isRunning = true
      wake()
      await passing
    },

    claim() {
      if (!isRunning) {
        emit({ type: 'claim-missed', cause: 'closed', tookMs: 0 })
        return Promise.resolve(null)
      }
      const claimed = claimSession(context, tender.inBackground)
      // Who tends the pool elsewhere sees it at its next look.
      if (tender.isTending() || store.lookEveryMs === 0) void claimed.then(wake)
      return claimed
    },

    stats: () => books.stats(clock.now()),
    canary: () => claimAsCanary(context, tender.inBackground),
    tend,
    async replenish() {
      const hasWarmed = await tender.replenish()
      hasJoined()
      await tender.settled()
      return hasWarmed
    },
    drain,

    close(how = {}) {
      closing ??= end(how)
      return closing
    },
  }
}

function storeIsSilent(ms: number): Error {
  return new Error(`Could not claim a session: the store did not answer for ${ms} ms. Check that it can be reached.`)
}
