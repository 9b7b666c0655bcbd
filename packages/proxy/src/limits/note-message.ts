import type { Caller } from '../callers.ts'
import type { JoinedSession } from '../sessions/join-session.ts'
import { agentOf, type SessionContext } from '../sessions/session-context.ts'
import type { SessionTicket } from '../sessions/session-ticket.ts'

/**
 * Tells the limits of a message: its session is in use now, and may have to be started for it.
 *
 * @param presented The ticket that it came with.
 */
export function noteMessage(
  context: SessionContext,
  caller: Caller,
  presented: SessionTicket | undefined,
  { ticket, outcome }: JoinedSession,
): void {
  context.limiter.noteMessage(ticket, caller, agentOf(context, ticket).rules.idleTimeoutMs, {
    startsSession: outcome === 'cold' || outcome === 'rewarmed',
    wasUnsent: presented?.isSent === false,
  })
}
