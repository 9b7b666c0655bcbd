import type { Environment } from './environment.ts'
import { takePageLock } from './page-lock.ts'

/**
 * The turn to hold an unsent spare: one tab of a browser has it at a time, the others wait in line. Without Web Locks every
 * tab has its own.
 *
 * @param onTurn It has come. `over` is aborted when it is given away.
 */
export function createSpareTurn(
  environment: Environment,
  key: string,
  onTurn: (isShared: boolean, over: AbortSignal) => Promise<void>,
) {
  let line: AbortController | undefined
  const turn = {
    /** Settles when it is known whether the turn was free, and what came of it if it was. */
    known: undefined as Promise<void> | undefined,
    /** Waits for the turn. */
    take() {
      if (line) return
      const mine = new AbortController()
      const { signal } = mine
      const locks = environment.locks()
      if (!locks) return void onTurn(false, signal)
      line = mine
      const name = `spare of ${key}`
      function granted(end = () => {}) {
        if (signal.aborted) return end()
        signal.onabort = end
        return onTurn(true, signal)
      }
      turn.known = takePageLock(locks, name, { ifAvailable: true }).then(
        end => {
          if (end) return granted(end)
          void takePageLock(locks, name, { signal }).then(granted, () => {})
        },
        () => onTurn(false, signal),
      )
    },
    /** Whether this page wants a spare, and has not got the turn to hold one: that of another tab will do. */
    isWaiting: () => !!line,
    /** Gives the turn to the next tab, or waits for it no longer. */
    leave() {
      line?.abort()
      line = undefined
    },
  }
  return turn
}
