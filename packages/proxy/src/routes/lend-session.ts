import { headerNames, type Outcome, WarmAgentError, wireVersion } from '@warm-agent/protocol'
import type { Caller } from '../callers.ts'
import { coldSession, joinSession } from '../sessions/join-session.ts'
import { ownedByConversation } from '../sessions/send-message.ts'
import { agentNamed, type SessionContext } from '../sessions/session-context.ts'
import { sealTicket } from '../sessions/session-ticket.ts'
import { agentNameOf, ticketOf } from './ticket-of.ts'

/** A session for an app that invokes the agent itself. */
export interface WarmRuntimeSession {
  /** For the AWS SDK's `runtimeSessionId`. Keep it on the server. */
  runtimeSessionId: string
  /** For the AWS SDK's `qualifier`: the session lives on this endpoint and no other. */
  qualifier: string
  /** What the message will meet. */
  outcome: Outcome
  /** Add these to the route's answer: with them the page keeps its session. */
  headers: Record<string, string>
}

/** A ticket that is not valid looks like none: the message goes cold, on a session of the caller's own. */
export async function lendSession(
  context: SessionContext,
  caller: Caller,
  request: Request,
): Promise<WarmRuntimeSession> {
  const opened = await ticketOf(context, caller, request).catch(error => {
    if (error instanceof WarmAgentError && error.code === 'ticket_invalid') return undefined
    throw error
  })
  const { ticket, outcome } = opened
    ? await joinSession(context, opened, request.signal)
    : coldSession(agentNamed(context, agentNameOf(request)), caller.callerId)
  context.memories.note(ticket.session, { touchedAt: Date.now(), isSent: true })
  return {
    runtimeSessionId: ticket.session.id,
    qualifier: ticket.session.qualifier,
    outcome,
    headers: {
      ...caller.responseHeaders,
      [headerNames.version]: wireVersion,
      [headerNames.ticket]: await sealTicket(context.sealer, ownedByConversation(ticket)),
      [headerNames.outcome]: outcome,
    },
  }
}
