import { type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentAnswer, AgentCall } from './engine.ts'

/** The container's contract: `POST /invocations`, `GET /ping` (AgentCore developer guide, "HTTP protocol contract"). */
const host = '127.0.0.1'

/**
 * Passes one call on.
 *
 * @note One connection per call: an agent may close a kept one at the very moment it is used again, and a call whose
 * outcome is unknown must not be repeated.
 */
export function callAgent(port: number, call: AgentCall, signal: AbortSignal): Promise<AgentAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { ...call.headers, 'content-length': call.body.byteLength }
    request({ host, port, method: 'POST', path: '/invocations', headers, agent: false, signal })
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
