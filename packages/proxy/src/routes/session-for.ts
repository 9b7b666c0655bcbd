import { headerNames } from '@warm-agent/protocol'
import type { Caller } from '../callers.ts'
import { freshSession, type JoinedSession, joinSession } from '../sessions/join-session.ts'
import { agentNamed, type SessionContext } from '../sessions/session-context.ts'
import type { SessionTicket } from '../sessions/session-ticket.ts'

/** The session for a message: the one of its ticket, or without a ticket a fresh one of the agent that the request names. */
export async function sessionFor(
  context: SessionContext,
  ticket: SessionTicket | undefined,
  caller: Caller,
  request: Request,
): Promise<JoinedSession> {
  return ticket
    ? joinSession(context, ticket, caller, request.signal)
    : freshSession(context, agentNamed(context, agentNameOf(request)), caller)
}

function agentNameOf(request: Request): string | undefined {
  const name = request.headers.get(headerNames.agent)
  try {
    return name === null ? undefined : decodeURIComponent(name)
  } catch {
    // Not encoded as we do it: no agent has this name.
    return name ?? undefined
  }
}

/**
 * What an event tells of a message beside its outcome.
 *
 * @param ticket The one that it came with.
 */
export function messageFacts(
  ticket: SessionTicket | undefined,
  { isHeldOut }: Caller,
): { isFirst: boolean; isHeldOut?: boolean } {
  return { isFirst: !ticket?.isSent, ...(isHeldOut && { isHeldOut }) }
}
