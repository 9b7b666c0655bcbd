import type { Environment, WarmTrigger } from './environment.ts'
import type { TriggerTarget } from './options.ts'

/** A remount (StrictMode, Suspense, hot reload, a route change) takes less than this. */
const graceMs = 1000

/**
 * Counts users, and sets their triggers: when the session could be warmed, and again whenever it could be warmed anew. A
 * trigger fires once each time.
 *
 * @param onEmpty The last one has gone, and nobody came in for a grace.
 */
export function createMounting(
  environment: Environment,
  canFire: () => boolean,
  fire: () => void,
  onEmpty: () => void,
) {
  let users = 0
  let stopGrace: (() => void) | undefined
  const triggers = new Set<() => void>()
  return {
    /** @returns what lets the user go. */
    enter(trigger: WarmTrigger, target: TriggerTarget | undefined): () => void {
      users++
      stopGrace?.()
      let isIn = true
      let unset: (() => void) | undefined
      function set() {
        unset?.()
        unset = environment.onTrigger(trigger, target?.(), () => {
          if (canFire()) fire()
        })
      }
      if (trigger !== 'manual') triggers.add(set)
      return () => {
        triggers.delete(set)
        unset?.()
        if (isIn && !--users) stopGrace = environment.after(graceMs, onEmpty)
        isIn = false
      }
    },
    setTriggers() {
      if (canFire()) for (const set of [...triggers]) set()
    },
    clearTriggers: () => triggers.clear(),
  }
}
