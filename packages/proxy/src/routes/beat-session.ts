import { WarmAgentError } from '@warm-agent/protocol'
import { beatSession } from '../sessions/beat-session.ts'
import { grantLease } from '../sessions/grant-lease.ts'
import type { RouteHandler } from './route-handler.ts'
import { ownerOf, ticketOf } from './ticket-of.ts'

/** Touches a held session and renews its lease. */
export const beatSessionRoute: RouteHandler = async (context, asking, request) => {
  const ticket = await ticketOf(context, asking, request)
  const caller = ownerOf(ticket, asking)
  try {
    return Response.json(await grantLease(context, await beatSession(context, ticket, caller, request.signal)))
  } catch (error) {
    if (error instanceof WarmAgentError && error.code === 'session_expired') context.limiter.noteEnd(ticket, caller)
    throw error
  }
}
