import type { IncomingMessage, ServerResponse } from 'node:http'
import { listHeaders } from './list-headers.ts'
import { writeBody } from './write-body.ts'

/** Headers about a connection, not an answer. An answer that was fetched elsewhere may have some; HTTP/2 refuses them. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/**
 * Writes a response to Node's.
 *
 * @note A function of its own, so that request and response are not kept in memory for as long as the answer goes on.
 */
export function sendResponse(
  { status, headers, body }: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  left: AbortSignal,
): Promise<void> | undefined {
  // The request's body was not read to its end: its rest is not waited for.
  if (!incoming.complete) outgoing.shouldKeepAlive = false
  if (!sendHead(status, headers, outgoing)) {
    body?.cancel().catch(() => undefined)
    return
  }
  if (body) return sendBody(body, outgoing, left)
  outgoing.end()
}

/** @returns whether a body may follow. Never throws: many servers would not catch it, and the process would end. */
function sendHead(status: number, headers: Headers, outgoing: ServerResponse): boolean {
  // The host has answered already, perhaps because this took too long.
  if (outgoing.headersSent) return false
  try {
    for (const [name, value] of headers) {
      if (hopByHop.has(name)) continue
      if (listHeaders.includes(name)) outgoing.appendHeader(name, value)
      else outgoing.setHeader(name, value)
    }
    outgoing.writeHead(status)
    return true
  } catch (error) {
    // biome-ignore lint/suspicious/noConsole: there is nobody else to tell.
    console.error('Could not write the answer: Node refused its status or headers. Mend what made it.', error)
    cutOff(outgoing)
    return false
  }
}

async function sendBody(body: ReadableStream<Uint8Array>, outgoing: ServerResponse, left: AbortSignal): Promise<void> {
  // Not at once: when the first chunk is there already, it goes along, which saves a packet.
  const flushing = setImmediate(() => outgoing.flushHeaders())
  try {
    await writeBody(body, outgoing, left)
    outgoing.end()
  } catch {
    // The agent broke off, which was told where it happened. The connection is cut, so that nobody takes half for whole.
    cutOff(outgoing)
  } finally {
    clearImmediate(flushing)
  }
}

/** Without an error HTTP/2 would end the answer as if it were whole; with one HTTP/1 would report a `clientError`. */
function cutOff(outgoing: ServerResponse): void {
  outgoing.destroy(outgoing.req.httpVersionMajor === 2 ? new Error('The answer broke off.') : undefined)
}
