import type { Clock } from './clock.ts'
import { createTimerQueue } from './timer-queue.ts'

/** Time that passes only when it is told to: a day takes as long as what happens in it. */
export interface VirtualClock extends Clock {
  /** Resolves when `ms` have passed on this clock. */
  sleep(ms: number): Promise<void>
  /**
   * Lets `ms` pass. What falls due happens in the order of its time, then of its making, each after everything that the
   * one before it set off has come to rest. Rejects with what a timer throws, at the time of that timer.
   */
  advance(ms: number): Promise<void>
  /** Lets time pass until nothing waits for it any more. What repeats for ever never lets it end. */
  run(): Promise<void>
}

/**
 * A clock for simulations and for tests without waiting.
 *
 * @param startAt its first `now()`, in milliseconds since the epoch. The same start and the same program give the same
 * run. @default 2026-01-01T00:00:00Z
 *
 * @note It waits for promises, not for the world: work that another thread or a socket does for a timer's callback
 * (Web Crypto, a Redis) may end after the clock has gone on.
 */
export function createVirtualClock(startAt: number = Date.UTC(2026, 0, 1)): VirtualClock {
  const queue = createTimerQueue()
  let now = startAt
  let passing: Promise<void> = Promise.resolve()

  function passUntil(end: number): Promise<void> {
    return new Promise((resolve, reject) => {
      // Every promise that the timer before settled has had its turn when the next macrotask comes.
      const goOn = () => setImmediate(step)
      function step(): void {
        const next = queue.first()
        if (next === undefined || next.at > end) {
          resolve()
          return
        }
        queue.takeFirst()
        now = Math.max(now, next.at)
        try {
          next.run()
          goOn()
        } catch (error) {
          reject(error)
        }
      }
      goOn()
    })
  }

  /** One after the other, also when they are called at the same time. */
  function inTurn(pass: () => Promise<void>): Promise<void> {
    const passed = passing.then(pass)
    passing = passed.catch(() => {})
    return passed
  }

  const setTimeout: Clock['setTimeout'] = (run, ms) => queue.add(now + Math.max(0, ms), run)

  return {
    now: () => now,
    setTimeout,
    clearTimeout: timer => queue.remove(timer),
    sleep: ms => new Promise(resolve => setTimeout(resolve, ms)),
    advance: ms =>
      inTurn(async () => {
        const until = now + ms
        await passUntil(until)
        now = until
      }),
    run: () => inTurn(() => passUntil(Number.POSITIVE_INFINITY)),
  }
}
