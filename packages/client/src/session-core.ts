import type { ExpiryReason, SessionOccurrence } from './session-event.ts'
import type { SessionState } from './state.ts'
import type { WarmSession } from './warm-session.ts'

/** A page that was left is stopped that much later, unless it returns. */
export const parkMs = 30_000

/** The session in hand. Its identity tells results that come late from those that are current. */
export interface Held {
  /** Its first ticket: what the pages of a browser know the session by. */
  id?: string | undefined
  ticket?: string | undefined
  /** The warm-up or the beat that is in the air: one at a time. */
  flight?: AbortController | undefined
  /** Settles when the warm-up has ended. */
  opened?: Promise<void>
  /** No other tab may take it: it is a conversation's, or was asked for here. */
  isOwn?: boolean
  /** Settles when it is known whether no other page has it. */
  owned?: Promise<boolean> | undefined
  /** The page was left, so the proxy may stop the session. */
  isLeft?: boolean
  /** Whether it lives is not sure: a beat asks then. */
  askAtMs?: number | undefined
}

/** A session, and what can be done with it. */
export interface SessionCore {
  store: WarmSession['store']
  /** Changed by `dispatch` alone. */
  state: SessionState
  held: Held
  /** Messages that were sent and not answered yet: no session is closed under them, and none is opened beside them. */
  pending: number
  /** Makes something happen: changes the state, tells the store and the listener, and looks at what is due. */
  dispatch(occurrence: SessionOccurrence): void
  /** Warms it up: one warm-up at a time, and none beside a session that is held. Resolves when that has ended. */
  warmUp(isOwn: boolean): Promise<void>
  /** Looks at the clock, does what is due, or sleeps until it is. To be called whenever something has changed. */
  wake(): void
  /** It is over. With `isForgotten` the proxy does not know its ticket. */
  expire(reason: ExpiryReason, isForgotten?: boolean): void
  /** Ends a session that nobody here wants any more, if there is one. Never rejects. */
  dispose(ticket: string | null | undefined, how?: { afterMs?: number; keepalive?: boolean }): Promise<void>
  /** Gives up the session in hand. One whose ticket is still to come is stopped by the proxy, which sees us go. */
  letGo(): Promise<void>
  /** Leaves it to another tab, which has it or may have it. */
  giveUp(): void
}
