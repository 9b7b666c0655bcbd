import type { Clock } from '@warm-agent/emulator'

export interface ManualClock extends Clock {
  /** Lets time pass, and what was due happen, in order. */
  advance(ms: number): void
}

export function createManualClock(): ManualClock {
  let now = 1_800_000_000_000
  const timers = new Map<object, { at: number; run: () => void }>()

  return {
    now: () => now,
    setTimeout(run, ms) {
      const timer = {}
      timers.set(timer, { at: now + ms, run })
      return timer
    },
    clearTimeout: timer => {
      timers.delete(timer as object)
    },
    advance(ms) {
      const until = now + ms
      for (;;) {
        const [due] = [...timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at)
        if (!due) break
        timers.delete(due[0])
        now = due[1].at
        due[1].run()
      }
      now = until
    },
  }
}
