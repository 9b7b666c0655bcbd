import type { Authorize } from './callers.ts'
import { takesLean, wholeRequest } from './lean-request.ts'
import { readCookie } from './read-cookie.ts'
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
  /**
   * What the limits per caller count by. Who throws the cookie away is a new caller with every request: where you know the
   * address that requests come from, for example from a header that your load balancer sets, count by that.
   * @default the caller
   */
  limitKey?: (request: Request) => string | undefined | null
}

const optionNames = ['secret', 'cookieName', 'crossSite', 'limitKey']
/** A token of RFC 6265. */
const cookieNames = /^[\w!#$%&'*+.^`|~-]+$/

/**
 * Accepts callers who did not sign in, each bound to a sealed cookie of their own. Everybody who finds the proxy can
 * then start sessions that you pay for, within its `limits`.
 *
 * @throws Error when an option is unknown or makes no sense.
 */
export function anonymousCallers(options: AnonymousCallersOptions): Authorize {
  const { cookieName = 'warm-agent-caller', crossSite = false, limitKey } = options
  const unknown = Object.keys(options).find(name => !optionNames.includes(name))
  if (unknown)
    throw new Error(`Could not accept anonymous callers: there is no option ${unknown}. See AnonymousCallersOptions.`)
  if (!cookieNames.test(cookieName)) {
    throw new Error(
      `Could not accept anonymous callers: no cookie can be named "${cookieName}". Use letters, digits and -.`,
    )
  }
  const secrets = secretsFrom(options.secret)
  const newest = createSealer(secrets.slice(0, 1), 'anonymous caller')
  const older = createSealer(secrets.slice(1), 'anonymous caller')

  async function callerIdOf(request: Request): Promise<{ callerId: string; mustSeal: boolean }> {
    const cookie = readCookie(request, cookieName) ?? ''
    const current = await newest.open(cookie)
    if (typeof current === 'string') return { callerId: current, mustSeal: false }
    // Sealed anew, so that the older secret can be dropped one day.
    const rotated = await older.open(cookie)
    return { callerId: typeof rotated === 'string' ? rotated : `anonymous:${crypto.randomUUID()}`, mustSeal: true }
  }

  const authorize: Authorize = async request => {
    const { callerId, mustSeal } = await callerIdOf(request)
    const countedBy = limitKey?.(wholeRequest(request))
    const caller = { callerId, ...(countedBy && { limitKey: countedBy }) }
    if (!mustSeal) return caller
    // Behind a TLS terminator only the page's own address tells.
    const isSecure = crossSite || [request.url, request.headers.get('origin')].some(url => url?.startsWith('https:'))
    const attributes = `Path=/; HttpOnly; SameSite=${crossSite ? 'None' : 'Lax'}${isSecure ? '; Secure' : ''}`
    return {
      ...caller,
      responseHeaders: { 'set-cookie': `${cookieName}=${await newest.seal(callerId)}; ${attributes}` },
    }
  }
  return takesLean(authorize)
}
