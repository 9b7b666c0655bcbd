import type { IncomingMessage } from 'node:http'
import type { OperationName } from './operation.ts'
import { PlatformError, violated } from './platform-errors.ts'

/** The service model's bound on an invoke's payload: 100 MB. */
const largestPayload = 100_000_000

/** Service model, InvokeAgentRuntimeCommandRequestBody: seconds, and characters. */
const defaultTimeout = 300
const longestTimeout = 3_600
const longestCommand = 65_536

/** Service model, ClientToken: hyphens between letters and digits. */
const clientTokenPattern = /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/

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

/** Reads the body of a stop: empty, or `{"clientToken":"…"}` of 33–256 characters. */
export function readClientToken(body: Buffer): string | undefined {
  if (body.length === 0) return undefined
  const token = parse(body)?.clientToken ?? undefined
  if (token === undefined) return undefined
  if (typeof token !== 'string' || token.length < 33 || token.length > 256) {
    throw violated('clientToken', 'Member must be a string of 33 to 256 characters')
  }
  if (!clientTokenPattern.test(token)) {
    throw violated('clientToken', 'Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,256}')
  }
  return token
}

/** Reads the body of a command: `{"command":"…","timeout":seconds}`. */
export function readCommand(body: Buffer): { command: string; timeoutMs: number } {
  const { command, timeout = defaultTimeout } = parse(body) ?? {}
  if (typeof command !== 'string' || command.length < 1 || command.length > longestCommand) {
    throw violated('body.command', `Member must be a string of 1 to ${longestCommand} characters`)
  }
  if (!Number.isInteger(timeout) || (timeout as number) < 1 || (timeout as number) > longestTimeout) {
    throw violated('body.timeout', `Member must be an integer from 1 to ${longestTimeout}`)
  }
  return { command, timeoutMs: (timeout as number) * 1_000 }
}

/** Throws 400 for a body that its operation could not read. That of an invoke is the agent's. */
export function checkBody(operation: OperationName, body: Buffer): void {
  if (operation === 'stop') readClientToken(body)
  if (operation === 'command') readCommand(body)
}

function parse(body: Buffer): Record<string, unknown> | null {
  try {
    return JSON.parse(body.toString())
  } catch (cause) {
    throw new PlatformError('ValidationException', 'The body is not JSON.', { cause })
  }
}
