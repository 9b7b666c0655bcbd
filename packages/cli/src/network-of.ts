import { isIPv4, isIPv6 } from 'node:net'

/**
 * The network that the limits count a caller by. Of IPv4 it is the address itself. Of IPv6 it is the /64: providers give a
 * customer at least that, and the customer can call from any address in it.
 *
 * @param written The address as the load balancer writes it, perhaps with a port behind it, or in brackets.
 */
export function networkOf(written: string): string {
  const bare = written.replace(/^\[(.*)\](:\d+)?$/, '$1')
  // CloudFront-Viewer-Address writes the port behind an IPv6 address too, without brackets.
  const address = isIPv6(bare) ? bare : bare.replace(/:\d+$/, '')
  const [, mapped = ''] = /^::ffff:([\d.]+)$/i.exec(address) ?? []
  if (isIPv4(mapped)) return mapped
  return isIPv6(address) ? `${first64Bits(address)}::/64` : address
}

function first64Bits(address: string): string {
  const [withoutZone] = address.split('%')
  // A URL has the address in its normal form: lower case, no leading zeros, the longest run of zero groups left out.
  const [before = [], after = []] = new URL(`http://[${withoutZone}]`).hostname
    .slice(1, -1)
    .split('::')
    .map(groups => groups.split(':').filter(Boolean))
  const zeros = Array<string>(8 - before.length - after.length).fill('0')
  return [...before, ...zeros, ...after].slice(0, 4).join(':')
}
