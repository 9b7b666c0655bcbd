import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { listenLocally } from '../../../../test/support/listen-locally.ts'

export interface RelayFault {
  /** It gathers every answer up, as a reverse proxy does that buffers. */
  isBuffering?: boolean
  /** The clock by which it stamps answers. */
  clockAheadMs?: number
  /** Names itself to the server behind it. */
  host?: string
  /** It takes the ticket off messages, and calls them warm. */
  losesTickets?: boolean
  /** The status of every answer. */
  overrideStatus?: number
  /** What it answers itself; `reset` breaks the connection. */
  answer?: (
    asked: IncomingMessage,
  ) => [status: number, headers: Record<string, string>, body?: string] | 'reset' | undefined
  /** What becomes of the answer to a page that opens a session, after its first event. */
  cutsOpening?: 'end' | 'break'
  /** Changes the headers of an answer. */
  change?: (headers: Record<string, string | string[] | undefined>) => void
}

/** A reverse proxy with a fault, until the test ends. Several targets take turns. @returns its URL */
export async function relayTo(target: string | readonly string[], fault: RelayFault = {}): Promise<string> {
  const targets = [target].flat()
  let turn = 0
  const server = createServer(
    (incoming, outgoing) => void relay(incoming, outgoing, targets[turn++ % targets.length] ?? '', fault),
  )
  const { origin } = await listenLocally(server)
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return origin
}

async function relay(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: string,
  fault: RelayFault,
): Promise<void> {
  const {
    isBuffering = false,
    clockAheadMs = 0,
    host,
    losesTickets = false,
    overrideStatus,
    cutsOpening,
    change,
  } = fault
  const own = fault.answer?.(incoming)
  if (own === 'reset') return void incoming.socket.resetAndDestroy()
  if (own) {
    const [status, headers, body] = own
    outgoing.writeHead(status, headers).end(body)
    return
  }
  const { hostname, port } = new URL(target)
  const headers: Record<string, string | string[] | undefined> = { ...incoming.headers, ...(host && { host }) }
  if (losesTickets && incoming.url?.endsWith('/messages')) delete headers['warm-agent-ticket']
  const passing = request({ hostname, port, path: incoming.url, method: incoming.method, headers })
  incoming.pipe(passing)
  const [answer] = (await once(passing, 'response')) as [IncomingMessage]
  const changed: Record<string, string | string[] | undefined> = {
    ...answer.headers,
    date: new Date(Date.now() + clockAheadMs).toUTCString(),
  }
  if (losesTickets && changed['warm-agent-outcome']) changed['warm-agent-outcome'] = 'warm'
  change?.(changed)
  if (isBuffering) {
    const whole = await buffer(answer)
    delete changed['transfer-encoding']
    outgoing.writeHead(overrideStatus ?? answer.statusCode ?? 502, changed).end(whole)
    return
  }
  outgoing.writeHead(overrideStatus ?? answer.statusCode ?? 502, changed)
  outgoing.flushHeaders()
  if (cutsOpening && isOpening(incoming)) {
    const [first] = await once(answer, 'data')
    answer.destroy()
    outgoing.write(first, () => (cutsOpening === 'end' ? outgoing.end() : outgoing.destroy()))
    return
  }
  answer.pipe(outgoing)
}

export function isOpening({ method, url }: IncomingMessage): boolean {
  return method === 'POST' && url?.endsWith('/sessions') === true
}
