import { violated } from '../platform-errors.ts'
import type { SessionAddress } from '../sessions.ts'

/** How many client tokens are remembered. */
const remembered = 10_000

type Stop = (address: SessionAddress) => Promise<void>

/**
 * Makes a stop idempotent: one that comes again with the same client token gets the answer of the first, joins it while it
 * is under way, and stops nothing that was started since. One that failed may be tried again.
 */
export function createStopOnce(
  stop: Stop,
): (address: SessionAddress, clientToken: string | undefined) => Promise<void> {
  const stops = new Map<string, { target: string; done: Promise<void> }>()

  return (address, clientToken) => {
    if (clientToken === undefined) return stop(address)
    const target = `${address.qualifier} ${address.sessionId}`
    const earlier = stops.get(clientToken)
    if (earlier && earlier.target !== target) {
      throw violated('clientToken', 'Member must not be that of a request with other parameters')
    }
    if (earlier) return earlier.done
    const done = stop(address).catch(error => {
      stops.delete(clientToken)
      throw error
    })
    stops.set(clientToken, { target, done })
    const [oldest] = stops.keys()
    if (stops.size > remembered && oldest !== undefined) stops.delete(oldest)
    return done
  }
}
