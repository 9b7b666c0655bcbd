import type { Environment, WarmTrigger } from './environment.ts'
import type { TriggerTarget } from './options.ts'

/** How often it is looked whether the target is another element: late enough to cost nothing, and in time for a user. */
const lookMs = 1000

/** What one user of a session waits for. */
export interface Watching {
  /** Sets the trigger, unless it is set. It fires once. */
  set(): void
  end(): void
}

/**
 * @param fire @returns whether it was too soon: then the user is asked again.
 */
export function createWatching(
  environment: Environment,
  trigger: WarmTrigger,
  target: TriggerTarget | undefined,
  fire: () => boolean | undefined,
): Watching {
  let unset: (() => void) | undefined
  let stopTimer: (() => void) | undefined
  /** What is watched; 0 while nothing is. */
  let watched: ReturnType<TriggerTarget> | 0 = 0

  function set() {
    stopTimer?.()
    // An element may come later than its page, and be replaced.
    stopTimer = target && environment.after(lookMs, set)
    const found = target && (target() ?? null)
    if (found === watched) return
    unset?.()
    watched = found
    unset = environment.onTrigger(trigger, found, () => {
      end()
      // What is in view, or open, would fire again by itself.
      if (fire() && trigger === 'intent') stopTimer = environment.after(lookMs, set)
    })
  }

  function end() {
    stopTimer?.()
    unset?.()
    watched = 0
  }

  return { set, end }
}
