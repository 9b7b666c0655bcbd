import type { IncomingMessage, ServerResponse } from 'node:http'
import { writeBody } from './write-body.ts'

/**
 * Writes a response to Node's.
 *
 * @note A function of its own, so that neither request nor response is held in memory as long as the answer goes on.
 */
export function sendResponse(
  { status, headers, body }: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  left: AbortSignal,
): Promise<void> | undefined {
  // Of a body that nobody read to its end, the rest shall not be waited for.
  if (!incoming.complete) outgoing.shouldKeepAlive = false
  for (const [name, value] of headers) {
    // Of these a host may have some of its own, and all count.
    if (name === 'set-cookie' || name === 'vary') outgoing.appendHeader(name, value)
    else outgoing.setHeader(name, value)
  }
  outgoing.writeHead(status)
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
    // Without an error HTTP/2 would end the answer as if it were whole; with one HTTP/1 would report a `clientError`.
    outgoing.destroy(outgoing.req.httpVersionMajor === 2 ? new Error('The answer broke off.') : undefined)
  } finally {
    clearImmediate(flushing)
  }
}
