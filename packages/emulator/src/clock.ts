/** The platform's time: boots, deadlines and the books go by it. Milliseconds. */
export interface Clock {
  now(): number
  setTimeout(run: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
}

/** Node takes a longer time for none at all. 24.8 days, in milliseconds. */
const longestTimerMs = 2 ** 31 - 1

/** The wall clock. Its timers keep no process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, Math.min(ms, longestTimerMs)).unref(),
  clearTimeout: timer => clearTimeout(timer as NodeJS.Timeout),
}

/** Waits on `clock`; rejects with the reason of `signal`. Nothing is waited when `ms` is 0. */
export function delay(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    if (ms === 0) return resolve()
    const onAbort = () => {
      clock.clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = clock.setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
