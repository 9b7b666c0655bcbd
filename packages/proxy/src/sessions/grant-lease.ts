import type { Lease } from '@warm-agent/protocol'
import { leaseDurations } from './deadlines.ts'
import { agentOf, type SessionContext } from './session-context.ts'
import { type SessionTicket, sealTicket } from './session-ticket.ts'

/** What the browser is told of a session. */
export async function grantLease(context: SessionContext, ticket: SessionTicket): Promise<Lease> {
  return {
    ticket: await sealTicket(context.sealer, ticket),
    status: ticket.isWarm ? 'warm' : 'warming',
    ...leaseDurations(ticket, agentOf(context, ticket).rules, Date.now(), Math.random()),
  }
}
