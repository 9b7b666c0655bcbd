import type { Clock } from './clock.ts'

/** When something is due, and why. */
export interface Deadline<Reason> {
  at: number
  reason: Reason
}

/** Tells when a deadline that moves has come. */
export interface DeadlineTimer {
  /** The deadline may have moved. */
  look(): void
  cancel(): void
}

/**
 * A timer that is early enough stays as it is, and looks again when it is due: most touches move the deadline away, and
 * making a timer for each of them would be most of the work of a simulated day.
 */
export function createDeadlineTimer<Reason>(
  clock: Clock,
  deadline: () => Deadline<Reason> | undefined,
  onDue: (reason: Reason) => void,
): DeadlineTimer {
  let armed: { at: number; timer: unknown } | undefined

  function look(): void {
    const next = deadline()
    if (!next || (armed && armed.at <= next.at)) return
    cancel()
    armed = { at: next.at, timer: clock.setTimeout(wake, Math.max(0, next.at - clock.now())) }
  }

  function wake(): void {
    armed = undefined
    const due = deadline()
    if (due && due.at <= clock.now()) onDue(due.reason)
    else look()
  }

  function cancel(): void {
    if (armed) clock.clearTimeout(armed.timer)
    armed = undefined
  }

  return { look, cancel }
}
