import type { HandlerTiming } from './handler-timings.ts'

/** What the proxy sends to warm a session, before any message and with every beat. */
export interface WarmUp {
  type: 'warmup'
  /** Fresh in every warm-up. The agent keeps the first one it sees: see {@link WarmUpAnswer.nonce}. */
  nonce: string
  /** Asks for the stamps of the last messages: only `warm-agent bench` does. */
  timings?: true
}

/** What the agent answers to a warm-up. */
export interface WarmUpAnswer {
  status: 'warm'
  /**
   * The first nonce that this microVM ever saw. It is the VM's identity: platform version 2 restores every VM from one
   * snapshot, so whatever an agent draws at random may be the same in all of them. Absent until a warm-up brought one.
   */
  nonce?: string
  /**
   * What the last messages took inside the agent, at most 16, the newest last; only when the warm-up asked for them. They
   * travel in an echo and not in a header of the message's answer, because that answer stays byte for byte what the agent
   * said, and neither the platform nor its TypeScript library passes a header of the agent's own.
   */
  timings?: HandlerTiming[]
}

/** A nonce is echoed for ever, so a caller must not be able to make the agent keep a large one. */
const maxNonceLength = 256

/** @returns the nonce that `body` carries, or `undefined` when it carries none that can be kept. */
export function readNonce(body: unknown): string | undefined {
  const { nonce } = fieldsOf(body)
  return typeof nonce === 'string' && nonce.length <= maxNonceLength ? nonce : undefined
}

/** Whether `body` is a warm-up: `{ "type": "warmup", "nonce": "<a string of at most 256 characters>" }`. */
export function isWarmUp(body: unknown): body is WarmUp {
  return fieldsOf(body).type === 'warmup' && readNonce(body) !== undefined
}

export function asksForTimings(body: unknown): boolean {
  return fieldsOf(body).timings === true
}

/** What a body may have, whatever it is. */
function fieldsOf(body: unknown): Partial<WarmUp> {
  return body ?? {}
}
