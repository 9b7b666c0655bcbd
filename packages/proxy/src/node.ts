import type { IncomingMessage, ServerResponse } from 'node:http'
import { canTakeLean } from './lean-request.ts'
import { type MountedRequest, type RequestParts, toLeanRequest, toWholeRequest } from './node-request.ts'
import { writeBody } from './write-body.ts'

/**
 * Serves a Fetch handler from `node:http`, Connect, or Vite's dev server, at the root or under a mount path.
 * A client that leaves aborts `request.signal`; an answer is streamed no faster than it is read.
 *
 * @param originOf Tells the origin by which the page reached this server, where a framework knows it. @default the socket's scheme and the `Host` header
 * @note Behind a body parser the stream has been read already. Then the parsed body is sent, serialised anew.
 */
export function toNodeHandler<Incoming extends IncomingMessage>(
  handle: (request: Request) => Promise<Response>,
  originOf?: (incoming: Incoming) => string | undefined,
): (incoming: Incoming, outgoing: ServerResponse) => Promise<void> {
  const isLean = canTakeLean(handle)
  return async (incoming, outgoing) => {
    const left = new AbortController()
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) left.abort(new Error('The client left.'))
    })
    const request = toRequest(incoming, originOf?.(incoming), left.signal, isLean)
    if (!request) {
      outgoing.writeHead(400).end()
      return
    }
    return handle(request).then(response => send(response, incoming, outgoing, left.signal))
  }
}

/** A function of its own, so that neither request nor response is held in memory as long as the answer goes on. */
function send(
  { status, headers, body }: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  left: AbortSignal,
): Promise<void> | undefined {
  // Of a body that nobody read to its end, the rest shall not be waited for.
  if (!incoming.complete) outgoing.shouldKeepAlive = false
  outgoing.writeHead(status, headersOf(headers))
  if (body) return sendBody(body, outgoing, left)
  outgoing.end()
}

async function sendBody(body: ReadableStream<Uint8Array>, outgoing: ServerResponse, left: AbortSignal): Promise<void> {
  // Together with the first chunk when that is there already, which saves a packet.
  const flushing = setImmediate(() => outgoing.flushHeaders())
  try {
    await writeBody(body, outgoing, left)
    outgoing.end()
  } catch {
    // The agent broke off, and said why where it happened: the connection is cut, so that nobody takes half for whole.
    outgoing.destroy()
  } finally {
    clearImmediate(flushing)
  }
}

/** @returns the request, or `undefined` when its URL or headers are not valid. */
function toRequest(
  incoming: MountedRequest,
  origin: string | undefined,
  signal: AbortSignal,
  isLean: boolean,
): Request | undefined {
  const scheme = 'encrypted' in incoming.socket ? 'https' : 'http'
  const url = `${origin || `${scheme}://${incoming.headers.host ?? 'localhost'}`}${incoming.originalUrl ?? incoming.url}`
  try {
    const headers = new Headers()
    for (const [name, value = ''] of Object.entries(incoming.headers)) {
      if (!name.startsWith(':')) headers.set(name, typeof value === 'string' ? value : value.join(', '))
    }
    const parts: RequestParts = { incoming, url, headers, signal }
    // A handler that takes it knows what there is in it.
    return isLean ? (toLeanRequest(parts) as unknown as Request) : toWholeRequest(parts)
  } catch {
    return undefined
  }
}

/** Cookies are the one header that cannot be joined by commas. */
function headersOf(headers: Headers): Record<string, string | string[]> {
  const cookies = headers.getSetCookie()
  return { ...Object.fromEntries(headers), ...(cookies.length > 0 && { 'set-cookie': cookies }) }
}
