import { headerNames } from '@warm-agent/protocol'
import type { Caller } from '../callers.ts'
import type { SessionContext } from '../sessions/session-context.ts'
import { openTicket, type SessionTicket } from '../sessions/session-ticket.ts'

/** @throws WarmAgentError `ticket_invalid` */
export function ticketOf(
  context: SessionContext,
  { callerId }: Caller,
  request: Request,
  sealed: string | null = request.headers.get(headerNames.ticket),
): Promise<SessionTicket> {
  return openTicket(context.sealer, sealed, callerId, agent => context.agents.has(agent))
}

/** The agent that a message without a ticket names, when there are several. */
export function agentNameOf(request: Request): string | undefined {
  const name = request.headers.get(headerNames.agent)
  try {
    return name === null ? undefined : decodeURIComponent(name)
  } catch {
    // Not encoded as we do it: no agent has this name.
    return name ?? undefined
  }
}
