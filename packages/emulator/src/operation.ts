import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { sessionIdHeader } from './headers.ts'
import { PlatformError, violated } from './platform-errors.ts'
import type { SessionAddress } from './sessions.ts'

/** What a request asks for. The last two are the emulator's own. */
export type Operation =
  | { name: 'invoke'; address: SessionAddress }
  | { name: 'stop'; address: SessionAddress }
  | { name: 'list-sessions' }
  | { name: 'read-ledger' }

interface Head {
  method?: string | undefined
  url?: string | undefined
  headers: IncomingHttpHeaders
}

const qualifierPattern = /^[a-zA-Z][a-zA-Z0-9_]{0,47}$/

/** Reads everything but the body. Throws what the platform answers to a request that it does not take. */
export function readOperation({ method = '', url = '', headers }: Head, arn: string): Operation {
  const queryAt = url.indexOf('?')
  const path = queryAt < 0 ? url : url.slice(0, queryAt)
  const query = new URLSearchParams(queryAt < 0 ? '' : url.slice(queryAt))

  if (`${method} ${path}` === 'GET /_emulator/sessions') return { name: 'list-sessions' }
  if (`${method} ${path}` === 'GET /_emulator/ledger') return { name: 'read-ledger' }

  const [, runtime, action] = /^\/runtimes\/([^/]+)\/(invocations|stopruntimesession)\/?$/.exec(path) ?? []
  if (method !== 'POST' || runtime === undefined) {
    throw new PlatformError('UnknownOperationException', `The emulator has no operation ${method} ${path}.`)
  }
  const name = action === 'invocations' ? 'invoke' : 'stop'
  const sessionId = readSessionId(headers[sessionIdHeader], name)
  const qualifier = readQualifier(query.get('qualifier'))
  if (decode(runtime) !== arn) {
    throw new PlatformError('ResourceNotFoundException', `No runtime ${decode(runtime)} was found. There is ${arn}.`)
  }
  return { name, address: { sessionId, qualifier } }
}

function readSessionId(value: string | string[] | undefined, name: 'invoke' | 'stop'): string {
  if (value === undefined) {
    if (name === 'invoke') return randomUUID()
    throw violated('runtimeSessionId', 'Member must not be null')
  }
  if (value.length < 33) throw violated('runtimeSessionId', 'Member must have length greater than or equal to 33')
  if (value.length > 256) throw violated('runtimeSessionId', 'Member must have length less than or equal to 256')
  return String(value)
}

function readQualifier(value: string | null): string {
  if (value === null) return 'DEFAULT'
  if (qualifierPattern.test(value)) return value
  throw violated('qualifier', 'Member must satisfy regular expression pattern: [a-zA-Z][a-zA-Z0-9_]{0,47}')
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw violated('agentRuntimeArn', 'Member must be percent-encoded UTF-8')
  }
}
