import type { Environment } from './environment.ts'
import type { HoldStep } from './hold-policy.ts'

/**
 * A chain of timeouts, one at a time.
 * @returns `wake`: look at the clock, do what is due, or sleep until it is. Call it whenever something has changed.
 */
export function createHeartbeat(
  environment: Environment,
  plan: () => HoldStep | undefined,
  act: (step: HoldStep) => void,
): () => void {
  let stopTimer: (() => void) | undefined
  // A timer that was throttled, or slept with the machine, wakes late: so the plan is made anew, never remembered.
  return function wake() {
    stopTimer?.()
    stopTimer = undefined
    const step = plan()
    if (!step) return
    const delayMs = step.atMs - environment.now()
    if (delayMs > 0) stopTimer = environment.after(delayMs, wake)
    else act(step)
  }
}
