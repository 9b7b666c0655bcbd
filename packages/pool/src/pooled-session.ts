import type { ClaimedSession } from '@warm-agent/proxy'

/** A session that was claimed: what the proxy takes from a pool. */
export type PooledSession = ClaimedSession

/** What a store keeps of a session. */
export interface PoolEntry extends PooledSession {
  /** What the pool's `version` was when the session was warmed. */
  readonly version: string
  /** When the next beat is due. */
  readonly beatAtMs: number
  /** When it is too old to be handed out: its user needs the rest of its life. */
  readonly retireAtMs: number
  /** Beats in a row that were not answered. */
  readonly missedBeats: number
}

/**
 * `warming`: its warm-up is in flight. `ready`: it can be claimed. `old`: it was warmed under another version.
 * `stopping`: it was taken out to be stopped. No state leads back.
 */
export type EntryState = 'warming' | 'ready' | 'old' | 'stopping'

export interface StoredEntry {
  readonly state: EntryState
  readonly entry: PoolEntry
}

/** What a taker is given of an entry. */
export function toPooledSession(entry: PoolEntry): PooledSession {
  const { runtimeSessionId, qualifier, bornAtMs, touchedAtMs, nonce, evidence } = entry
  return { runtimeSessionId, qualifier, bornAtMs, touchedAtMs, nonce, evidence }
}
