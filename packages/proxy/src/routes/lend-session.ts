import { headerNames, type Outcome, WarmAgentError, wireVersion } from '@warm-agent/protocol'
import { isMissing } from '../agent-runtime.ts'
import type { Caller } from '../callers.ts'
import { conversationHeaders, conversationOf } from '../conversation.ts'
import { noteMessage } from '../limits/note-message.ts'
import { freshSession, type JoinedSession, joinSession, replaceSession } from '../sessions/join-session.ts'
import { ownedByConversation } from '../sessions/send-message.ts'
import { agentNamed, agentOf, type SessionContext } from '../sessions/session-context.ts'
import { sealTicket } from '../sessions/session-ticket.ts'
import { agentNameOf, ownerOf, ticketOf } from './ticket-of.ts'

/** A session for an app that invokes the agent itself. */
export interface WarmRuntimeSession {
  /** For the AWS SDK's `runtimeSessionId`. Keep it on the server. */
  runtimeSessionId: string
  /** For the AWS SDK's `qualifier`: the session lives on this endpoint and no other. */
  qualifier: string
  /** For the AWS SDK's `agentRuntimeArn`, when the runtime tells it: it is another one in a region that stands in. */
  agentRuntimeArn?: string
  /** The region of {@link agentRuntimeArn}. */
  region?: string
  /** What the message will meet. */
  outcome: Outcome
  /** Send these to the agent: they tell it the conversation, and whether this microVM is new to it. Empty without one. */
  agentHeaders: Record<string, string>
  /** Add these to the route's answer: with them the page keeps its session. */
  headers: Record<string, string>
}

/** A ticket that is not valid looks like none: the message goes cold, on a session of the caller's own. */
export async function lendSession(
  context: SessionContext,
  asking: Caller,
  request: Request,
): Promise<WarmRuntimeSession> {
  const arrivedAt = performance.now()
  const opened = await ticketOf(context, asking, request).catch(error => {
    if (error instanceof WarmAgentError && error.code === 'ticket_invalid') return undefined
    throw error
  })
  const caller = ownerOf(opened, asking)
  const conversation = await conversationOf(context.conversationId, request, caller)
  const found = opened
    ? await joinSession(context, opened, caller, request.signal)
    : await freshSession(context, agentNamed(context, agentNameOf(request)), caller)
  const joined = addressable(context, found, caller)
  noteMessage(context, caller, opened, joined)
  const { ticket, outcome } = joined
  const owned = ownedByConversation(ticket, conversation)
  context.memories.note(ticket.session, { touchedAt: owned.touchedAt, isSent: true })
  void context.ledger.hold(owned, 'noted')
  const { isHeldOut } = caller
  const told = {
    outcome,
    joinMs: performance.now() - arrivedAt,
    isFirst: !opened?.isSent,
    ...(isHeldOut && { isHeldOut }),
  }
  context.emit({ type: 'session-lent', ...told }, ticket)
  return {
    runtimeSessionId: ticket.session.id,
    qualifier: ticket.session.qualifier,
    ...agentOf(context, ticket).runtime.addressOf?.(ticket.session),
    outcome,
    agentHeaders: conversationHeaders(conversation, ticket, outcome),
    headers: {
      ...caller.responseHeaders,
      [headerNames.version]: wireVersion,
      [headerNames.ticket]: await sealTicket(context.sealer, owned),
      [headerNames.outcome]: outcome,
    },
  }
}

/** A session whose region is not served any more has no address. */
function addressable(context: SessionContext, joined: JoinedSession, caller: Caller): JoinedSession {
  try {
    agentOf(context, joined.ticket).runtime.addressOf?.(joined.ticket.session)
    return joined
  } catch (failure) {
    if (!isMissing(failure)) throw failure
    return replaceSession(context, joined.ticket, caller)
  }
}
