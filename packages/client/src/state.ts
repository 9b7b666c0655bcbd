import type { Outcome, WarmAgentError } from '@warm-agent/protocol'
import type { LeaseDurations, SessionEvent } from './session-event.ts'

/** What the session is. */
export type SessionStatus = 'idle' | 'warming' | 'warm' | 'active' | 'expired' | 'error'

/** What its heartbeat does. */
export type HeartbeatStatus = 'off' | 'running' | 'paused'

/** What an application sees of a session. */
export interface SessionSnapshot {
  /**
   * - `idle`: nothing is held.
   * - `warming`: a warm-up is in flight; a message sent now joins it.
   * - `warm`: the microVM runs and no message was sent.
   * - `active`: a message was answered; the session is the conversation's.
   * - `expired`: the session is over; the next message starts it again.
   * - `error`: the warm-up failed; the next message goes cold, the next trigger tries again.
   */
  status: SessionStatus
  /** `running` while a lease is held, `paused` when the user has been away for too long. No beat is needed before it is warm. */
  heartbeat: HeartbeatStatus
  /** Why the warm-up failed, while `status` is `error`. */
  error: WarmAgentError | null
  /** What the last message found. */
  outcome: Outcome | null
}

/** A lease in hand. */
export interface Hold {
  /** Its durations, and when they began to count. */
  lease: LeaseDurations & { atMs: number }
  touchedAtMs: number
  /** When to ask again, after a beat that failed. */
  retryAtMs?: number | undefined
  /** Its end was announced. */
  isAnnounced?: boolean
  /** A conversation owns it. */
  isSent?: boolean
}

/** `failures`: how many warm-ups have failed since one succeeded, or a message was answered. */
export type SessionState = { isPaused: boolean; outcome: Outcome | null; failures: number } & (
  | { status: 'idle' }
  | { status: 'warming'; hold?: Hold | undefined }
  | { status: 'warm' | 'active'; hold: Hold }
  /** Its durations still hold true when a message starts the session again. */
  | { status: 'expired'; hold: Hold }
  | { status: 'error'; error: WarmAgentError; atMs: number }
)

export const initialState: SessionState = { status: 'idle', isPaused: false, outcome: null, failures: 0 }

/**
 * A cold message's answer brings a ticket and no durations. Until a beat tells them, the session is treated as if it had
 * the shortest idle timeout that AgentCore allows, 60 s, of which 60 % pass before a beat: right for every configuration.
 */
const shortestLease = { beatMs: 36_000, ttlMs: 60_000 }

const shortestRetryMs = 1000
const longestPauseMs = 60_000

/** A duration, or a moment, that never ends or comes. */
export const never = Infinity

/** @returns the lease that is in hand and not over. */
export function liveHold(state: SessionState): Hold | undefined {
  return state.status === 'expired' ? undefined : (state as { hold?: Hold }).hold
}

export function toSnapshot(state: SessionState): SessionSnapshot {
  const { status, outcome } = state
  return {
    status,
    heartbeat: !liveHold(state) ? 'off' : state.isPaused ? 'paused' : 'running',
    error: status === 'error' ? state.error : null,
    outcome,
  }
}

/**
 * How long triggers do not count after a warm-up failed: as long as the proxy says, and the longer, the more have failed in
 * a row. What mounts to show the failure is no reason to try again, however late or often it does.
 *
 * @param forgiven How many failures do not count.
 */
export function isTooSoon(state: SessionState, nowMs: number, forgiven: number): boolean {
  if (state.status !== 'error') return false
  const counted = state.failures - forgiven
  const pauseMs = counted > 0 ? Math.min(shortestRetryMs * 2 ** counted, longestPauseMs) : 0
  const agoMs = nowMs - state.atMs
  // A failure in the future was noted before the clock was set back.
  return agoMs >= 0 && agoMs < Math.max(pauseMs, state.error.retryAfterMs ?? 0)
}

/** @returns what the session is after `event`: the same object when the event makes no sense now. */
export function transition(state: SessionState, event: SessionEvent): SessionState {
  const { status, isPaused, outcome, failures } = state
  const { type, atMs } = event
  const isWarming = status === 'warming'
  const hold = liveHold(state)
  const isFree = !hold && !isWarming
  const granted = { ...hold, lease: event, touchedAtMs: atMs, retryAtMs: undefined }
  const to = (makesSense: unknown, next: object) =>
    makesSense ? ({ isPaused, outcome, failures, status, ...next } as SessionState) : state

  switch (type) {
    case 'warm-started':
      return to(isFree, { status: 'warming' })
    case 'lease-adopted':
      return to(hold || !isWarming, {
        status: hold ? status : 'warming',
        hold: { ...granted, touchedAtMs: event.touchedAtMs, isSent: event.isSent },
      })
    case 'lease-granted':
      return to(isWarming, { hold: granted })
    case 'warm-succeeded':
      return to(isWarming, { status: 'warm', hold: granted, failures: 0 })
    case 'warm-failed':
      return to(isWarming, { status: 'error', error: event.error, atMs, failures: failures + 1 })
    case 'beat-succeeded':
      // What was adopted may still be warming: it is asked after until it is not.
      if (isWarming && event.status === status)
        return to(hold, { hold: { ...granted, retryAtMs: atMs + shortestRetryMs } })
      return to(hold, { status: hold?.isSent ? 'active' : 'warm', hold: granted })
    case 'beat-failed': {
      // A touch in the future was noted before the clock was set back.
      const touchedAtMs = Math.min(hold?.touchedAtMs ?? 0, atMs)
      // The longer the silence, the longer the wait: it grows by a sixteenth each time, and the deadline bounds it.
      const waitMs = Math.max(shortestRetryMs, (atMs - touchedAtMs) / 16, event.error.retryAfterMs ?? 0)
      return to(hold, { hold: { ...hold, touchedAtMs, retryAtMs: atMs + waitMs } })
    }
    case 'message-sent':
      // Nobody need tell whether it was answered. How long a conversation may live, a beat will tell.
      return to(event.isHandedOut && hold && !hold.isSent, {
        hold: { ...hold, isSent: true, lease: { ...hold?.lease, holdMs: never } },
      })
    case 'session-expired':
      return to(hold, { status: 'expired', hold })
    case 'session-ending':
      return to(hold, { hold: { ...hold, isAnnounced: true } })
    case 'message-answered': {
      const known = (state as { hold?: Hold }).hold
      const lease = known?.lease ?? shortestLease
      // A conversation that goes on in its microVM knows how long that lives. Else a beat will tell: the hold of an unsent
      // session is the proxy's limit, that of a conversation is the platform's.
      const goesOn = status === 'active' && event.outcome === 'warm'
      const next = goesOn ? known : { lease: { ...lease, holdMs: never, atMs } }
      return to(event.outcome, {
        status: 'active',
        outcome: event.outcome,
        failures: 0,
        hold: {
          ...next,
          isSent: true,
          touchedAtMs: atMs,
          // A message is as good as a beat, but tells no end.
          retryAtMs: goesOn && known?.lease.holdMs === never ? known.retryAtMs : undefined,
        },
      })
    }
    case 'heartbeat-paused':
      return to(!isPaused, { ...state, isPaused: true })
    case 'heartbeat-resumed':
      return to(isPaused, { ...state, isPaused: false })
    case 'spare-given':
    case 'session-closed':
      return initialState
    default:
      event satisfies { type: 'page-hidden' | 'page-shown' | 'message-failed' }
      return state
  }
}
