import type { IncomingHttpHeaders } from 'node:http'
import { customPrefix, sessionIdHeader, userIdHeader } from '../headers.ts'
import { violated } from '../platform-errors.ts'

/** What an operation's input has besides its body, by the names of the service model. */
export type Members = Partial<Record<MemberName, string>>

type MemberName = keyof typeof members

/** Where each is in the request, and its lengths (API reference of InvokeAgentRuntime). */
const members = {
  runtimeSessionId: { in: sessionIdHeader, least: 33, most: 256 },
  runtimeUserId: { in: userIdHeader, least: 1, most: 1_024 },
  contentType: { in: 'content-type', least: 1, most: 256 },
  accept: { in: 'accept', least: 1, most: 256 },
  traceId: { in: 'x-amzn-trace-id', least: 0, most: 128 },
  traceParent: { in: 'traceparent', least: 0, most: 128 },
  traceState: { in: 'tracestate', least: 0, most: 512 },
  baggage: { in: 'baggage', least: 0, most: 8_192 },
  mcpSessionId: { in: 'mcp-session-id', least: 0, most: 1_024 },
  mcpProtocolVersion: { in: 'mcp-protocol-version', least: 0, most: 1_024 },
  qualifier: { in: '?qualifier', least: 1, most: 48, pattern: '[a-zA-Z][a-zA-Z0-9_]{0,47}' },
  accountId: { in: '?accountId', least: 12, most: 12, pattern: '[0-9]{12}' },
} as const satisfies Record<string, { in: string; least: number; most: number; pattern?: string }>

/** At most so many headers are passed on, each of at most so many bytes (AgentCore developer guide, "Pass custom headers"). */
const mostCustomHeaders = 20
const mostCustomBytes = 4_096

/** Takes what is there from the head of a request. */
export function readMembers(headers: IncomingHttpHeaders, query: URLSearchParams): Members {
  const entries = Object.entries(members).flatMap(([name, { in: place }]): [string, string][] => {
    const value = place.startsWith('?') ? query.get(place.slice(1)) : headers[place]
    return value === undefined || value === null ? [] : [[name, String(value)]]
  })
  return Object.fromEntries(entries)
}

/** Throws 400 for the first that is too short, too long, or breaks its pattern. */
export function checkMembers(given: Members): void {
  for (const [name, value] of Object.entries(given)) {
    const { least, most, ...rest } = members[name as MemberName]
    const pattern = 'pattern' in rest ? rest.pattern : undefined
    if (pattern && !new RegExp(`^${pattern}$`).test(value)) {
      throw violated(name, `Member must satisfy regular expression pattern: ${pattern}`)
    }
    if (value.length < least) throw violated(name, `Member must have length greater than or equal to ${least}`)
    if (value.length > most) throw violated(name, `Member must have length less than or equal to ${most}`)
  }
}

/** Throws 400 when there are too many custom headers, or one is too long. */
export function checkCustomHeaders(headers: IncomingHttpHeaders): void {
  const custom = Object.entries(headers).filter(([name]) => name.startsWith(customPrefix))
  if (custom.length > mostCustomHeaders) {
    throw violated('headers', `At most ${mostCustomHeaders} custom headers are passed on`)
  }
  const long = custom.find(([, value]) => Buffer.byteLength(String(value)) > mostCustomBytes)
  if (long) throw violated(long[0], `Member must have at most ${mostCustomBytes} bytes`)
}
