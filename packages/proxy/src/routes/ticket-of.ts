import { headerNames } from '@warm-agent/protocol'
import type { Caller } from '../callers.ts'
import { isServed, placedTicket, type SessionContext } from '../sessions/session-context.ts'
import { openTicket, type SessionTicket } from '../sessions/session-ticket.ts'

/**
 * @returns the ticket of the session where it is now.
 * @throws WarmAgentError `ticket_invalid`
 */
export async function ticketOf(
  context: SessionContext,
  { callerId, otherIds = [] }: Caller,
  request: Request,
  sealed: string | null = request.headers.get(headerNames.ticket),
): Promise<SessionTicket> {
  const callerIds = [callerId, ...otherIds]
  const opened = await openTicket(context.sealer, sealed, callerIds, ticket => isServed(context, ticket))
  return placedTicket(context, opened)
}

/** The caller, by the name that the session was opened under: so its conversation and its limits stay the same. */
export function ownerOf(ticket: SessionTicket | undefined, caller: Caller): Caller {
  const { otherIds = [] } = caller
  if (!ticket || ticket.callerId === caller.callerId) return caller
  const { callerId } = ticket
  return { ...caller, callerId, otherIds: [caller.callerId, ...otherIds.filter(id => id !== callerId)] }
}
