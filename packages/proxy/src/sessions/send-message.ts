import type { Outcome } from '@warm-agent/protocol'
import {
  type AgentAnswer,
  type AgentRequest,
  type CallCredentials,
  isMissing,
  RuntimeFailure,
  type RuntimeSession,
} from '../agent-runtime.ts'
import { type Conversation, conversationHeaders } from '../conversation.ts'
import { awaitAnswer } from './await-answer.ts'
import { callAnyEndpoint } from './call-any-endpoint.ts'
import { callRuntime } from './call-runtime.ts'
import { disposeOf } from './close-session.ts'
import { hasEndedMeanwhile } from './end-session.ts'
import { coldSession, type JoinedSession, replaceSession } from './join-session.ts'
import { relayStream } from './relay-stream.ts'
import { agentOf, type SessionContext } from './session-context.ts'
import type { SessionTicket } from './session-ticket.ts'
import { mayHaveStarted } from './warm-up.ts'

export interface Message {
  request: AgentRequest
  conversation: Conversation | undefined
  credentials: CallCredentials
  signal: AbortSignal
  /** Called when the answer is over, however it ended. */
  onEnd(): void
}

export interface SentMessage {
  answer: AgentAnswer
  /** The session as the conversation owns it from now on. */
  ticket: SessionTicket
  outcome: Outcome
}

/** Sends a message on its session, and again only where the agent surely did not see it. A new session may change its endpoint. */
export async function sendMessage(
  context: SessionContext,
  joined: JoinedSession,
  { request, conversation, credentials, signal, onEnd }: Message,
): Promise<SentMessage> {
  let { ticket, outcome, isNew } = joined
  const { limits } = context
  const agent = agentOf(context, ticket)
  const { runtime } = agent
  // Nobody has a ticket of a new one, so nobody can close it.
  const answering = awaitAnswer(context, isNew ? undefined : ticket, onEnd)

  async function beforeRetry(): Promise<void> {
    // Nobody else knows a new one, so nobody can have ended it.
    if (isNew || !(await hasEndedMeanwhile(context, ticket))) return
    ticket = coldSession(agent, ticket.callerId).ticket
    outcome = 'rewarmed'
    isNew = true
  }

  async function attempt(ended: AbortSignal): Promise<AgentAnswer> {
    // One that does not run yet may start at any endpoint.
    const isPlaced = ticket.isWarm
    const headers = { ...request.headers, ...conversationHeaders(conversation, ticket, outcome) }
    const invoke = (session: RuntimeSession) => runtime.invoke(session, { ...request, headers }, ended, credentials)
    const onMoved = (session: RuntimeSession) => {
      ticket = { ...ticket, session }
    }
    try {
      return await (isPlaced ? invoke(ticket.session) : callAnyEndpoint(agent, ticket.session, invoke, { onMoved }))
    } catch (failure) {
      // Its endpoint is gone, so nothing ran: a new session is placed on another. If none is left, the agent is missing.
      if (isPlaced && isMissing(failure)) {
        ;({ ticket, outcome, isNew } = replaceSession(context, ticket, credentials))
        return attempt(ended)
      }
      // A conflict on a warm session says that the platform is ending it: the next attempt starts it again.
      const isConflict = failure instanceof RuntimeFailure && failure.reason === 'conflict'
      if (isConflict && outcome === 'warm') outcome = 'rewarmed'
      throw failure
    }
  }
  const { value: answer } = await callRuntime(attempt, {
    purpose: 'message',
    retryForMs: limits.warmTimeoutMs,
    timeoutMs: limits.messageTimeoutMs,
    signal,
    beforeRetry,
    disposeLate: late => void late.body.cancel().catch(() => undefined),
  }).catch(error => {
    answering.end()
    // Its sender never gets its ticket: nobody could use it, or stop it.
    if (isNew && (ticket.isWarm || mayHaveStarted(error))) disposeOf(context, ticket, credentials)
    throw error
  })
  if (signal.aborted && isNew) {
    answering.end()
    await answer.body.cancel().catch(() => undefined)
    disposeOf(context, ticket, credentials)
    throw signal.reason
  }

  const owned = ownedByConversation(ticket, conversation)
  answering.begin(owned)
  const body = relayStream(answer, answering.end, signal)
  const { status, contentType, headers = {} } = answer
  return { answer: { status, contentType, headers, body }, ticket: owned, outcome }
}

/** The ticket of a session that a message has been sent on just now. */
export function ownedByConversation(ticket: SessionTicket, conversation: Conversation | undefined): SessionTicket {
  const tag = conversation?.tag ?? ticket.conversation
  return { ...ticket, isWarm: true, isSent: true, touchedAt: Date.now(), conversation: tag }
}
