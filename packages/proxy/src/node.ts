import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'

/** Express and its kin keep the whole URL and the parsed body here. */
type MountedRequest = IncomingMessage & { originalUrl?: string; body?: unknown }

/**
 * Serves a Fetch handler from `node:http`, Express, Connect, or Vite's dev server, at the root or under a mount path.
 * A client that leaves aborts `request.signal`; an answer is streamed no faster than it is read.
 *
 * @note Behind a body parser the stream has been read already. Then the parsed body is sent, serialised anew.
 */
export function toNodeHandler(
  handle: (request: Request) => Promise<Response>,
): (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> {
  return async (incoming, outgoing) => {
    const left = new AbortController()
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) left.abort(new Error('The client left.'))
    })
    const request = toRequest(incoming, left.signal)
    if (!request) {
      outgoing.writeHead(400).end()
      return
    }
    const response = await handle(request)
    outgoing.writeHead(response.status, Object.fromEntries(headersOf(response)))
    if (!response.body) {
      outgoing.end()
      return
    }
    outgoing.flushHeaders()
    try {
      await pipeline(Readable.fromWeb(response.body as NodeReadableStream), outgoing)
    } catch {
      // The client left, or the agent broke off: pipeline has cut the connection, so that nobody takes half for whole.
    }
  }
}

/** @returns the request, or `undefined` when its URL or headers are not valid. */
function toRequest(incoming: MountedRequest, signal: AbortSignal): Request | undefined {
  const scheme = 'encrypted' in incoming.socket ? 'https' : 'http'
  const path = incoming.originalUrl ?? incoming.url ?? '/'
  try {
    const headers = new Headers()
    for (const [name, value] of Object.entries(incoming.headersDistinct)) {
      if (!name.startsWith(':')) headers.set(name, value?.join(', ') ?? '')
    }
    const hasBody = incoming.method !== 'GET' && incoming.method !== 'HEAD'
    return new Request(`${scheme}://${incoming.headers.host ?? 'localhost'}${path}`, {
      method: incoming.method ?? 'GET',
      headers,
      signal,
      ...(hasBody ? { body: bodyOf(incoming), duplex: 'half' } : {}),
    } as RequestInit)
  } catch {
    return undefined
  }
}

function bodyOf(incoming: MountedRequest): BodyInit {
  if (!incoming.readableDidRead) return Readable.toWeb(incoming) as ReadableStream<Uint8Array>
  const { body = '' } = incoming
  return typeof body === 'string' || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body)
}

/** Cookies are the one header that cannot be joined by commas. */
function* headersOf({ headers }: Response): Iterable<[string, string | string[]]> {
  for (const [name, value] of headers) if (name !== 'set-cookie') yield [name, value]
  const cookies = headers.getSetCookie()
  if (cookies.length > 0) yield ['set-cookie', cookies]
}
