import type { Authorize } from './callers.ts'
import { createSealer } from './sealer.ts'
import { secretsFrom } from './secrets.ts'

export interface AnonymousCallersOptions {
  /** Seals the cookie. At least 32 bytes; of several, the first seals and all open. */
  secret: string | readonly string[]
  /** @default 'warm-agent-caller' */
  cookieName?: string
  /**
   * Whether the pages live on another site than the proxy, so that the cookie must cross sites (`SameSite=None`).
   * @default false
   */
  crossSite?: boolean
}

/**
 * Accepts callers who did not sign in, each bound to a sealed cookie of their own. Everybody who finds the proxy can
 * then start sessions that you pay for: use it for demos and public chats, behind a rate limit.
 */
export function anonymousCallers({
  secret,
  cookieName = 'warm-agent-caller',
  crossSite = false,
}: AnonymousCallersOptions): Authorize {
  const sealer = createSealer(secretsFrom(secret), 'anonymous caller')
  return async request => {
    const cookie = cookieFrom(request, cookieName)
    const known = cookie ? await sealer.open(cookie) : undefined
    if (typeof known === 'string') return { callerId: known }

    const callerId = `anonymous:${crypto.randomUUID()}`
    // Behind a TLS terminator only the page's own address tells.
    const isSecure = crossSite || [request.url, request.headers.get('origin')].some(url => url?.startsWith('https:'))
    const attributes = `Path=/; HttpOnly; SameSite=${crossSite ? 'None' : 'Lax'}${isSecure ? '; Secure' : ''}`
    return {
      callerId,
      responseHeaders: { 'set-cookie': `${cookieName}=${await sealer.seal(callerId)}; ${attributes}` },
    }
  }
}

function cookieFrom(request: Request, name: string): string | undefined {
  for (const pair of (request.headers.get('cookie') ?? '').split(';')) {
    const [key, value] = pair.trim().split('=', 2)
    if (key === name) return value
  }
  return undefined
}
