import type { Environment, WarmTrigger } from './environment.ts'
import type { TriggerTarget } from './options.ts'

/**
 * The triggers of those who are mounted. They are set when the session could be warmed, and again whenever it could be
 * warmed anew: a trigger fires once each time.
 */
export function createTriggers(environment: Environment, canFire: () => boolean, fire: () => void) {
  const setters = new Set<() => void>()
  return {
    /** @returns what takes the trigger away. */
    add(trigger: WarmTrigger, target: TriggerTarget | undefined): () => void {
      let unset: (() => void) | undefined
      const set = () => {
        unset?.()
        unset = environment.onTrigger(trigger, target?.(), () => {
          if (canFire()) fire()
        })
      }
      if (trigger !== 'manual') setters.add(set)
      return () => {
        setters.delete(set)
        unset?.()
      }
    },
    set() {
      if (canFire()) for (const set of [...setters]) set()
    },
    clear: () => setters.clear(),
  }
}
