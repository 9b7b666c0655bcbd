import type { Environment } from './environment.ts'

/**
 * The turn to hold an unsent spare: one tab of a browser has it at a time, the others wait in line. A tab that closes or
 * crashes loses it by itself. Without Web Locks every tab has its own.
 */
export function createSpareTurn(
  environment: Environment,
  key: string,
  onTurn: (isShared: boolean) => Promise<void> | undefined,
) {
  let leave: (() => void) | undefined
  const turn = {
    /** Settles when it is known whether the turn was free, and what came of it if it was. */
    known: undefined as Promise<void> | undefined,
    /** Waits for the turn. */
    take() {
      const locks = environment.locks()
      if (leave) return
      if (!locks) return void onTurn(false)
      const line = new AbortController()
      const { signal } = line
      leave = () => line.abort()
      turn.known = new Promise(resolve => {
        function request(options: LockOptions) {
          const granted = (lock: Lock | null) => {
            if (!lock) request({ signal })
            if (!lock || signal.aborted) return resolve()
            return new Promise<void>(end => {
              leave = end
              resolve(onTurn(true))
            })
          }
          locks?.request(`spare of ${key}`, options, granted).catch(error => {
            // A page without an origin of its own, in a sandboxed frame, may not share locks.
            resolve(error?.name === 'AbortError' ? undefined : onTurn(false))
          })
        }
        request({ ifAvailable: true })
      })
    },
    /** Whether this page wants a spare, and has not got the turn to hold one: that of another tab will do. */
    isWaiting: () => !!leave,
    /** Gives the turn to the next tab, or waits for it no longer. */
    leave() {
      leave?.()
      leave = undefined
    },
  }
  return turn
}
