/** The wall clock, which can be set forward. */
export function createClockAhead() {
  let aheadMs = 0
  return {
    now: () => Date.now() + aheadMs,
    setTimeout: (run: () => void, ms: number): unknown => setTimeout(run, ms),
    clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
    goAhead(ms: number): void {
      aheadMs += ms
    },
  }
}
