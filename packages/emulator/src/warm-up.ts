const decoder = new TextDecoder()

/** No warm-up is longer than this, in bytes. */
const longestWarmUp = 1_024

export function isWarmUp(body: Uint8Array): boolean {
  return body.byteLength <= longestWarmUp && readNonce(decoder.decode(body)) !== undefined
}

/** @returns the nonce of a warm-up (`@warm-agent/agent`'s format), or `undefined` when `text` is no warm-up. */
export function readNonce(text: string): string | undefined {
  if (!text.includes('"warmup"')) return undefined
  try {
    const { type, nonce } = JSON.parse(text)
    return type === 'warmup' && typeof nonce === 'string' ? nonce : undefined
  } catch {
    return undefined
  }
}
