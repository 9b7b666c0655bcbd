import type { ErrorCode, Evidence, Outcome } from '@warm-agent/protocol'
import { sessionTag } from './agent-runtime.ts'
import type { HoldReason } from './ledger/session-ledger.ts'
import type { LimitName } from './limits/warm-limits.ts'
import { redact } from './redact.ts'
import { tellListener } from './tell-listener.ts'

/** What every event about a session tells. */
export interface SessionEventDetails {
  /** When, in milliseconds since the epoch. */
  atMs: number
  agent: string
  qualifier: string
  /** The first characters of the session id: enough to find it in a log, not enough to use it. */
  sessionTag: string
}

/** What happened, for logs, metrics and tests. No event carries a secret, a ticket or a whole session id. */
export type ProxyEvent =
  | ({ type: 'warm-started' } & SessionEventDetails)
  | ({ type: 'warm-succeeded'; tookMs: number; evidence: Evidence } & SessionEventDetails)
  | ({ type: 'warm-failed'; code: ErrorCode; cause: unknown } & SessionEventDetails)
  | ({ type: 'beat-succeeded' } & SessionEventDetails)
  /** `missing`: its endpoint is gone. */
  | ({ type: 'session-expired'; reason: 'idle' | 'hold' | 'replaced' | 'missing' } & SessionEventDetails)
  | ({
      type: 'message-answered'
      outcome: Outcome
      joinMs: number
      agentMs: number
      /** No message was sent on its session before, as far as its ticket tells. */
      isFirst?: boolean
      /** The caller is not warmed, for comparison: see `withHoldOut` of `@warm-agent/proxy/stats`. */
      isHeldOut?: boolean
    } & SessionEventDetails)
  /** `proxy.session()` gave it to an app that invokes the agent itself: only the app knows what becomes of the message. */
  | ({
      type: 'session-lent'
      outcome: Outcome
      joinMs: number
      isFirst: boolean
      isHeldOut?: boolean
    } & SessionEventDetails)
  | ({ type: 'session-parked'; afterMs: number } & SessionEventDetails)
  | ({ type: 'session-closed' } & SessionEventDetails)
  | ({ type: 'session-reaped'; reason: HoldReason } & SessionEventDetails)
  | ({ type: 'stop-failed'; cause: unknown } & SessionEventDetails)
  /** A session was taken out of the pool; `tookMs` is how long that took, `ageMs` how long the session had been held there. */
  | ({ type: 'session-claimed'; tookMs: number; ageMs: number; evidence: Evidence } & SessionEventDetails)
  | { type: 'pool-failed'; atMs: number; cause: unknown }
  | { type: 'ledger-failed'; atMs: number; cause: unknown }
  /** A session was parked, and there is no ledger; `message` says what cannot be done without one. Told once. */
  | { type: 'ledger-missing'; atMs: number; message: string }
  | { type: 'warm-refused'; atMs: number; limit: LimitName }
  | { type: 'limits-failed'; atMs: number; cause: unknown }
  | { type: 'request-failed'; atMs: number; code: ErrorCode; route: string; cause: unknown }

type WithoutDetails<Event> = Event extends SessionEventDetails ? Omit<Event, keyof SessionEventDetails> : never

/** Tells an event about a session. */
export type EmitProxyEvent = (
  event: WithoutDetails<ProxyEvent>,
  about: { agent: string; session: { id: string; qualifier: string } },
) => void

/** A listener that throws harms nobody but itself. */
export function tell(onEvent: (event: ProxyEvent) => void, event: ProxyEvent, sessionId?: string | undefined): void {
  void tellListener('onEvent', () =>
    onEvent('cause' in event ? { ...event, cause: redact(event.cause, sessionId) } : event),
  )
}

/** @returns a function that completes events about sessions and passes them to `onEvent`. */
export function createEmit(onEvent: (event: ProxyEvent) => void): EmitProxyEvent {
  return (event, { agent, session }) =>
    tell(
      onEvent,
      { ...event, atMs: Date.now(), agent, qualifier: session.qualifier, sessionTag: sessionTag(session.id) },
      session.id,
    )
}
