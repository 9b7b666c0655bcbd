import { WarmAgentError } from '@warm-agent/protocol'
import { beatSession } from '../sessions/beat-session.ts'
import { closeSession } from '../sessions/close-session.ts'
import { grantLease } from '../sessions/grant-lease.ts'
import { agentOf, upToDate } from '../sessions/session-context.ts'
import type { RouteHandler } from './route-handler.ts'
import { ownerOf, ticketOf } from './ticket-of.ts'

/** Touches a held session and renews its lease. */
export const beatSessionRoute: RouteHandler = async (context, asking, request) => {
  const ticket = upToDate(context, await ticketOf(context, asking, request))
  const caller = ownerOf(ticket, asking)
  const { idleTimeoutMs } = agentOf(context, ticket).rules
  if (!(await context.limiter.admitBeat(ticket, caller, idleTimeoutMs))) {
    context.limiter.noteEnd(ticket, caller)
    await closeSession(context, ticket, caller)
    throw new WarmAgentError(
      'session_expired',
      'Could not hold the session: the money for sessions that nobody uses is spent for today. Send the message.',
    )
  }
  try {
    return Response.json(await grantLease(context, await beatSession(context, ticket, caller, request.signal)))
  } catch (error) {
    if (error instanceof WarmAgentError && error.code === 'session_expired') context.limiter.noteEnd(ticket, caller)
    throw error
  }
}
