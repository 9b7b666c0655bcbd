import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { NodeHttpHandler } from '@smithy/node-http-handler'

/** Every streaming answer occupies a socket; with the SDK's own 50, the fifty-first user would wait. */
const maxSockets = 8_192

/** Nothing was sent before this, so trying again is safe; and a connection across an ocean takes a third of a second. */
const connectionTimeout = 5_000

/**
 * Load balancers drop a connection that is idle for a minute, and NAT gateways do so silently. A message on such a connection
 * would fail, and might not be sent again. Only unused sockets are closed: an answer may be silent for longer.
 */
const closeIdleAfterMs = 50_000

/**
 * What carries the calls: sockets for many streams, kept alive.
 *
 * @returns a function that gives the sockets for a message, or for a short call: a warm-up, a beat, a stop. They share them, so
 *   that a message finds one that is open. While streams have taken all, short calls have as many of their own.
 */
export function createHttpHandlers(most = maxSockets): (isMessage: boolean) => NodeHttpHandler {
  const shared = createSockets(most)
  const spare = createSockets(most)
  return isMessage => (isMessage || !shared.areTaken() ? shared : spare).handler
}

function createSockets(maxSockets: number) {
  const agentOptions = { keepAlive: true, maxSockets, timeout: closeIdleAfterMs }
  const httpAgent = new HttpAgent(agentOptions)
  const httpsAgent = new HttpsAgent(agentOptions)
  const inUse = [httpAgent.sockets, httpsAgent.sockets]
  return {
    handler: new NodeHttpHandler({ connectionTimeout, httpAgent, httpsAgent }),
    /** One host has taken all that it may have. */
    areTaken: () => inUse.some(hosts => Object.values(hosts).some(sockets => (sockets?.length ?? 0) >= maxSockets)),
  }
}
