import { headerNames } from '@warm-agent/protocol'
import type { AgentAnswer } from '../agent-runtime.ts'
import { conversationOf } from '../conversation.ts'
import { noteMessage } from '../limits/note-message.ts'
import { readBody } from '../read-body.ts'
import { freshSession, joinSession } from '../sessions/join-session.ts'
import { sendMessage } from '../sessions/send-message.ts'
import { agentNamed } from '../sessions/session-context.ts'
import { sealTicket } from '../sessions/session-ticket.ts'
import type { RouteHandler } from './route-handler.ts'
import { agentNameOf, ownerOf, ticketOf } from './ticket-of.ts'

/** Sends a message to the agent and passes its answer on, byte for byte. */
export const relayMessageRoute: RouteHandler = async (context, asking, request) => {
  const { headers, signal } = request
  const arrivedAt = performance.now()
  const opened = headers.has(headerNames.ticket) ? await ticketOf(context, asking, request) : undefined
  const caller = ownerOf(opened, asking)
  const body = await readBody(request, context.limits.bodyBytes)
  const conversation = await conversationOf(context.conversationId, request, caller, body)
  const joined = opened
    ? await joinSession(context, opened, caller, signal)
    : await freshSession(context, agentNamed(context, agentNameOf(request)), caller)
  noteMessage(context, caller, opened, joined)
  const joinedAt = performance.now()
  const { answer, ticket, outcome } = await sendMessage(context, joined, {
    request: {
      body,
      contentType: contentTypeOf(headers, body),
      accept: acceptFrom(headers),
      headers: passedOn(headers),
    },
    conversation,
    credentials: caller,
    signal,
  })
  const answeredAt = performance.now()
  const joinMs = joinedAt - arrivedAt
  const agentMs = answeredAt - joinedAt
  const { isHeldOut } = caller
  const isFirst = !opened?.isSent
  const told = { outcome, joinMs, agentMs, isFirst, ...(isHeldOut && { isHeldOut }) }
  context.emit({ type: 'message-answered', ...told }, ticket)
  return new Response(bodyOf(answer), {
    status: answer.status,
    headers: {
      ...answer.headers,
      'content-type': answer.contentType,
      [headerNames.outcome]: outcome,
      [headerNames.ticket]: await sealTicket(context.sealer, ticket),
      'server-timing': `join;dur=${joinMs.toFixed(1)}, agent;dur=${agentMs.toFixed(1)}`,
    },
  })
}

/** Statuses that say that there is no body: with one, even an empty one, no Response can be made. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

function bodyOf({ status, body }: AgentAnswer): ReadableStream<Uint8Array> | null {
  if (!bodiless.has(status)) return body
  // Nothing comes any more, and the socket is free again.
  body.cancel().catch(() => undefined)
  return null
}

/** The headers of a request that are meant for the agent as well. Service model: InvokeAgentRuntimeRequest. */
const forAgent = ['mcp-session-id', 'mcp-protocol-version', 'x-amzn-trace-id', 'traceparent', 'tracestate', 'baggage']

function passedOn(headers: Headers): Record<string, string> {
  return Object.fromEntries(forAgent.flatMap(name => (headers.has(name) ? [[name, headers.get(name) ?? '']] : [])))
}

/** A browser calls every string text, and agents on AgentCore read JSON. */
function contentTypeOf(headers: Headers, body: Uint8Array): string {
  const type = headers.get('content-type') ?? 'application/json'
  return /^text\/plain(; *charset=utf-8)?$/i.test(type) && holdsJson(body) ? 'application/json' : type
}

/** Whether a body is an object or a list of JSON. A number or a word that somebody typed is no less text. */
function holdsJson(body: Uint8Array): boolean {
  const text = new TextDecoder().decode(body)
  try {
    return /^\s*[[{]/.test(text) && Boolean(JSON.parse(text))
  } catch {
    return false
  }
}

/**
 * A streaming agent answers 406 to a client that does not ask for a stream, which a plain `fetch` never does: it takes
 * everything, as others do that only prefer something else.
 */
function acceptFrom(headers: Headers): string {
  const accept = headers.get('accept') ?? '*/*'
  return accept.includes('*/*') ? 'text/event-stream, application/json' : accept
}
