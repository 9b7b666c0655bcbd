import { Agent, type IncomingMessage, request } from 'node:http'
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

/**
 * Passes one call on, by default to `POST /invocations` (AgentCore developer guide, "HTTP protocol contract").
 *
 * @param sockets see {@link createSockets}
 */
export function callAgent(port: number, call: AgentCall, signal: AbortSignal, sockets: Agent): Promise<AgentAnswer> {
  return new Promise((resolve, reject) => {
    const { method = 'POST', path = '/invocations' } = call
    const headers = method === 'POST' ? { ...call.headers, 'content-length': call.body.byteLength } : call.headers
    request({ host: '127.0.0.1', port, method, path, headers, agent: sockets, signal })
      .on('response', (answer: IncomingMessage) =>
        resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: answer }),
      )
      // After the answer has begun, what breaks is the answer's body, which reports by itself.
      .on('error', reject)
      .end(call.body)
  })
}
