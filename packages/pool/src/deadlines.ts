import type { PoolClock } from './pool-clock.ts'

export interface Deadlines {
  /** @throws what `work` throws, or an error when it takes too long. */
  within<T>(work: Promise<T>): Promise<T>
}

/**
 * One time limit for many short works. A timer each would cost a good part of what a claim may take: one timer waits for the
 * oldest work, and then for the next one.
 */
export function createDeadlines(clock: PoolClock, limitMs: number, tooLate: () => Error): Deadlines {
  /** In the order of their ends. */
  const waiting = new Map<(reason: Error) => void, number>()
  let isArmed = false

  function arm(): void {
    const [firstEndMs] = waiting.values()
    isArmed = firstEndMs !== undefined
    if (firstEndMs !== undefined) clock.setTimeout(expire, Math.max(0, firstEndMs - clock.now()))
  }

  function expire(): void {
    const nowMs = clock.now()
    for (const [reject, endMs] of waiting) {
      if (endMs > nowMs) break
      waiting.delete(reject)
      reject(tooLate())
    }
    arm()
  }

  return {
    within: work =>
      new Promise((resolve, reject) => {
        waiting.set(reject, clock.now() + limitMs)
        if (!isArmed) arm()
        work.then(
          value => {
            waiting.delete(reject)
            resolve(value)
          },
          cause => {
            waiting.delete(reject)
            reject(cause)
          },
        )
      }),
  }
}
