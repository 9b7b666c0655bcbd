import type { Authorize } from './callers.ts'
import { takesLean, wholeRequest } from './lean-request.ts'
import { readCookies } from './read-cookie.ts'
import { refuseUnknown } from './refuse-unknown.ts'
import { createSealer, type Sealer } from './sealer.ts'
import { secretsFrom } from './secrets.ts'

export interface AnonymousCallersOptions {
  /** Seals the cookie. At least 32 bytes; of several, the first seals and all open. */
  secret: string | readonly string[]
  /**
   * What the name of the cookie begins with. Over HTTPS `__Host-` stands before it: then neither another host of the same
   * site nor a page over HTTP can set it (RFC 6265bis, 4.1.3.2), and only cookies of that name count. Its end is random:
   * when a new browser sends two requests at once, each answer sets a cookie, and both must stay.
   *
   * @default 'warm-agent-caller'
   */
  cookieName?: string
  /**
   * Whether the pages live on another site than the proxy, so that the cookie must cross sites (`SameSite=None; Partitioned`).
   * A visitor is then another caller on each site of a page. A browser that takes neither cookies of other sites nor
   * partitioned ones is never warm.
   * @default false
   */
  crossSite?: boolean
  /**
   * What the limits per caller count by. A visitor who throws the cookie away is a new caller with every request, so count by
   * the address that requests come from where you know it, for example from a header that your load balancer sets.
   * @default the caller
   */
  limitKey?: (request: Request) => string | undefined | null
}

/** A token of RFC 6265. */
const cookieNames = /^[\w!#$%&'*+.^`|~-]+$/
const hostPrefix = '__Host-'
/** Hosts that browsers trust over HTTP, too. */
const ownMachine = /^(.*\.)?localhost$|^127\.|^\[::1\]$/
/** A browser has one cookie, or one for each request that it first sent at once. */
const mostCallers = 16
/** Some more are tried: those of other proxies on this host cannot be read here. */
const mostTried = 64
/** So many cookies that cannot be read come from secrets that were replaced: from then on one of them is overwritten. */
const mostUnreadable = 8

/**
 * Accepts callers who did not sign in, each bound to a sealed cookie of their own. Everybody who finds the proxy can
 * then start sessions that you pay for, within its `limits`.
 *
 * @throws Error when an option is unknown or makes no sense.
 */
export function anonymousCallers(options: AnonymousCallersOptions): Authorize {
  const { secret, cookieName = 'warm-agent-caller', crossSite = false, limitKey, ...unknown } = options ?? {}
  refuseUnknown(unknown, 'accept anonymous callers', 'See AnonymousCallersOptions.')
  if (!cookieNames.test(cookieName)) {
    throw new Error(
      `Could not accept anonymous callers: no cookie can be named "${cookieName}". Use letters, digits and -.`,
    )
  }
  const hostName = cookieName.startsWith(hostPrefix) ? cookieName : `${hostPrefix}${cookieName}`
  const secrets = secretsFrom(secret)
  const newest = createSealer(secrets.slice(0, 1), 'anonymous caller')
  const older = createSealer(secrets.slice(1), 'anonymous caller')

  async function read([name, value]: [name: string, value: string]) {
    const current = await callerIn(newest, value)
    return { name, isOld: current === undefined, caller: current ?? (await callerIn(older, value)) }
  }

  const authorize: Authorize = async request => {
    const sentAs = (name: string) => readCookies(request, each => each === name || each.startsWith(`${name}-`))
    const hosted = sentAs(hostName)
    const plain = sentAs(cookieName)
    const isNew = hosted.length + plain.length === 0
    const isSecure = crossSite || hosted.length > 0 || isOverTls(request) || (isNew && seemsOverTls(request))
    const sent = isSecure ? hosted : plain
    const cookies = await Promise.all(sent.slice(0, mostTried).map(read))
    // A partitioned cookie does not replace one that is not: the older one stays beside it, under the same name.
    const isReplaced = (old: (typeof cookies)[number]) =>
      old.isOld && cookies.some(({ isOld, caller }) => !isOld && caller?.callerId === old.caller?.callerId)
    const readable = cookies.filter(cookie => cookie.caller && !isReplaced(cookie))
    const callers = readable.flatMap(({ caller }) => caller ?? []).sort(byAge)
    const known = callers.slice(0, mostCallers)
    const [first = { callerId: `anonymous:${crypto.randomUUID()}`, sinceMs: Date.now() }, ...others] = known
    const countedBy = limitKey?.(wholeRequest(request))
    const caller = {
      callerId: first.callerId,
      otherIds: others.map(({ callerId }) => callerId),
      ...(countedBy && { limitKey: countedBy }),
    }

    // A cookie of an older secret is sealed anew, so that the older secret can be dropped one day.
    const outdated = readable.find(({ isOld }) => isOld)
    if (known.length > 0 && !outdated) return caller
    const replaced = outdated ?? (cookies.length >= mostUnreadable ? cookies[0] : undefined)
    const name = replaced?.name ?? `${isSecure ? hostName : cookieName}-${crypto.randomUUID().slice(0, 8)}`
    const crossing = crossSite ? 'None; Secure; Partitioned' : isSecure ? 'Lax; Secure' : 'Lax'
    const sealed = await newest.seal(outdated?.caller ?? first)
    return { ...caller, responseHeaders: { 'set-cookie': `${name}=${sealed}; Path=/; HttpOnly; SameSite=${crossing}` } }
  }
  return takesLean(authorize)
}

/** Behind a TLS terminator only the page's origin tells, or a header of the terminator; whoever lies fools only themselves. */
function isOverTls({ url, headers }: Request): boolean {
  return [url, headers.get('origin'), headers.get('x-forwarded-proto')].some(each => each?.startsWith('https'))
}

/** Browsers tell from where a request comes over HTTPS alone, and on their own machine (Fetch Metadata, 3). */
function seemsOverTls({ url, headers }: Request): boolean {
  const isPlain = headers.get('origin')?.startsWith('http:')
  return !isPlain && headers.has('sec-fetch-site') && !ownMachine.test(new URL(url).hostname)
}

/** What a cookie holds. */
interface SealedCaller {
  callerId: string
  /** When the caller came. Of several callers in one browser the earliest counts. */
  sinceMs: number
}

/** Cookies of earlier releases hold the name alone. */
async function callerIn(sealer: Sealer, sealed: string): Promise<SealedCaller | undefined> {
  const opened = await sealer.open(sealed)
  return typeof opened === 'string' ? { callerId: opened, sinceMs: 0 } : (opened as SealedCaller | undefined)
}

function byAge(one: SealedCaller, other: SealedCaller): number {
  return one.sinceMs - other.sinceMs || (one.callerId < other.callerId ? -1 : 1)
}
