import { takeLock } from './take-lock.ts'

/**
 * Waits for the login token, however long, and for the turn to hold a spare, which is given away when `signal` is aborted.
 *
 * @param onTurn Has it. Not called after `signal` was aborted.
 * @returns a promise that settles when it is known whether the turn was free, and what came of it if it was.
 */
export async function takeTurn(
  locks: LockManager | undefined,
  name: string,
  token: Promise<unknown> | undefined,
  signal: AbortSignal,
  onTurn: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  if (token) await token
  async function granted(end?: () => void) {
    if (!end) return
    signal.onabort = end
    if (signal.aborted) end()
    else await onTurn(signal)
  }
  const end = locks ? await takeLock(locks, name) : () => {}
  if (end) await granted(end)
  else void takeLock(locks, name, signal).then(granted)
}
