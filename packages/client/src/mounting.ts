import type { Environment } from './environment.ts'

/** A remount (StrictMode, Suspense, hot reload, a route change) takes less than this. */
const graceMs = 1000

/**
 * Counts users. The last one out calls `onEmpty` after a grace, unless somebody comes in before.
 * @returns `enter`, which returns `leave`.
 */
export function createMounting(environment: Environment, onEmpty: () => void): () => () => void {
  let users = 0
  let stopGrace: (() => void) | undefined
  return () => {
    users++
    stopGrace?.()
    let isIn = true
    return () => {
      if (isIn && !--users) stopGrace = environment.after(graceMs, onEmpty)
      isIn = false
    }
  }
}
