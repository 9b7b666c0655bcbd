import { customPrefix } from './headers.ts'

/** AgentCore developer guide, "Pass custom headers": how many a runtime may have, and which it may not. */
const most = 20
const restricted =
  /^(x-amz-.*|x-amzn-.*|proxy-authorization|www-authenticate|accept(-.*)?|content-.*|host|user-agent|connection|keep-alive|te|trailer|transfer-encoding|upgrade|cookie|set-cookie|sec-.*)$/

/** Whether a runtime could be configured with this list of headers to pass on. */
export function isHeaderAllowlist(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length > most) return false
  const names = value.map(name => String(name).toLowerCase())
  return new Set(names).size === names.length && names.every(isAllowed)
}

function isAllowed(name: string): boolean {
  if (!/^[a-z0-9_-]{1,256}$/.test(name)) return false
  return name.startsWith(customPrefix) || !restricted.test(name)
}
