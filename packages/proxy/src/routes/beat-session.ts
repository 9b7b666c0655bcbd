import { beatSession } from '../sessions/beat-session.ts'
import { grantLease } from '../sessions/grant-lease.ts'
import type { RouteHandler } from './route-handler.ts'
import { ticketOf } from './ticket-of.ts'

/** Touches a held session and renews its lease. */
export const beatSessionRoute: RouteHandler = async (context, caller, request) => {
  const ticket = await ticketOf(context, caller, request)
  return Response.json(await grantLease(context, await beatSession(context, ticket, request.signal)))
}
