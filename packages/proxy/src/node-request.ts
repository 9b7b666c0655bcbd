import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { type LeanRequest, readBytes } from './lean-request.ts'
import { serialize, typeOf } from './parsed-body.ts'
import { readBefore } from './read-body.ts'

/** Express and its kin keep the whole URL and the parsed body here. */
type MountedRequest = IncomingMessage & { originalUrl?: string; body?: unknown }

/** The parts of a request that Fetch and Node write differently. */
interface RequestParts {
  incoming: MountedRequest
  url: string
  headers: Headers
  signal: AbortSignal
}

/** @returns the request, or `undefined` when its URL or headers are not valid. */
export function toRequest(
  incoming: MountedRequest,
  origin: string | undefined,
  signal: AbortSignal,
  isLean: boolean,
): Request | undefined {
  const scheme = 'encrypted' in incoming.socket ? 'https' : 'http'
  // HTTP/2 tells the host in a header of its own.
  const host = incoming.headers[':authority'] ?? incoming.headers.host ?? 'localhost'
  const url = `${origin || `${scheme}://${host}`}${incoming.originalUrl ?? incoming.url}`
  try {
    const headers = new Headers()
    for (const [name, value = ''] of Object.entries(incoming.headers)) {
      if (!name.startsWith(':')) headers.set(name, typeof value === 'string' ? value : value.join(', '))
    }
    const type = wasRead(incoming) && headers.get('content-type')
    if (type) headers.set('content-type', typeOf(incoming.body, type))
    const parts: RequestParts = { incoming, url, headers, signal }
    // A handler that takes a lean request uses no more than that has.
    return isLean ? (toLeanRequest(parts) as unknown as Request) : toWholeRequest(parts)
  } catch {
    return undefined
  }
}

/** @returns the request as the standard has it. */
function toWholeRequest({ incoming, url, headers, signal }: RequestParts): Request {
  const { method = 'GET' } = incoming
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Request(url, {
    method,
    headers,
    signal,
    ...(hasBody ? { body: bodyOf(incoming), duplex: 'half' } : {}),
  } as RequestInit)
}

/** @returns the request without what is costly in Node's own Request: a web stream for the body, and a second abort signal. */
function toLeanRequest({ incoming, url, headers, signal }: RequestParts): LeanRequest {
  const { method = 'GET' } = incoming
  const { href, username, password } = new URL(url)
  if (username || password) throw new TypeError('The URL of a request holds no credentials.')
  return {
    url: href,
    method,
    headers,
    signal,
    [readBytes]: maxBytes => (wasRead(incoming) ? parsedBytes : readIncoming)(incoming, maxBytes, signal),
  }
}

function readIncoming(
  incoming: IncomingMessage,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) return onAbort()
    const settle = (bytes: Uint8Array | undefined) => {
      signal.removeEventListener('abort', onAbort)
      // Else they would keep the body in memory for as long as the answer goes on.
      incoming.off('data', onData).off('end', onEnd).off('error', reject)
      resolve(bytes)
    }
    const onData = (chunk: Uint8Array) => {
      size += chunk.byteLength
      if (size <= maxBytes) chunks.push(chunk)
      else settle(undefined)
    }
    const onEnd = () => settle(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))
    signal.addEventListener('abort', onAbort, { once: true })
    incoming.on('data', onData).once('end', onEnd).once('error', reject)
  })
}

async function parsedBytes(incoming: MountedRequest, maxBytes: number): Promise<Uint8Array | undefined> {
  if (isGone(incoming)) throw readBefore()
  const parsed = parsedBody(incoming)
  const bytes = typeof parsed === 'string' ? Buffer.from(parsed) : parsed
  return bytes.byteLength > maxBytes ? undefined : bytes
}

function bodyOf(incoming: MountedRequest): BodyInit {
  // Whoever reads it hears of that: not all routes do.
  if (isGone(incoming)) return new ReadableStream({ start: controller => controller.error(readBefore()) })
  return (wasRead(incoming) ? parsedBody(incoming) : Readable.toWeb(incoming)) as BodyInit
}

/** An empty body has never been read when it has ended. */
function wasRead({ readableDidRead, readableEnded }: IncomingMessage): boolean {
  return readableDidRead || readableEnded
}

/** Something has read of a body that was not empty, and left nothing of it: that was no body parser. */
function isGone({ body, readableDidRead }: MountedRequest): boolean {
  return readableDidRead && body === undefined
}

/** Behind a body parser the stream has been read already: what the parser made of it is serialised again. */
function parsedBody({ body, headers, readableDidRead }: MountedRequest): string | Uint8Array {
  // Of no body, a parser makes an empty object.
  return readableDidRead ? serialize(body, headers['content-type'] ?? '') : ''
}
