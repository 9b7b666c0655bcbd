import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import { bearerProtocol, readProtocols } from '../auth/bearer.ts'
import { headersForClient } from '../headers.ts'
import { closeFrame } from './close-frame.ts'
import type { AgentSocket } from './dial-agent.ts'
import { createFrameWatcher } from './frame-watcher.ts'

/** The handshake's own headers, which the agent answers: version, key, extensions. */
const handshake = ['connection', 'upgrade', 'sec-websocket-version', 'sec-websocket-key', 'sec-websocket-extensions']

/** What the agent sees of a handshake besides what a call would show it. A token among the protocols stays here. */
export function handshakeHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const protocols = readProtocols(headers).filter(protocol => !protocol.startsWith(bearerProtocol))
  const kept = handshake.flatMap(name => (headers[name] === undefined ? [] : [[name, headers[name]]]))
  return {
    ...Object.fromEntries(kept),
    ...(protocols.length > 0 && { 'sec-websocket-protocol': protocols.join(', ') }),
  }
}

/** The client's answer to its handshake: the agent's, with the session's id. */
export function acceptance({ answer }: AgentSocket, headers: IncomingHttpHeaders, more: OutgoingHttpHeaders): string {
  // A browser that offered protocols hangs up unless one is chosen.
  const isBearer = readProtocols(headers).includes(bearerProtocol)
  const protocol = answer.headers['sec-websocket-protocol'] ?? (isBearer ? bearerProtocol : undefined)
  const { upgrade = 'websocket', connection = 'Upgrade' } = answer.headers
  const lines = Object.entries({
    upgrade,
    connection,
    'sec-websocket-accept': answer.headers['sec-websocket-accept'],
    'sec-websocket-extensions': answer.headers['sec-websocket-extensions'],
    'sec-websocket-protocol': protocol,
    ...headersForClient(answer.headers),
    ...more,
  }).flatMap(([name, value]) => (value === undefined ? [] : `${name}: ${value}\r\n`))
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`
}

export interface JoinSetup {
  client: Duplex
  agent: AgentSocket
  /** Called for every frame, of either side: a message, a ping, a pong. */
  onFrame: () => void
  /** Aborts when the VM ends. */
  signal: AbortSignal
  /** Chaos: the connection breaks after so many bytes of the agent's. */
  cutAfter?: number | undefined
}

/** Passes both directions through, byte for byte, until either side is done. */
export function join({
  client,
  agent,
  onFrame,
  signal,
  cutAfter = Number.POSITIVE_INFINITY,
}: JoinSetup): Promise<void> {
  const { socket } = agent
  return new Promise(resolve => {
    let sent = 0
    const end = () => {
      signal.removeEventListener('abort', end)
      client.destroy()
      socket.destroy()
      resolve()
    }
    const pass = (from: Duplex, to: Duplex) => {
      const frames = createFrameWatcher()
      const onBytes = (bytes: Buffer) => {
        const seen = frames.watch(bytes)
        if (seen === undefined) {
          client.end(closeFrame(1009, 'A frame is larger than 65536 bytes.'))
          socket.destroy()
          return
        }
        if (seen > 0) onFrame()
        if (to === client) sent += bytes.length
        if (!to.write(bytes)) {
          from.pause()
          to.once('drain', () => from.resume())
        }
        if (sent > cutAfter) end()
      }
      from.on('data', onBytes)
      from.once('end', () => to.end())
      from.once('close', end)
      from.on('error', end)
      return onBytes
    }
    if (signal.aborted) return end()
    signal.addEventListener('abort', end, { once: true })
    const onAgentBytes = pass(socket, client)
    pass(client, socket)
    if (agent.head.length > 0) onAgentBytes(agent.head)
  })
}

/** What a refused handshake is answered with: an upgrade request has no response object. */
export function refuseUpgrade(socket: Duplex, status: number, headers: OutgoingHttpHeaders, message: string): void {
  const body = JSON.stringify({ message })
  const lines = Object.entries({
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} Refused\r\n${lines.join('')}\r\n${body}`)
}
