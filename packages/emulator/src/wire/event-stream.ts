import { EventStreamCodec } from '@smithy/eventstream-codec'

export const eventStreamType = 'application/vnd.amazon.eventstream'

const codec = new EventStreamCodec(
  bytes => Buffer.from(bytes as Uint8Array).toString(),
  text => Buffer.from(text),
)

/** One message of an AWS event stream: an event of this name with a JSON payload. */
export function encodeEvent(name: string, payload: unknown): Uint8Array {
  return encode({ ':message-type': 'event', ':event-type': name }, payload)
}

/** The same for an error in the middle of a stream. */
export function encodeException(name: string, message: string): Uint8Array {
  return encode({ ':message-type': 'exception', ':exception-type': name }, { message })
}

function encode(headers: Record<string, string>, payload: unknown): Uint8Array {
  const entries = Object.entries({ ...headers, ':content-type': 'application/json' })
  return codec.encode({
    headers: Object.fromEntries(entries.map(([name, value]) => [name, { type: 'string' as const, value }])),
    body: Buffer.from(JSON.stringify(payload)),
  })
}
