/** What the proxy sends to warm a session, before any message and with every beat. */
export interface WarmUp {
  type: 'warmup'
  /** Fresh in every warm-up. The agent keeps the first one it sees: see {@link WarmUpAnswer.nonce}. */
  nonce: string
}

/** What the agent answers to a warm-up. */
export interface WarmUpAnswer {
  status: 'warm'
  /**
   * The first nonce that this microVM ever saw. It is the VM's identity: platform version 2 restores every VM from one
   * snapshot, so whatever an agent draws at random may be the same in all of them. Absent until a warm-up brought one.
   */
  nonce?: string
}

/** A nonce is echoed for ever, so a caller must not be able to make the agent keep a large one. */
const maxNonceLength = 256

/** @returns the nonce that `body` carries, or `undefined` when it carries none that can be kept. */
export function readNonce(body: unknown): string | undefined {
  const nonce = (body as Partial<WarmUp> | null | undefined)?.nonce
  return typeof nonce === 'string' && nonce.length <= maxNonceLength ? nonce : undefined
}

/** Whether `body` is a warm-up: `{ "type": "warmup", "nonce": "<a string of at most 256 characters>" }`. */
export function isWarmUp(body: unknown): body is WarmUp {
  return (body as Partial<WarmUp> | null | undefined)?.type === 'warmup' && readNonce(body) !== undefined
}
