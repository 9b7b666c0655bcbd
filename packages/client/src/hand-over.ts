import { type Outcome, outcomeHeader, ticketHeader } from '@warm-agent/protocol'
import { drop, type Hand } from './hand.ts'
import { type Held, parkMs } from './held.ts'

/**
 * Hands the session over to a message, or to another request.
 *
 * @param mine That session.
 * @param onHeld An answer brought a session.
 * @param count 1 when it is told for sure how it ended.
 * @returns the ticket to send it with, and what to tell of how it went.
 */
export function handOver(hand: Hand, mine: Held, isMessage: boolean, onHeld: () => void, count = isMessage ? 1 : 0) {
  let { ticket } = mine
  const { conversation } = hand
  conversation.pending += count
  if (isMessage) hand.dispatch({ type: 'message-sent', isHandedOut: !count })
  return {
    ticket,

    /** The proxy does not know the ticket. */
    refused() {
      if (mine === hand.held) hand.expire('refused', true)
      // Closed meanwhile: what the answer brings is nobody's.
      mine = conversation === hand.conversation ? hand.held : { isOwn: true }
      ticket = undefined
    },

    failed(error: unknown) {
      conversation.pending -= count
      if (isMessage) hand.dispatch({ type: 'message-failed', error })
    },

    /** Takes from the headers of an answer what they say of the session that it was sent on. */
    answered(answer: Headers, status = 200) {
      const renewed = answer.get(ticketHeader)
      let outcome = answer.get(outcomeHeader) as Outcome | null
      if (mine !== hand.held) {
        // Closed meanwhile. Not stopped at once: it may be the answer that is being read. A spare may be another tab's now.
        if (isMessage || mine.isOwn) void hand.close(renewed, { afterMs: parkMs })
        outcome = null
      } else if (renewed && outcome) {
        // A spare that was leased too late for this message is of no use any more.
        // So is one that has failed since this page was left, and is in use again.
        // That of another message which was sent without a ticket may have its answer read just now.
        if (!ticket && (mine.ticket || mine.isLeft)) {
          void hand.close(drop(hand), hand.state.status === 'active' ? { afterMs: parkMs } : {})
        }
        hand.held.ticket = renewed
        hand.held.isOwn = true
      }
      conversation.pending -= count
      if (isMessage || outcome) hand.dispatch({ type: 'message-answered', outcome, status })
      if (outcome && hand.held.ticket) onHeld()
    },
  }
}
