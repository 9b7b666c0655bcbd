import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { PlatformError } from '../platform-errors.ts'

/** The agent's side of a WebSocket, after its handshake. */
export interface AgentSocket {
  answer: IncomingMessage
  socket: Duplex
  /** Bytes that came with the handshake. */
  head: Buffer
}

/** The container's contract: `GET /ws` (AgentCore developer guide, "HTTP protocol contract"). */
const path = '/ws'

/** Shakes hands with the agent. Rejects with the platform's 424 when it takes no WebSocket. */
export function dialAgent(port: number, headers: OutgoingHttpHeaders, signal: AbortSignal): Promise<AgentSocket> {
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown) =>
      reject(new PlatformError('RuntimeClientError', `The agent took no WebSocket on GET ${path}: ${why}.`, { cause }))
    request({ host: '127.0.0.1', port, path, headers, agent: false, signal })
      .on('upgrade', (answer, socket, head) => resolve({ answer, socket, head }))
      .on('response', answer => {
        answer.resume()
        fail(`it answered ${answer.statusCode}`)
      })
      .on('error', error => fail(error.message, error))
      .end()
  })
}
