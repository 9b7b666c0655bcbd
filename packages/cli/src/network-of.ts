import { isIPv4, isIPv6 } from 'node:net'

/**
 * What a caller is counted by who comes from an address: that itself, or of IPv6 its /64, which is the least that one customer
 * is given, and every address in it is theirs to call from.
 *
 * @param written As a load balancer writes it: with the port of the connection behind it perhaps, or in brackets.
 */
export function networkOf(written: string): string {
  const bare = written.replace(/^\[(.*)\](:\d+)?$/, '$1')
  // CloudFront-Viewer-Address has the port behind an address of IPv6 too, without brackets.
  const address = isIPv6(bare) ? bare : bare.replace(/:\d+$/, '')
  const [, mapped = ''] = /^::ffff:([\d.]+)$/i.exec(address) ?? []
  if (isIPv4(mapped)) return mapped
  return isIPv6(address) ? `${first64Bits(address)}::/64` : address
}

function first64Bits(address: string): string {
  const [withoutZone] = address.split('%')
  // As the standard of URLs writes it: in lower case, without zeros in front, the longest run of zero groups left out.
  const [before = [], after = []] = new URL(`http://[${withoutZone}]`).hostname
    .slice(1, -1)
    .split('::')
    .map(groups => groups.split(':').filter(Boolean))
  const zeros = Array<string>(8 - before.length - after.length).fill('0')
  return [...before, ...zeros, ...after].slice(0, 4).join(':')
}
