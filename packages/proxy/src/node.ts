import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { Socket } from 'node:net'
import { canTakeLean } from './lean-request.ts'
import { toRequest } from './node-request.ts'
import { sendResponse } from './send-response.ts'

/**
 * Serves a Fetch handler from `node:http`, `node:http2`, Connect, or Vite's dev server, at the root or under a mount path.
 * A client that leaves aborts `request.signal`; an answer is streamed no faster than it is read.
 *
 * @param originOf Tells the origin by which the page reached this server, where a framework knows it.
 *   @default the socket's scheme and the `Host` header, or HTTP/2's `:authority`
 * @note Behind a body parser the stream has been read already: what the parser made of it is serialised again.
 */
export function toNodeHandler<Incoming extends IncomingMessage | Http2ServerRequest>(
  handle: (request: Request) => Promise<Response>,
  originOf?: (incoming: Incoming) => string | undefined,
): (incoming: Incoming, outgoing: ServerResponse | Http2ServerResponse) => Promise<void> {
  const isLean = canTakeLean(handle)
  return async (given, answered) => {
    // As far as they are used here, those of HTTP/2 are like those of HTTP/1.
    const [incoming, outgoing] = [given as IncomingMessage, answered as ServerResponse]
    const left = new AbortController()
    const leave = () => {
      // Not `writableFinished`: in HTTP/2 that is also true when the client has left.
      if (!outgoing.writableEnded) left.abort(new Error('The client left.'))
    }
    outgoing.once('close', leave)
    // An answer that waits behind another one on its connection (HTTP/1 pipelining) has no socket yet, and hears of no end.
    const { socket } = incoming
    if (outgoing.socket === null && socket instanceof Socket) {
      socket.setMaxListeners(0).once('close', leave)
      outgoing.once('close', () => socket.off('close', leave))
    }
    const request = toRequest(incoming, originOf?.(given), left.signal, isLean)
    if (!request) {
      outgoing.writeHead(400).end()
      return
    }
    return handle(request).then(response => sendResponse(response, incoming, outgoing, left.signal))
  }
}
