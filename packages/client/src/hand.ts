import type { StoreApi } from 'zustand/vanilla'
import { type Held, parkMs } from './held.ts'
import type { KeptLease } from './kept-lease.ts'
import type { ExpiryReason, SessionOccurrence } from './session-event.ts'
import type { SessionSnapshot, SessionState } from './state.ts'
import type { WarmTransport } from './warm-transport.ts'

/**
 * What is in hand, and what can be done with it. `createHolding` makes it; whoever shares it or hands it over reads it here, and
 * changes nothing but `conversation`, `waiting`, `isLeft` and the session in `held`.
 */
export interface Hand {
  /** What an application sees. */
  store: StoreApi<SessionSnapshot>
  /** Changed by `dispatch` alone. */
  state: SessionState
  held: Held
  /** Another one whenever the application closes it: a message that waited meanwhile belongs to the conversation before. */
  conversation: Conversation
  /** Messages that wait for it. */
  waiting: number
  /** The page was left, until it tells that it is back: an answer that comes meanwhile does not. */
  isLeft: boolean
  /** Makes something happen: changes the state, tells the store and the listener, and looks at what is due. */
  dispatch(occurrence: SessionOccurrence): void
  /** Warms it up: one warm-up at a time, and none beside a session that is held. Resolves when that has ended. */
  warm(isOwn: boolean): Promise<void>
  /** Looks at the clock, does what is due, or sleeps until it is. */
  wake(): void
  /** It is over. With `isForgotten` the proxy does not know its ticket; else that is kept, and the next message starts it again. */
  expire(reason: ExpiryReason, isForgotten?: boolean): void
  /** Ends what is in hand, unless it was left or another tab has taken it: then it is not this page's to end. Never rejects. */
  end(how?: CloseOptions): Promise<void>
  /** Ends a session that nobody here wants any more, if there is one. Never rejects. */
  close(ticket: string | null | undefined, how?: CloseOptions): Promise<void>
}

interface Conversation {
  /** Messages that were sent and not answered yet: no session is closed under them, and none is opened beside them. */
  pending: number
}

type CloseOptions = Parameters<WarmTransport['close']>[1]

export const isWarming = (hand: Hand) => hand.state.status === 'warming'

/** @returns the ticket of what was in hand. One whose ticket is still to come is stopped by the proxy, which sees us go. */
export function drop(hand: Hand) {
  const { ticket, flight } = hand.held
  hand.held = {}
  flight?.abort()
  return ticket
}

/** Its page is going away: the proxy stops it soon, unless the page returns, or another one takes it up. */
export function park(hand: Hand, ticket: string | undefined) {
  void hand.close(ticket, { afterMs: parkMs, keepalive: true })
}

/** Leaves it to another tab, which has it or may have it. */
export function giveUp(hand: Hand) {
  drop(hand)
  hand.dispatch({ type: 'spare-given' })
}

/** Takes up what another page has warmed up. */
export function adopt(hand: Hand, found: KeptLease & Held) {
  const { lease, touchedAtMs, isSent = false } = found
  const { beatMs, ttlMs, holdMs } = lease
  hand.held = found
  hand.dispatch({ type: 'lease-adopted', beatMs, ttlMs, holdMs, touchedAtMs, isSent })
}
