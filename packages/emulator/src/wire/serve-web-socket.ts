import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Admit } from '../admission.ts'
import type { PageCheck } from '../auth/page-check.ts'
import type { Books } from '../books.ts'
import type { Emit } from '../events.ts'
import { sessionIdHeader } from '../headers.ts'
import { readHead, readRoute } from '../operation.ts'
import { PlatformError } from '../platform-errors.ts'
import { refusalReporter } from '../refusals.ts'
import type { Sessions } from '../sessions.ts'
import { dialAgent } from './dial-agent.ts'
import { acceptance, handshakeHeaders, join, refuseUpgrade } from './web-socket.ts'

export interface WebSocketSetup {
  checkPage: PageCheck
  admit: Admit
  sessions: Sessions
  books: Books
  emit: Emit
}

export interface WebSocketServer {
  /** For `upgrade` of `node:http`. */
  onUpgrade(request: IncomingMessage, client: Socket, head: Buffer): void
  /** Cuts all that are open: an HTTP server forgets what it has upgraded. */
  close(): void
}

/** Passes WebSockets through to their session's agent, whose VM is started when there is none. */
export function createWebSocketServer({ checkPage, admit, sessions, books, emit }: WebSocketSetup): WebSocketServer {
  const clients = new Set<Socket>()
  const report = refusalReporter({ books, emit })

  async function serve(request: IncomingMessage, client: Socket, head: Buffer, ids: Record<string, string>) {
    const { headers } = request
    checkPage(headers)
    const route = readRoute(readHead(request))
    if (route.name !== 'websocket') {
      throw new PlatformError('ValidationException', `${route.method} ${route.path} takes no WebSocket.`)
    }
    const left = new AbortController()
    client.once('close', () => left.abort())
    const onSession = (sessionId: string) => {
      ids[sessionIdHeader] = sessionId
    }
    const requestId = ids['x-amzn-requestid'] ?? ''
    const arrival = { route, headers, body: Buffer.alloc(0), requestId, onSession }
    const { address, headers: forwarded, faults } = await admit(arrival, left.signal)
    const vm = await sessions.enter(address, left.signal)
    const flight = vm.begin(left.signal, 'quiet')
    try {
      const port = vm.machine?.port
      if (port === undefined) throw new PlatformError('RuntimeClientError', 'A simulated agent takes no WebSocket.')
      const agent = await dialAgent(port, { ...forwarded, ...handshakeHeaders(headers) }, flight.signal)
      emit({ type: 'socket-opened', ...vm.identity })
      client.write(acceptance(agent, headers, ids))
      if (head.length > 0) client.unshift(head)
      await join({ client, agent, onFrame: vm.touch, signal: flight.signal, cutAfter: faults.cutAfter })
    } finally {
      flight.land()
    }
  }

  async function onUpgrade(request: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
    clients.add(client)
    // A client that goes away is told by `close`.
    client.on('error', () => {}).once('close', () => clients.delete(client))
    // Headers of any answer: they name the request and, once it is known, the session.
    const ids: Record<string, string> = { 'x-amzn-requestid': randomUUID() }
    try {
      await serve(request, client, head, ids)
    } catch (error) {
      if (client.destroyed) return
      const refusal = report(error, ids[sessionIdHeader])
      if (!refusal) return void client.resetAndDestroy()
      refuseUpgrade(client, refusal.status, { ...ids, ...refusal.headers }, refusal.message)
    }
  }

  return {
    onUpgrade: (request, client, head) => void onUpgrade(request, client, head),
    close() {
      for (const client of clients) client.destroy()
    },
  }
}
