import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits until `performance.now()` is `at`, not at all when it is past. Loops, as timers may fire a millisecond early.
 * Rejects when `signal` is aborted.
 */
export async function waitUntil(at: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  for (let leftMs = at - performance.now(); leftMs > 0; leftMs = at - performance.now()) {
    await sleep(Math.ceil(leftMs), undefined, { signal })
  }
}
