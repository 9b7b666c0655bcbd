import { type IncomingHttpHeaders, type OutgoingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http'
import { violated } from './platform-errors.ts'

export const sessionIdHeader = 'x-amzn-bedrock-agentcore-runtime-session-id'
export const userIdHeader = 'x-amzn-bedrock-agentcore-runtime-user-id'
export const customPrefix = 'x-amzn-bedrock-agentcore-runtime-custom-'

/** Both ways (service model: InvokeAgentRuntimeRequest and -Response). */
const bothWays = [
  'content-type',
  'mcp-session-id',
  'mcp-protocol-version',
  'x-amzn-trace-id',
  'traceparent',
  'tracestate',
  'baggage',
]
const toAgent = new Set([...bothWays, 'accept', 'mcp-method', 'mcp-name', userIdHeader])

/** The length and the encoding describe the bytes, which are passed through as they are. */
const toClient = new Set([...bothWays, 'content-length', 'content-encoding'])

/** What comes back on the answer to a command, as it came. */
const echoed = new Set(['x-amzn-trace-id', 'traceparent', 'tracestate', 'baggage'])

export interface ForwardedCall {
  sessionId: string
  requestId: string
  /** Lower-case names that the runtime's owner allowed besides. */
  allowed: ReadonlySet<string>
  /** With a bearer token the user comes from the token, and the header is ignored (aws/bedrock-agentcore-sdk-python#119). */
  hasToken: boolean
}

/** What the agent sees of a client's headers. `Authorization` only when it was allowed: see `requestHeaderAllowlist`. */
export function headersForAgent(headers: IncomingHttpHeaders, call: ForwardedCall): OutgoingHttpHeaders {
  const isWanted = (name: string) =>
    name === userIdHeader
      ? !call.hasToken
      : toAgent.has(name) || name.startsWith(customPrefix) || call.allowed.has(name)
  return {
    ...pick(headers, isWanted),
    [sessionIdHeader]: call.sessionId,
    'x-amzn-bedrock-agentcore-runtime-request-id': call.requestId,
  }
}

/** What the client sees of an agent's headers. */
export function headersForClient(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return pick(headers, name => toClient.has(name))
}

export function echoedHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return pick(headers, name => echoed.has(name))
}

/**
 * A WebSocket client in a browser sets no headers: its session id and custom headers are query parameters.
 *
 * @returns the headers with those added that the query names. A header wins. Throws 400 for what no header could carry,
 * a line break among others.
 */
export function withHeadersOfQuery(headers: IncomingHttpHeaders, query: URLSearchParams): IncomingHttpHeaders {
  const named = [...query].map(([name, value]): [string, string] => [name.toLowerCase(), value])
  const wanted = named.filter(
    ([name]) => [sessionIdHeader, userIdHeader].includes(name) || name.startsWith(customPrefix),
  )
  for (const [name, value] of wanted) checkHeader(name, value)
  return { ...Object.fromEntries(wanted), ...headers }
}

function checkHeader(name: string, value: string): void {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch {
    throw violated(name, 'Member must have a name and a value of a header')
  }
}

function pick(headers: IncomingHttpHeaders, isWanted: (name: string) => boolean): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isWanted(name)))
}
