import type { IncomingMessage } from 'node:http'
import { PlatformError, violated } from './platform-errors.ts'

/** The service model's bound on an invoke's payload: 100 MB. */
const largestPayload = 100_000_000

/** Reads a body whole: the platform has checked it before the agent sees any of it. One too large is read and dropped. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length <= largestPayload) chunks.push(chunk)
    else chunks.length = 0
  }
  if (length > largestPayload)
    throw violated('payload', `Member must have length less than or equal to ${largestPayload}`)
  return Buffer.concat(chunks)
}

/** Checks the body of a stop: empty, or `{"clientToken":"…"}` of 33–256 characters. */
export function checkStopBody(body: Buffer): void {
  if (body.length === 0) return
  let stop: { clientToken?: unknown } | null
  try {
    stop = JSON.parse(body.toString())
  } catch (cause) {
    throw new PlatformError('ValidationException', 'The body is not JSON.', { cause })
  }
  const token = stop?.clientToken ?? undefined
  if (token === undefined) return
  if (typeof token !== 'string' || token.length < 33 || token.length > 256) {
    throw violated('clientToken', 'Member must be a string of 33 to 256 characters')
  }
}
