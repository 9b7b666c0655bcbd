import {
  headerNames,
  type RouteName,
  routes,
  statusOfCode,
  toErrorBody,
  WarmAgentError,
  wireVersion,
} from '@warm-agent/protocol'
import { http, type RequestHandler } from 'msw'
import { createFakeRoutes } from './fake-routes.ts'
import { checkOptions, type WarmAgentHandlersOptions } from './options.ts'
import type { Seen } from './seen.ts'

/** MSW handlers, and what they have seen. */
export interface WarmAgentHandlers extends Array<RequestHandler> {
  /** For assertions: always up to date. */
  readonly seen: Seen
}

/**
 * A warm-agent proxy that is played by MSW, for the tests of a chat. Each call plays a proxy of its own, with sessions
 * of its own. Callers, origins and the names of agents are not checked.
 *
 * @throws Error when an option is unknown or makes no sense.
 * @example
 * const proxy = warmAgentHandlers({ warmUpMs: 2000 })
 * const server = setupServer(...proxy)
 * // …
 * expect(proxy.seen.messages).toEqual([{ text: 'Hello', outcome: 'joined' }])
 */
export function warmAgentHandlers(options: WarmAgentHandlersOptions = {}): WarmAgentHandlers {
  const checked = checkOptions(options)
  const { routes: fakeRoutes, seen } = createFakeRoutes(checked)
  const base = checked.endpoint.startsWith('/') ? `*${checked.endpoint}` : checked.endpoint

  const handlers = Object.entries(routes).map(([name, { method, path }]) =>
    http[method === 'GET' ? 'get' : 'post'](base + path, ({ request }) =>
      answer(() => {
        checkVersion(request)
        return fakeRoutes[name as RouteName](request)
      }),
    ),
  )
  handlers.push(http.all(`${base}/*`, () => answer(() => notFound(checked.endpoint))))
  return Object.assign(handlers, { seen })
}

async function answer(route: () => Promise<Response>): Promise<Response> {
  try {
    return withHeaders(await route())
  } catch (error) {
    // A mistake in the test: MSW shows it.
    if (!(error instanceof WarmAgentError)) throw error
    return withHeaders(Response.json(toErrorBody(error), { status: statusOfCode[error.code] }), error.retryAfterMs)
  }
}

function notFound(endpoint: string): never {
  const { pathname } = new URL(endpoint, 'http://localhost')
  throw new WarmAgentError(
    'not_found',
    `Could not find the route: this proxy serves below ${pathname} (option basePath). Check the method and the path.`,
  )
}

function checkVersion({ headers }: Request): void {
  const version = headers.get(headerNames.version) ?? wireVersion
  if (version === wireVersion) return
  const behind = Number(version) > Number(wireVersion) ? '@warm-agent/testing' : '@warm-agent/client'
  throw new WarmAgentError(
    'unsupported_version',
    `Could not answer: the page speaks another version of the wire than the proxy's ${wireVersion}. Update ${behind}.`,
  )
}

/** Those that the real proxy gives to every answer. */
function withHeaders(response: Response, retryAfterMs?: number): Response {
  if (response.type === 'error') return response
  const { headers } = response
  headers.set(headerNames.version, wireVersion)
  headers.set('cache-control', 'no-store, no-transform')
  headers.set('x-accel-buffering', 'no')
  headers.set('x-content-type-options', 'nosniff')
  if (retryAfterMs !== undefined) headers.set('retry-after', `${Math.ceil(retryAfterMs / 1000)}`)
  return response
}
