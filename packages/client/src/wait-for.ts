import type { Environment } from './environment.ts'

/** Waits for `promise`, and no longer than `timeoutMs`. Rejects with the reason of `signal`, once that is aborted. */
export async function waitFor(
  promise: Promise<unknown>,
  environment: Environment,
  timeoutMs: number,
  signal: AbortSignal | null | undefined,
): Promise<void> {
  let stopTimer: (() => void) | undefined
  const patience = new Promise<unknown>(resolve => {
    stopTimer = environment.after(timeoutMs, () => resolve(0))
    signal?.addEventListener('abort', resolve)
  })
  await Promise.race([patience, promise])
  stopTimer?.()
  signal?.throwIfAborted()
}
