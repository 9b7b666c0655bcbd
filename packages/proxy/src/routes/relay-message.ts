import { headerNames } from '@warm-agent/protocol'
import { readBody } from '../read-body.ts'
import { coldSession, joinSession } from '../sessions/join-session.ts'
import { sendMessage } from '../sessions/send-message.ts'
import { agentNamed } from '../sessions/session-context.ts'
import { sealTicket } from '../sessions/session-ticket.ts'
import type { RouteHandler } from './route-handler.ts'
import { agentNameOf, ticketOf } from './ticket-of.ts'

/** Sends a message to the agent and passes its answer on, byte for byte. */
export const relayMessageRoute: RouteHandler = async (context, caller, request) => {
  const { headers, signal } = request
  const arrivedAt = performance.now()
  const opened = headers.has(headerNames.ticket) ? await ticketOf(context, caller, request) : undefined
  const body = await readBody(request, context.limits.bodyBytes)
  const joined = opened
    ? await joinSession(context, opened, signal)
    : coldSession(agentNamed(context, agentNameOf(request)), caller.callerId)
  const joinedAt = performance.now()
  const { answer, ticket, outcome } = await sendMessage(
    context,
    joined,
    { body, contentType: headers.get('content-type') ?? 'application/json', accept: acceptFrom(headers) },
    signal,
  )
  const answeredAt = performance.now()
  const joinMs = joinedAt - arrivedAt
  const agentMs = answeredAt - joinedAt
  context.emit({ type: 'message-answered', outcome, joinMs, agentMs }, ticket)
  return new Response(answer.body, {
    status: answer.status,
    headers: {
      'content-type': answer.contentType,
      [headerNames.outcome]: outcome,
      [headerNames.ticket]: await sealTicket(context.sealer, ticket),
      'server-timing': `join;dur=${joinMs.toFixed(1)}, agent;dur=${agentMs.toFixed(1)}`,
    },
  })
}

/** A streaming agent answers 406 to a client that does not ask for a stream, which a plain `fetch` never does. */
function acceptFrom(headers: Headers): string {
  const accept = headers.get('accept')
  return accept === null || accept === '*/*' ? 'text/event-stream, application/json' : accept
}
