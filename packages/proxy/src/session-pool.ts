/**
 * A session that was warmed ahead and then claimed. Whoever claimed it owns it: nobody else will get it, and the pool does not
 * touch it any more. It has all that a lease needs, so that the lease is warm at once.
 */
export interface ClaimedSession {
  /** Never send it to a browser. */
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

/** Where sessions are warmed ahead: `createWarmPool` of `@warm-agent/pool` makes one. */
export interface SessionPool {
  /** A live session, or `null` at once when there is none. Whoever gets it owns it, and stops it. */
  claim(): Promise<ClaimedSession | null>
}
