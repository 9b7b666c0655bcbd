import type { Environment } from './environment.ts'
import type { Hold } from './state.ts'

/** What a page leaves in its tab for the next one: a ticket, and what is known of its session. */
export interface KeptLease extends Pick<Hold, 'lease' | 'touchedAtMs'> {
  ticket: string
  isSent: boolean
  leftAtMs: number
}

/** @returns the one lease that this tab keeps of an agent. It is there only between two pages, so that no copy of the tab finds it. */
export function createKeptLease(environment: Environment, key: string, parkMs: number) {
  const storage = () => environment.storage()
  return {
    keep(kept: KeptLease) {
      try {
        storage()?.setItem(key, JSON.stringify(kept))
      } catch {
        // The storage is full: the next page opens a session of its own.
      }
    },
    /** @returns the lease of the page before, unless the clock says that its session is over. */
    take(): KeptLease | undefined {
      const text = storage()?.getItem(key)
      storage()?.removeItem(key)
      if (!text) return
      try {
        const kept = JSON.parse(text) as KeptLease
        // JSON knows no infinity: of a conversation that no beat has told, the end is not known.
        kept.lease.holdMs ??= Number.POSITIVE_INFINITY
        const { lease, touchedAtMs, leftAtMs } = kept
        const endAtMs = Math.min(leftAtMs + parkMs, touchedAtMs + lease.ttlMs, lease.atMs + lease.holdMs)
        return environment.now() < endAtMs ? kept : undefined
      } catch {
        // Somebody else wrote it.
      }
    },
  }
}
