import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'

export const sessionIdHeader = 'x-amzn-bedrock-agentcore-runtime-session-id'

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
const toAgent = new Set([...bothWays, 'accept', 'x-amzn-bedrock-agentcore-runtime-user-id'])
const customPrefix = 'x-amzn-bedrock-agentcore-runtime-custom-'

/** The length and the encoding describe the bytes, which are passed through as they are. */
const toClient = new Set([...bothWays, 'content-length', 'content-encoding'])

/** What the agent sees of a client's headers. Not `Authorization`: a SigV4 runtime keeps that to itself. */
export function headersForAgent(
  headers: IncomingHttpHeaders,
  sessionId: string,
  requestId: string,
): OutgoingHttpHeaders {
  return {
    ...pick(headers, name => toAgent.has(name) || name.startsWith(customPrefix)),
    [sessionIdHeader]: sessionId,
    'x-amzn-bedrock-agentcore-runtime-request-id': requestId,
  }
}

/** What the client sees of an agent's headers. */
export function headersForClient(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return pick(headers, name => toClient.has(name))
}

function pick(headers: IncomingHttpHeaders, isWanted: (name: string) => boolean): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isWanted(name)))
}
