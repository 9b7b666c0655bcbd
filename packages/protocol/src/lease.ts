import type { ErrorBody } from './errors.ts'

/** What the proxy grants a browser. Every duration is in milliseconds and counts from the moment of receipt. */
export interface Lease {
  /** Names the session. Opaque: only the proxy can read it. */
  ticket: string
  status: 'warming' | 'warm'
  /** Touch the session this often. The server sets the cadence, because it alone knows the idle timeout. */
  beatMs: number
  /** The session dies this long after its last touch. */
  ttlMs: number
  /** The session is held at most this much longer: before its first message by the proxy's limit, then by the platform's. */
  holdMs: number
}

/** How the warm label was earned: the agent echoed the nonce of the warm-up, or it answered without an echo. */
export type Evidence = 'observed' | 'assumed'

/** The lease of a session that has become warm. */
export interface WarmLease extends Lease {
  status: 'warm'
  /** Whether this warm-up started the session, or it came from the pool. */
  source: 'started' | 'pool'
  /** How long the warm-up took, in milliseconds. */
  tookMs: number
  evidence: Evidence
}

/** The events of the stream that `open` answers with: `lease` at once, then one of the other two. */
export type OpenEvent =
  | { event: 'lease'; data: Lease }
  | { event: 'warm'; data: WarmLease }
  | { event: 'failed'; data: ErrorBody }

/**
 * What a message found.
 *
 * - `warm`: its session was running.
 * - `joined`: it waited for a warm-up in flight.
 * - `rewarmed`: its session had been lost, and this message started it again.
 * - `cold`: there was no usable session.
 */
export type Outcome = 'warm' | 'joined' | 'rewarmed' | 'cold'
