import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentAnswer, AgentCall } from './engine.ts'

/** How long an unused connection to an agent is kept. Servers wait 2 s and more (gunicorn 2, Node and uvicorn 5) until they close one. */
const keptMs = 1_000

/**
 * The connections to one agent.
 *
 * @note They are given up well before an agent would: it could close one at the very moment it is used again, and a call
 * whose outcome is unknown must not be repeated.
 */
export function createSockets(): Agent {
  return new Agent({ keepAlive: true, timeout: keptMs })
}

/** The container's contract: `POST /invocations`, `GET /ping` (AgentCore developer guide, "HTTP protocol contract"). */
const host = '127.0.0.1'

/**
 * Passes one call on.
 *
 * @param sockets see {@link createSockets}
 */
export function callAgent(port: number, call: AgentCall, signal: AbortSignal, sockets: Agent): Promise<AgentAnswer> {
  return new Promise((resolve, reject) => {
    const { method = 'POST', path = '/invocations' } = call
    const headers = method === 'POST' ? { ...call.headers, 'content-length': call.body.byteLength } : call.headers
    request({ host, port, method, path, headers, agent: sockets, signal })
      .on('response', (answer: IncomingMessage) =>
        resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: answer }),
      )
      // After the answer has begun, what breaks is the answer's body, which reports by itself.
      .on('error', reject)
      .end(call.body)
  })
}

/** Asks `/ping` until it answers 200: often at first, because many agents are up in no time. */
export async function waitUntilHealthy(port: number, signal: AbortSignal): Promise<void> {
  for (let pauseMs = 10; !(await isHealthy(port, signal)); pauseMs = Math.min(pauseMs * 1.5, 100)) {
    await sleep(pauseMs, undefined, { signal, ref: false })
  }
}

function isHealthy(port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const ping = request({ host, port, path: '/ping', agent: false, signal, timeout: 2_000 })
      .on('response', (answer: IncomingMessage) => {
        answer.resume()
        resolve(answer.statusCode === 200)
      })
      .on('timeout', () => ping.destroy())
      .on('error', () => (signal.aborted ? reject(signal.reason) : resolve(false)))
      .end()
  })
}
