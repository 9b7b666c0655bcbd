import { pause } from './pause.ts'
import type { PoolContext } from './pool-context.ts'
import type { AddOutcome } from './pool-store.ts'
import type { PoolEntry } from './pooled-session.ts'

const retryMs = 250
const retriesForMs = 60_000

/**
 * Adds a warm session to the store, again and again while the store fails: a session of which nobody knows whether it is in
 * the pool must be neither stopped nor forgotten.
 *
 * @param fenceNow The fence as it is at each try: this member may have lost and won the tending meanwhile.
 * @returns `unknown` only when the store never knew of it, so that it may be stopped.
 */
export async function putInPool(
  { store, clock, emit, closing }: PoolContext,
  entry: PoolEntry,
  fenceNow: () => number | undefined,
): Promise<AddOutcome> {
  const giveUpAtMs = clock.now() + retriesForMs
  for (let mayBeIn = false; ; mayBeIn = true) {
    try {
      const outcome = await store.add(entry, fenceNow() ?? 0)
      // It may have been added, claimed, and forgotten by a store that was restarted. Then it is somebody's.
      return outcome === 'unknown' && mayBeIn ? 'held' : outcome
    } catch (cause) {
      emit({ type: 'store-failed', during: 'add', cause })
      if (closing.aborted || clock.now() >= giveUpAtMs) return 'held'
      await pause(clock, retryMs, closing)
    }
  }
}
