import { getDomain } from 'tldts'

/** Whether a browser sends a `SameSite=Lax` cookie of the one host with requests from pages of the other. */
export function isSameSite(one: URL, other: URL): boolean {
  return one.protocol === other.protocol && siteOf(one.hostname) === siteOf(other.hostname)
}

/** Names under a host like vercel.app belong to different people: the private domains of the Public Suffix List. */
function siteOf(host: string): string {
  return getDomain(host, { allowPrivateDomains: true }) ?? host
}
