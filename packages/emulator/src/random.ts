import { createHash } from 'node:crypto'

/** Even numbers in [0, 1), the same for the same seed: the digests of a counter, eight of each. */
export function createRandom(seed: number | string): () => number {
  let count = 0
  let digest = Buffer.alloc(0)
  return () => {
    if (count % 8 === 0)
      digest = createHash('sha256')
        .update(`${seed}/${count / 8}`)
        .digest()
    return digest.readUInt32BE((count++ % 8) * 4) / 2 ** 32
  }
}
