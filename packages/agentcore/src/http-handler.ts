import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { NodeHttpHandler } from '@smithy/node-http-handler'

/** Every streaming answer occupies a socket; with the SDK's own 50, the fifty-first user would wait. */
const maxSockets = 2048

/** Nothing was sent before this, so trying again is safe; and a connection across an ocean takes a third of a second. */
const connectionTimeout = 5_000

/**
 * Load balancers drop a connection that is idle for a minute, and NAT gateways do so silently. A message on such a connection
 * would fail, and might not be sent again. Only unused sockets are closed: an answer may be silent for longer.
 */
const closeIdleAfterMs = 50_000

/** What carries the calls: sockets for many streams, kept alive. */
export function createHttpHandler(): NodeHttpHandler {
  const agentOptions = { keepAlive: true, maxSockets, timeout: closeIdleAfterMs }
  return new NodeHttpHandler({
    connectionTimeout,
    httpAgent: new HttpAgent(agentOptions),
    httpsAgent: new HttpsAgent(agentOptions),
  })
}
