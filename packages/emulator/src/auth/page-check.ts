import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { PlatformError } from '../platform-errors.ts'

/** Throws 403 for a request that somebody else's web page makes. */
export type PageCheck = (headers: IncomingHttpHeaders) => void

/**
 * Names that no DNS server of a stranger answers for: without a dot, or below what is kept for one machine or one network
 * (`localhost` RFC 6761, `local` RFC 6762, `internal` ICANN 2024).
 */
const localName = /^[^.]+$|\.(localhost|local|internal)$/

/** Addresses under which only this machine serves pages to its own browser. */
const ownAddress = /^(127\.[\d.]+|0\.0\.0\.0|::1)$/

/**
 * Keeps out the web pages that a browser on this machine happens to show. The key is public and the admin routes need none,
 * so any of them could run commands here: a request of `text/plain` is sent without asking first. Programs send no `Origin`.
 *
 * @param allowedHosts names and addresses that are the developer's own besides.
 */
export function createPageCheck(allowedHosts: readonly string[]): PageCheck {
  const listed = new Set(allowedHosts.map(host => host.toLowerCase()))
  const isOwnName = (host: string) => listed.has(host) || (isIP(host) === 0 && localName.test(host))

  return ({ host, origin, 'sec-fetch-site': site }) => {
    // HTTP/1.0, which no browser speaks.
    if (host === undefined) return
    const called = hostOf(`http://${host}`)
    // A page whose own name leads here is of the same origin (DNS rebinding): nothing but that name gives it away.
    if (called === undefined || !(isIP(called) || isOwnName(called))) {
      throw refusal(`for the host "${host}"`, `a stranger may have made it lead here. Call localhost, ${orList}`)
    }
    if (origin !== undefined) {
      const page = hostOf(origin)
      const isOwn = page !== undefined && (page === called || ownAddress.test(page) || isOwnName(page))
      if (!isOwn) throw refusal(`of a page of "${origin}"`, `it may be anybody's. Open yours on localhost, ${orList}`)
    } else if (site === 'cross-site') {
      throw refusal('of a page of another site', "it may be anybody's. Type the address into the browser yourself")
    }
  }
}

const orList = 'or list this host in allowedHosts (--allowed-hosts)'

/** The name or address of an origin of the web, as a browser writes it. */
function hostOf(origin: string): string | undefined {
  if (!/^https?:/.test(origin) || !URL.canParse(origin)) return undefined
  return new URL(origin).hostname.replace(/^\[(.*)\]$|\.$/, '$1')
}

function refusal(what: string, why: string): PlatformError {
  return new PlatformError('AccessDeniedException', `Could not serve a request ${what}: ${why}.`)
}
