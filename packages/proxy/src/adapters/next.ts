type RouteHandler = (request: Request) => Promise<Response>

/**
 * Serves a Fetch handler from the route handlers of Next.js, in `app/api/agent/[...path]/route.ts`.
 *
 * @note Behind a load balancer the URL that Next.js gives a handler has the server's own host (vercel/next.js #37536), which is
 *   no page's origin. So the `Host` header counts, which no page can set.
 * @example
 * // `next build` imports the file, and has no secrets: the first request makes the proxy.
 * export const { GET, POST, OPTIONS } = toNextHandlers(request => {
 *   proxy ??= createProxy()
 *   return proxy.fetch(request)
 * })
 */
export function toNextHandlers(handle: RouteHandler): { GET: RouteHandler; POST: RouteHandler; OPTIONS: RouteHandler } {
  const serve: RouteHandler = request => handle(addressed(request))
  return { GET: serve, POST: serve, OPTIONS: serve }
}

function addressed(request: Request): Request {
  const own = new URL(request.url)
  const host = request.headers.get('host') ?? own.host
  const address = `${own.protocol}//${host}${own.pathname}${own.search}`
  return host === own.host || !URL.canParse(address) ? request : new Request(address, request)
}
