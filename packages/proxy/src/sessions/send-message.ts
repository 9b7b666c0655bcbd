import type { Outcome } from '@warm-agent/protocol'
import type { AgentAnswer, AgentRequest } from '../agent-runtime.ts'
import { callRuntime } from './call-runtime.ts'
import type { JoinedSession } from './join-session.ts'
import { agentOf, type SessionContext } from './session-context.ts'
import type { SessionTicket } from './session-ticket.ts'

export interface SentMessage {
  answer: AgentAnswer
  /** The session as the conversation owns it from now on. */
  ticket: SessionTicket
  outcome: Outcome
}

/** Sends a message on its session: once, or again where the agent surely did not see it. */
export async function sendMessage(
  context: SessionContext,
  { ticket, outcome }: JoinedSession,
  request: AgentRequest,
  signal: AbortSignal,
): Promise<SentMessage> {
  const { runtime } = agentOf(context, ticket)
  const { session } = ticket
  const { warmTimeoutMs, messageTimeoutMs } = context.limits
  const { value: answer, sawConflict } = await callRuntime(attempt => runtime.invoke(session, request, attempt), {
    purpose: 'message',
    retryForMs: warmTimeoutMs,
    timeoutMs: messageTimeoutMs,
    signal,
  })
  const touch = () => context.memories.note(session, { touchedAt: Date.now(), isSent: true })
  touch()
  return {
    answer: { ...answer, body: notingEnd(answer.body, touch) },
    ticket: ownedByConversation(ticket),
    // A conflict on a session that was warm says that the platform was ending it.
    outcome: outcome === 'warm' && sawConflict ? 'rewarmed' : outcome,
  }
}

/** The ticket of a session that a message has been sent on just now. */
export function ownedByConversation(ticket: SessionTicket): SessionTicket {
  return { ...ticket, isWarm: true, isSent: true, touchedAt: Date.now() }
}

/** Passes a stream on, chunk by chunk and no faster than it is read, and notes when it is over. */
function notingEnd(body: ReadableStream<Uint8Array>, onEnd: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read()
      if (!done) return controller.enqueue(value)
      onEnd()
      controller.close()
    },
    cancel(reason) {
      onEnd()
      return reader.cancel(reason)
    },
  })
}
