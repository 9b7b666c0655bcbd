import type { IncomingMessage, ServerResponse } from 'node:http'
import { canTakeLean } from './lean-request.ts'
import { toRequest } from './node-request.ts'
import { sendResponse } from './send-response.ts'

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
    return handle(request).then(response => sendResponse(response, incoming, outgoing, left.signal))
  }
}
