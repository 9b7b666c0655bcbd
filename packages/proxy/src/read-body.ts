import { WarmAgentError } from '@warm-agent/protocol'
import { isLean, readBytes } from './lean-request.ts'

/**
 * @param whatToDo What whoever sends more is told.
 * @throws WarmAgentError `payload_too_large`, as early as it is known; `internal` for a body that was read before.
 */
export async function readBody(request: Request, maxBytes: number, whatToDo = 'Send less.'): Promise<Uint8Array> {
  const tooLarge = () =>
    new WarmAgentError(
      'payload_too_large',
      `Could not read the body: it is over the limit of ${maxBytes} bytes. ${whatToDo}`,
    )
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge()
  if (isLean(request)) {
    const bytes = await request[readBytes](maxBytes)
    if (bytes) return bytes
    throw tooLarge()
  }
  if (request.bodyUsed) throw readBefore()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > maxBytes) throw tooLarge()
    chunks.push(chunk)
  }
  const body = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    body.set(chunk, offset)
    offset += chunk.byteLength
  }
  return body
}

/** Of a body that is gone: an empty message instead would be answered as if it were meant. */
export function readBefore(): WarmAgentError {
  return new WarmAgentError(
    'internal',
    'Could not read the body: something in front of the proxy has read it. Mount the proxy before that, or give it a clone.',
  )
}
