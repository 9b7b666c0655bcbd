import { isLoopback } from '../../is-loopback.ts'
import { type Finding, risk, saw, skipped, type Verdict, wrong } from '../finding.ts'
import { isSameSite } from './site.ts'

export interface CookieFacts {
  proxyUrl: string
  pageOrigin: string
  /** The `Set-Cookie` headers of the answer that opened a session. */
  setCookies: readonly string[]
}

/** Whether browsers send the cookie that identifies a caller back to the proxy, and to nobody else. */
export function judgeCookie({ proxyUrl, pageOrigin, setCookies }: CookieFacts): Verdict {
  if (setCookies.length === 0) return skipped('the proxy sets none: callers are known by something else')
  const proxy = new URL(proxyUrl)
  const page = new URL(pageOrigin)
  const isCrossSite = !isSameSite(proxy, page)
  const isSecureContext = page.protocol === 'https:' || proxy.protocol === 'https:'
  const cookies = setCookies.map(read)
  return saw(
    `${cookies.map(({ name }) => name).join(', ')}, ${isCrossSite ? 'for a page of another site' : 'for a page of the same site'}`,
    ...cookies.flatMap(cookie => findingsOf(cookie, isCrossSite, isSecureContext, proxy, page)),
  )
}

interface Cookie {
  name: string
  isSecure: boolean
  isHttpOnly: boolean
  isPartitioned: boolean
  sameSite: string | undefined
}

function read(header: string): Cookie {
  const [pair = '', ...attributes] = header.split(';').map(part => part.trim())
  const lower = attributes.map(attribute => attribute.toLowerCase())
  return {
    name: pair.split('=')[0] ?? '',
    isSecure: lower.includes('secure'),
    isHttpOnly: lower.includes('httponly'),
    isPartitioned: lower.includes('partitioned'),
    sameSite: lower.find(attribute => attribute.startsWith('samesite='))?.slice(9),
  }
}

/** How the cookie is made to cross sites. */
const crossing = 'WARM_AGENT_CROSS_SITE=1 for warm-agent proxy, anonymousCallers({ crossSite: true }) in code'

/** `localhost` and `127.0.0.1` are one machine and two sites. */
function joiningOf(proxy: URL, page: URL): string {
  return proxy.protocol === page.protocol && isLoopback(proxy.href) && isLoopback(page.href)
    ? `Use one of the names ${page.hostname} and ${proxy.hostname} for both; that is enough`
    : 'Serve the proxy under the site of the page (best: then no browser takes it for a third-party cookie)'
}

function findingsOf(cookie: Cookie, isCrossSite: boolean, isSecureContext: boolean, proxy: URL, page: URL): Finding[] {
  const { name, isSecure, isHttpOnly, isPartitioned, sameSite } = cookie
  const findings: Finding[] = []
  if (isCrossSite && (sameSite !== 'none' || !isSecure)) {
    findings.push(
      wrong(
        'cookie-not-sent',
        `Browsers do not send the cookie ${name} (${describe(cookie)}) with requests of ${page.origin}, which is another site.`,
        'Every request is a new caller: its ticket is refused as somebody else’s, so each message starts cold, and the warm session costs for nothing.',
        `${joiningOf(proxy, page)}. Or set the cookie with SameSite=None; Secure; Partitioned (${crossing}), over https or, in Chromium, on this machine.`,
      ),
    )
  } else if (isCrossSite && !isPartitioned) {
    findings.push(
      risk(
        'cookie-not-partitioned',
        `The cookie ${name} (${describe(cookie)}) is a third-party cookie for pages of ${page.origin}, and not Partitioned.`,
        'Browsers that block third-party cookies do not store it: there every request is a new caller, each message starts cold, and each warm session costs for nothing.',
        `Serve the proxy under the site of the page, or add Partitioned (${crossing}): a visitor is then another caller below each site.`,
      ),
    )
  } else if (isSecureContext && !isSecure) {
    findings.push(
      wrong(
        'cookie-not-secure',
        `The cookie ${name} is set without Secure (${describe(cookie)}).`,
        'It travels in clear over http, and anybody who reads it can act as that caller.',
        'Set Secure. Behind a TLS terminator pass the Origin header and x-forwarded-proto on.',
      ),
    )
  }
  if (!isHttpOnly) {
    findings.push(
      wrong(
        'cookie-readable',
        `The cookie ${name} is set without HttpOnly.`,
        'A script that gets into the page can take it, and be that caller.',
        'Set HttpOnly.',
      ),
    )
  }
  if (!isCrossSite && sameSite === undefined) {
    findings.push(
      risk(
        'cookie-without-same-site',
        `The cookie ${name} is set without SameSite.`,
        'Browsers differ in what they make of that: Chrome takes it for Lax, Safari sends it everywhere.',
        'Set SameSite=Lax.',
      ),
    )
  }
  return findings
}

function describe({ isSecure, sameSite }: Cookie): string {
  return `SameSite ${sameSite ?? 'absent'}, ${isSecure ? 'Secure' : 'not Secure'}`
}
