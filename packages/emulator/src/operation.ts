import { PlatformError, violated } from './platform-errors.ts'
import type { SessionAddress } from './sessions.ts'
import { checkMembers, type Members } from './wire/check-members.ts'
import { isRuntime, type Runtime } from './wire/runtime.ts'

/** The operations of the data plane. */
export type OperationName = 'invoke' | 'stop' | 'command' | 'agent-card' | 'oauth-metadata' | 'websocket'

/** The head of a request: nothing is checked yet but that there is such an operation. */
export interface Head {
  method: string
  /** As it came: percent-encoded. */
  path: string
  query: URLSearchParams
}

export interface Route extends Head {
  name: OperationName
  /** An ARN or an agent's id, percent-encoded. */
  runtime: string
}

const routes: Record<string, OperationName> = {
  'POST invocations': 'invoke',
  'POST stopruntimesession': 'stop',
  'POST commands': 'command',
  'GET invocations/.well-known/agent-card.json': 'agent-card',
  'GET invocations/.well-known/oauth-protected-resource': 'oauth-metadata',
  'GET ws': 'websocket',
}

/** The target of an HTTP request, taken apart. */
export function readHead({ method = '', url = '' }: { method?: string | undefined; url?: string | undefined }): Head {
  const queryAt = url.indexOf('?')
  const [path, query] = queryAt < 0 ? [url, ''] : [url.slice(0, queryAt), url.slice(queryAt)]
  return { method, path, query: new URLSearchParams(query) }
}

/** Which operation it is. Throws 404 when there is none. */
export function readRoute(head: Head): Route {
  const [, runtime, rest = ''] = /^\/runtimes\/([^/]+)\/(.+?)\/?$/.exec(head.path) ?? []
  const key = `${head.method} ${rest}`
  const name = Object.hasOwn(routes, key) ? routes[key] : undefined
  if (runtime === undefined || name === undefined) {
    throw new PlatformError('UnknownOperationException', `There is no operation ${head.method} ${head.path}.`)
  }
  return { ...head, name, runtime }
}

/**
 * Which session of which runtime is meant. Throws what the platform answers when something is malformed, or is not there.
 *
 * @param mint makes an id for an operation that came without one.
 */
export function readAddress(route: Route, members: Members, runtime: Runtime, mint: () => string): SessionAddress {
  checkMembers(members)
  const { runtimeSessionId, qualifier = 'DEFAULT', accountId } = members
  const isStop = route.name === 'stop'
  if (isStop && runtimeSessionId === undefined) throw violated('runtimeSessionId', 'Member must not be null')
  const asked = decode(route.runtime)
  if (!isRuntime(asked, accountId, runtime.arn) || !runtime.hasQualifier(qualifier)) {
    throw new PlatformError(
      'ResourceNotFoundException',
      `No endpoint or agent found with qualifier '${qualifier}' for agent '${asked}'. There is ${runtime.arn}.`,
    )
  }
  return { sessionId: runtimeSessionId ?? mint(), qualifier }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw violated('agentRuntimeArn', 'Member must be percent-encoded UTF-8')
  }
}
