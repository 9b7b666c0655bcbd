import { headerNames } from '@warm-agent/protocol'

/**
 * Whether a request may come from the page that made it: from no page at all, from the proxy's own origin, or from one
 * on the list. A proxy behind a TLS terminator sees `http` where the page says `https`; the other way round is refused.
 */
export function isOriginAllowed(request: Request, origins: readonly string[]): boolean {
  const origin = request.headers.get('origin')
  if (origin === null) return true
  const own = new URL(request.url)
  return origin === own.origin || origin === `https://${own.host}` || origins.includes(origin)
}

/** The headers that let a page of another, allowed origin read the answer, and ours of it. */
export function corsHeaders(request: Request): Record<string, string> {
  const origin = request.headers.get('origin')
  if (origin === null) return {}
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': Object.values(headerNames).join(', '),
    vary: 'Origin',
  }
}

/** The answer to the question that a browser asks before it sends our headers to another origin. */
export function preflightHeaders(request: Request): Record<string, string> {
  return {
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': request.headers.get('access-control-request-headers') ?? '',
    'access-control-max-age': '600',
  }
}
