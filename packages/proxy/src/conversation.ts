import { type Outcome, WarmAgentError } from '@warm-agent/protocol'
import type { Caller } from './callers.ts'
import { wholeRequest } from './lean-request.ts'
import type { SessionTicket } from './sessions/session-ticket.ts'
import { sha256 } from './sha256.ts'
import { answerOf } from './within.ts'

/**
 * Where the name of a conversation comes from when `authorize` does not tell it: a function of the request, which may read
 * the body, or the name of a header that the page sends. After 10 seconds without an answer the message is refused with 503.
 */
export type ConversationSource =
  | string
  | ((request: Request, caller: Caller) => ConversationName | Promise<ConversationName>)

/** `null` is what `headers.get` gives for a header that is not there: no conversation. */
type ConversationName = string | null | undefined

/** A conversation outlives the microVM that it is held on. */
export interface Conversation {
  /** What the agent is told, percent-encoded: a header takes only ASCII. A browser cannot make it another caller's. */
  readonly id: string
  /** What a ticket keeps of it. */
  readonly tag: string
}

/** Longer names are refused, in characters. */
const longestId = 256

/** In front of the name that a header gives stand a digest of 16 characters and a dot. */
const callerPrefixLength = 17

const prefix = 'x-amzn-bedrock-agentcore-runtime-custom-conversation'

/**
 * @param body What has been read of the request. Without it the request is still to be read by whoever it came from.
 * @returns the conversation that the request belongs to, if it belongs to one.
 * @throws WarmAgentError `bad_request` for a header that is too long, a body that the function cannot parse, or a name that
 *   is no well-formed text.
 * @throws Error when `authorize` or the function gives something that is no name.
 */
export async function conversationOf(
  source: ConversationSource | undefined,
  request: Request,
  caller: Caller,
  body?: Uint8Array,
): Promise<Conversation | undefined> {
  const { callerId, conversationId } = caller
  if (conversationId !== undefined) return named(conversationId)
  if (typeof source === 'function') {
    const id = await ask(source, readable(request, body), caller)
    return id === undefined || id === null ? undefined : named(id)
  }
  const sent = source && request.headers.get(source)
  if (!sent) return undefined
  if (sent.length > longestId) {
    throw new WarmAgentError(
      'bad_request',
      `Could not tell the conversation: ${source} has over ${longestId} characters. Send a shorter one.`,
    )
  }
  // A browser can send any name, so a header names only conversations of its own caller.
  return named(`${await digest(callerId)}.${sent}`)
}

async function ask(
  source: Exclude<ConversationSource, string>,
  request: Request,
  caller: Caller,
): Promise<ConversationName> {
  try {
    return await answerOf('ask `conversationId` for the conversation', source(request, caller))
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new WarmAgentError(
      'bad_request',
      'Could not tell the conversation: the body is not what `conversationId` reads, JSON perhaps. Send that.',
      { cause },
    )
  }
}

/** @returns a Request whose body may be read: the agent, or the route of an app, still gets the whole body. */
function readable(request: Request, body: Uint8Array | undefined): Request {
  if (body) return wholeRequest(request, body as BodyInit)
  return request.bodyUsed ? request : request.clone()
}

async function named(id: string): Promise<Conversation> {
  if (typeof id !== 'string' || id.length === 0 || id.length > longestId + callerPrefixLength) {
    throw new Error(
      `Could not name the conversation: its id is not a string of 1 to ${longestId} characters. Mend \`authorize\` or \`conversationId\`.`,
    )
  }
  return { id: encoded(id), tag: await digest(id) }
}

/** Here, and not where the agent is told: what throws after a session was claimed would leave it to nobody. */
function encoded(id: string): string {
  try {
    return encodeURIComponent(id)
  } catch (cause) {
    throw new WarmAgentError(
      'bad_request',
      'Could not name the conversation: its id holds half a character. Send well-formed text.',
      { cause },
    )
  }
}

/**
 * What the agent is told with a message, in headers that reach it once the runtime's `requestHeaderAllowlist` has them.
 *
 * @param ticket The one of the session that the message is sent on, before the message.
 */
export function conversationHeaders(
  conversation: Conversation | undefined,
  ticket: SessionTicket,
  outcome: Outcome,
): Record<string, string> {
  if (!conversation) return {}
  const isLost = outcome === 'cold' || outcome === 'rewarmed'
  const isNew = isLost || ticket.conversation !== conversation.tag
  return {
    [`${prefix}-id`]: conversation.id,
    [`${prefix}-outcome`]: outcome,
    [`${prefix}-vm`]: isNew ? 'new' : 'known',
  }
}

async function digest(text: string): Promise<string> {
  const bytes = await sha256(text)
  return btoa(String.fromCharCode(...bytes.subarray(0, 12)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
}
