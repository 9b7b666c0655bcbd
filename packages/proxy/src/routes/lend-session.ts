import { headerNames, type Outcome, WarmAgentError } from '@warm-agent/protocol'
import { isMissing } from '../agent-runtime.ts'
import type { Caller } from '../callers.ts'
import { conversationHeaders, conversationOf } from '../conversation.ts'
import { noteMessage } from '../limits/note-message.ts'
import { withOwnHeaders } from '../own-headers.ts'
import { type JoinedSession, replaceSession } from '../sessions/join-session.ts'
import { ownedByConversation } from '../sessions/send-message.ts'
import { agentOf, type SessionContext } from '../sessions/session-context.ts'
import { sealTicket } from '../sessions/session-ticket.ts'
import { streamingHeaders } from '../streaming-headers.ts'
import { messageFacts, sessionFor } from './session-for.ts'
import { ownerOf, ticketOf } from './ticket-of.ts'

/** A session for an app that invokes the agent itself. */
export interface WarmRuntimeSession {
  /** For the AWS SDK's `runtimeSessionId`. Keep it on the server. */
  runtimeSessionId: string
  /** For the AWS SDK's `qualifier`: the session lives on this endpoint and no other. */
  qualifier: string
  /** For the AWS SDK's `agentRuntimeArn`, when the runtime tells it: in a fallback region it is another one. */
  agentRuntimeArn?: string
  /** The region of {@link agentRuntimeArn}. */
  region?: string
  /** What the message will find. */
  outcome: Outcome
  /** Send these to the agent: they tell it the conversation, and whether this microVM is new to it. Empty without one. */
  agentHeaders: Record<string, string>
  /** Add these to the route's answer: with them the page keeps its session, and nothing between stores or buffers the answer. */
  headers: Record<string, string>
}

/** A ticket that is not valid counts as none: the message goes cold, on a new session. */
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
  const joined = addressable(context, await sessionFor(context, opened, caller, request), caller)
  noteMessage(context, caller, opened, joined)
  const { ticket, outcome } = joined
  const owned = ownedByConversation(ticket, conversation)
  context.memories.note(ticket.session, { touchedAt: owned.touchedAt, isSent: true })
  void context.ledger.hold(owned, 'noted')
  const joinMs = performance.now() - arrivedAt
  context.emit({ type: 'session-lent', outcome, joinMs, ...messageFacts(opened, caller) }, ticket)
  const own = {
    ...streamingHeaders,
    [headerNames.ticket]: await sealTicket(context.sealer, owned),
    [headerNames.outcome]: outcome,
  }
  return {
    runtimeSessionId: ticket.session.id,
    qualifier: ticket.session.qualifier,
    ...agentOf(context, ticket).runtime.addressOf?.(ticket.session),
    outcome,
    agentHeaders: conversationHeaders(conversation, ticket, outcome),
    headers: withOwnHeaders(own, caller.responseHeaders),
  }
}

/** @returns the session, or a new one in its place when its region is served no longer: then it has no address. */
function addressable(context: SessionContext, joined: JoinedSession, caller: Caller): JoinedSession {
  try {
    agentOf(context, joined.ticket).runtime.addressOf?.(joined.ticket.session)
    return joined
  } catch (failure) {
    if (!isMissing(failure)) throw failure
    return replaceSession(context, joined.ticket, caller)
  }
}
