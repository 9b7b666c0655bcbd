import { headerNames } from '@warm-agent/protocol'
import type { AgentAnswer } from '../agent-runtime.ts'
import type { Caller } from '../callers.ts'
import { conversationOf } from '../conversation.ts'
import { noteMessage } from '../limits/note-message.ts'
import { withOwnHeaders } from '../own-headers.ts'
import { readBody } from '../read-body.ts'
import { sendMessage } from '../sessions/send-message.ts'
import type { SessionContext } from '../sessions/session-context.ts'
import { type SessionTicket, sealTicket } from '../sessions/session-ticket.ts'
import type { RouteHandler } from './route-handler.ts'
import { messageFacts, sessionFor } from './session-for.ts'
import { ownerOf, ticketOf } from './ticket-of.ts'

/** Sends a message to the agent and passes its answer on, byte for byte. */
export const relayMessageRoute: RouteHandler = async (context, asking, request) => {
  const { headers } = request
  const arrivedAt = performance.now()
  const opened = headers.has(headerNames.ticket) ? await ticketOf(context, asking, request) : undefined
  const caller = ownerOf(opened, asking)
  const onEnd = context.admitMessage(caller)
  try {
    return await relay(context, opened, caller, request, { arrivedAt, onEnd })
  } catch (error) {
    onEnd()
    throw error
  }
}

/** @param options `onEnd`: called when an answer that has begun is over. */
async function relay(
  context: SessionContext,
  opened: SessionTicket | undefined,
  caller: Caller,
  request: Request,
  { arrivedAt, onEnd }: { arrivedAt: number; onEnd: () => void },
): Promise<Response> {
  const { headers, signal } = request
  const body = await readBody(request, context.limits.bodyBytes, 'Send less, or raise limits.bodyBytes.')
  const conversation = await conversationOf(context.conversationId, request, caller, body)
  const joined = await sessionFor(context, opened, caller, request)
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
    onEnd,
  })
  const answeredAt = performance.now()
  const joinMs = joinedAt - arrivedAt
  const agentMs = answeredAt - joinedAt
  context.emit({ type: 'message-answered', outcome, joinMs, agentMs, ...messageFacts(opened, caller) }, ticket)
  const own = {
    'content-type': answer.contentType,
    [headerNames.outcome]: outcome,
    [headerNames.ticket]: await sealTicket(context.sealer, ticket),
    'server-timing': `join;dur=${joinMs.toFixed(1)}, agent;dur=${agentMs.toFixed(1)}`,
  }
  return new Response(bodyOf(answer), { status: answer.status, headers: withOwnHeaders(own, answer.headers) })
}

/** Statuses that allow no body: a Response with one of them and a body, even an empty one, cannot be made. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

function bodyOf({ status, body }: AgentAnswer): ReadableStream<Uint8Array> | null {
  if (!bodiless.has(status)) return body
  // So that the socket is free again.
  body.cancel().catch(() => undefined)
  return null
}

/** The headers of a request that are meant for the agent as well. Service model: InvokeAgentRuntimeRequest. */
const forAgent = ['mcp-session-id', 'mcp-protocol-version', 'x-amzn-trace-id', 'traceparent', 'tracestate', 'baggage']

function passedOn(headers: Headers): Record<string, string> {
  return Object.fromEntries(forAgent.flatMap(name => (headers.has(name) ? [[name, headers.get(name) ?? '']] : [])))
}

/** A browser labels a string body `text/plain`, and agents on AgentCore read JSON. */
function contentTypeOf(headers: Headers, body: Uint8Array): string {
  const type = headers.get('content-type') ?? 'application/json'
  return /^text\/plain(; *charset=utf-8)?$/i.test(type) && holdsJson(body) ? 'application/json' : type
}

/** Whether a body is an object or a list in JSON. A mere number or word is JSON too, but more likely what somebody typed. */
function holdsJson(body: Uint8Array): boolean {
  const text = new TextDecoder().decode(body)
  try {
    return /^\s*[[{]/.test(text) && Boolean(JSON.parse(text))
  } catch {
    return false
  }
}

/**
 * A streaming agent answers 406 to a client that does not ask for a stream. A plain `fetch` never asks for one: it accepts
 * everything. So whoever accepts everything asks for a stream or JSON.
 */
function acceptFrom(headers: Headers): string {
  const accept = headers.get('accept') ?? '*/*'
  return accept.includes('*/*') ? 'text/event-stream, application/json' : accept
}
