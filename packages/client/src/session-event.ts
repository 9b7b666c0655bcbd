import type { Evidence, Lease, Outcome, WarmAgentError, WarmLease } from '@warm-agent/protocol'

/** How long the lease lasts, in milliseconds from the event on. */
export type LeaseDurations = Pick<Lease, 'beatMs' | 'ttlMs' | 'holdMs'>

/**
 * Why a session is over although nobody closed it.
 *
 * - `idle`: nothing touched it for its `ttlMs`, so the platform has ended it.
 * - `hold`: it was held as long as it may be.
 * - `refused`: the proxy says that it is gone, or does not know its ticket.
 */
export type ExpiryReason = 'idle' | 'hold' | 'refused'

/** What happened, without the time: what the orchestrator dispatches. */
export type SessionOccurrence =
  | { type: 'warm-started' }
  | ({ type: 'lease-granted' } & LeaseDurations)
  | ({ type: 'warm-succeeded'; source: WarmLease['source']; tookMs: number; evidence: Evidence } & LeaseDurations)
  | { type: 'warm-failed'; error: WarmAgentError }
  | ({ type: 'beat-succeeded' } & LeaseDurations)
  /** The proxy could not be asked whether the session lives (a beat or the stream of a warm-up broke). It is asked again soon. */
  | { type: 'beat-failed'; error: WarmAgentError }
  | { type: 'session-expired'; reason: ExpiryReason }
  /** A request other than GET and HEAD left through the session's `fetch`. */
  | { type: 'message-sent' }
  /** Its answer's headers are here. `outcome` is null when it was not answered by a warm-agent proxy. */
  | { type: 'message-answered'; outcome: Outcome | null; status: number }
  /** It has no answer. `error` is what the caller's promise is rejected with. */
  | { type: 'message-failed'; error: unknown }
  | { type: 'page-hidden' }
  | { type: 'page-shown' }
  | { type: 'session-closed' }

/** What happened to a session. Never holds the ticket. */
export type SessionEvent = SessionOccurrence & {
  /** When, in milliseconds of the environment's clock (since 1970 in a browser). */
  atMs: number
}
