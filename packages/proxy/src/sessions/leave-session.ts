import type { Caller } from '../callers.ts'
import { parkSession } from './park-session.ts'
import { placedTicket, type SessionContext } from './session-context.ts'
import type { SessionTicket } from './session-ticket.ts'

/**
 * The page has left without closing its session, which may still be warming: it is parked, unless a message has got through
 * to it. While messages wait for it, that is decided by the last of them.
 */
export function leaveSession(context: SessionContext, ticket: SessionTicket, caller: Caller): void {
  const { limiter, limits, memories } = context
  const placed = placedTicket(context, ticket)
  const { isUsed, waiting = 0 } = memories.of(placed.session)
  if (isUsed) return
  if (waiting > 0) {
    memories.note(placed.session, { hasLeft: true })
    return
  }
  limiter.noteEnd(placed, caller, limits.parkMs)
  void parkSession(context, placed, limits.parkMs, { unlessSent: true })
}

/** A message waits for the session. @returns what ends the waiting, told whether the message got through. */
export function awaitSession(
  context: SessionContext,
  ticket: SessionTicket,
  caller: Caller,
): (isUsed: boolean) => void {
  const { memories } = context
  const { waiting = 0 } = memories.of(ticket.session)
  memories.note(ticket.session, { waiting: waiting + 1, isSent: true, ...(ticket.isSent && { isUsed: true }) })
  return isUsed => {
    const { session } = placedTicket(context, ticket)
    const { waiting = 1, hasLeft } = memories.of(session)
    memories.note(session, { waiting: waiting - 1, ...(isUsed && { isUsed }) })
    if (hasLeft && !isUsed) leaveSession(context, ticket, caller)
  }
}
