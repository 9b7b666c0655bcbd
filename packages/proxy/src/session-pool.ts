/** A session that was warmed ahead, and is its taker's alone. */
export interface ClaimedSession {
  readonly runtimeSessionId: string
  readonly qualifier: string
  /** When its microVM was asked for, in milliseconds since the epoch. */
  readonly bornAtMs: number
  /** When it answered last. */
  readonly touchedAtMs: number
  /** The nonce by which its microVM is recognised; none when the agent echoes none. */
  readonly nonce?: string | undefined
  readonly evidence: 'observed' | 'assumed'
}

/** Where sessions are warmed ahead: `createWarmPool` of `@warm-agent/pool` makes one. */
export interface SessionPool {
  /** A live session, or `null` at once when there is none. Whoever gets it owns it, and stops it. */
  claim(): Promise<ClaimedSession | null>
}
