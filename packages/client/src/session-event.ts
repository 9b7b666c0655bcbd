import type { Evidence, Lease, Outcome, WarmAgentError, WarmLease } from '@warm-agent/protocol'

/** How long the lease lasts, in milliseconds from the event on. */
export type LeaseDurations = Pick<Lease, 'beatMs' | 'ttlMs' | 'holdMs'>

/**
 * Why a session is over although nobody closed it.
 *
 * - `idle`: nothing touched it for its `ttlMs`, so the platform has ended it.
 * - `hold`: it was held as long as it may be, or the user has been away for too long.
 * - `refused`: the proxy says that it is gone, or does not know its ticket.
 */
export type ExpiryReason = 'idle' | 'hold' | 'refused'

/** What happened, without the time: what the orchestrator dispatches. */
export type SessionOccurrence =
  | { type: 'warm-started' }
  /** The lease of the page before this one, or the spare of another tab, is taken up. */
  | ({ type: 'lease-adopted'; isSent: boolean; touchedAtMs: number } & LeaseDurations)
  | ({ type: 'lease-granted' } & LeaseDurations)
  | ({ type: 'warm-succeeded'; source: WarmLease['source']; tookMs: number; evidence: Evidence } & LeaseDurations)
  | { type: 'warm-failed'; error: WarmAgentError }
  /** The session lives. With the status `warming` its warm-up, another page's perhaps, is still in flight. */
  | ({ type: 'beat-succeeded'; status: Lease['status'] } & LeaseDurations)
  /** The proxy could not be asked whether the session lives (a beat or the stream of a warm-up broke). It is asked again soon. */
  | { type: 'beat-failed'; error: WarmAgentError }
  | { type: 'session-expired'; reason: ExpiryReason }
  /**
   * A request other than GET and HEAD left through the session's `fetch`. With `isHandedOut` it may leave: the headers that
   * hand the session over were given out.
   */
  | { type: 'message-sent'; isHandedOut: boolean }
  /** Its answer's headers are here. `outcome` is null when it was not answered by a warm-agent proxy. */
  | { type: 'message-answered'; outcome: Outcome | null; status: number }
  /** It has no answer. `error` is what the caller's promise is rejected with. */
  | { type: 'message-failed'; error: unknown }
  /** A conversation's session reaches the platform's maximum `inMs` milliseconds from now. No beat can extend it. */
  | { type: 'session-ending'; inMs: number }
  /** Another tab has the spare: its user spoke first, or this page was away. */
  | { type: 'spare-given' }
  | { type: 'page-hidden' }
  | { type: 'page-shown' }
  /** The user has been away for too long: a conversation's session is not beaten until they return. */
  | { type: 'heartbeat-paused' }
  | { type: 'heartbeat-resumed' }
  | { type: 'session-closed' }

/** What happened to a session. Never holds the ticket. */
export type SessionEvent = SessionOccurrence & {
  /** When, in milliseconds of the environment's clock (since 1970 in a browser). */
  atMs: number
}
