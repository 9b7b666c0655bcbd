import { pause } from './pause.ts'
import type { PoolContext } from './pool-context.ts'
import type { Tender } from './tend-pool.ts'

/** The timers of browsers and Node take no longer wait. */
const longestWaitMs = 2 ** 31 - 1
/** One round of care takes so long at most, and what it began then. */
const tendForMs = 20_000
/** Claims from a shared store are gathered for so long: a look there reads all that waits, and a warm-up takes much longer. */
const gatherMs = 25
/** After a failure of the store. */
const tryAgainMs = 1_000

/** Looks at the pool again and again: whenever something happened, and when time alone makes another plan. */
export function createPoolRounds({ store, clock, emit, closing }: PoolContext, tender: Tender, onJoined: () => void) {
  let isRunning = false
  let passing: Promise<void> | undefined
  let isStale = false
  let timer: unknown
  let soon: unknown

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
        onJoined()
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

  return {
    isRunning: () => isRunning,
    wake,

    /** A look takes longer than a claim: claims that follow each other closely do not wait for it, and share one. */
    wakeSoon(): void {
      soon ??= clock.setTimeout(
        () => {
          soon = undefined
          wake()
        },
        Math.min(gatherMs, store.lookEveryMs),
      )
    },

    /** Resolves after the first look. */
    async start(): Promise<void> {
      isRunning = true
      wake()
      await passing
    },

    /** No look begins any more. */
    stop(): void {
      isRunning = false
      clock.clearTimeout(timer)
      clock.clearTimeout(soon)
    },

    /** Resolves when the last look has ended. */
    async ended(): Promise<void> {
      await passing
    },

    /** One round of care, to its end. @throws when the store fails. */
    async tend(): Promise<void> {
      const untilMs = clock.now() + tendForMs
      do {
        isStale = false
        const nextAtMs = await tender.pass()
        onJoined()
        await tender.settled()
        if (isStale) continue
        // The rate of new sessions may allow more in a moment.
        const waitMs = nextAtMs - clock.now()
        if (waitMs > 1_500) return
        await pause(clock, waitMs, closing)
      } while (clock.now() < untilMs && !closing.aborted)
    },
  }
}
