/**
 * A session that was claimed: its taker owns it from now on, nobody else will get it, and the pool does not touch it any
 * more. All that a lease needs stands here, so that it can be warm at once. Never send the id to a browser.
 */
export interface PooledSession {
  readonly runtimeSessionId: string
  /** The endpoint that the session lives on. Always call it there. */
  readonly qualifier: string
  /** When its microVM was asked for. Milliseconds since the epoch, by the clock of whoever warmed it. */
  readonly bornAtMs: number
  /** When it answered last. The platform ends it an idle timeout later. */
  readonly touchedAtMs: number
  /** The nonce by which its microVM is recognised: the first that it saw. `undefined` when the agent echoes none. */
  readonly nonce?: string | undefined
  /** Whether the agent echoed the nonce of this session's first warm-up, or it is only assumed to be warm. */
  readonly evidence: 'observed' | 'assumed'
}

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

/** Enough of a session's id to find it in a log, not enough to use it. */
export function tagOf({ runtimeSessionId }: PooledSession): string {
  return runtimeSessionId.slice(0, 13)
}
