/** The time that a pool goes by, in milliseconds. The emulator's clocks fit. */
export interface PoolClock {
  now(): number
  setTimeout(run: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
}

/** The wall clock. Its timers keep no process alive. */
export const systemClock: PoolClock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms).unref(),
  clearTimeout: timer => clearTimeout(timer as NodeJS.Timeout),
}
