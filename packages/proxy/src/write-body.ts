import type { Writable } from 'node:stream'

/**
 * Writes a stream of the web to one of Node, chunk by chunk and no faster than it is read.
 *
 * @param left Aborted when nobody reads any more: then `body` is cancelled.
 * @throws what `body` broke off with.
 */
export async function writeBody(
  body: ReadableStream<Uint8Array>,
  outgoing: Writable,
  left: AbortSignal,
): Promise<void> {
  const reader = body.getReader()
  // One listener each for all chunks: a listener a chunk leaks.
  let onDrain: (() => void) | undefined
  const drained = () => onDrain?.()
  const onLeft = () => {
    drained()
    // Nobody is left to hear how the source ended.
    reader.cancel(left.reason).catch(() => undefined)
  }
  outgoing.on('drain', drained)
  left.addEventListener('abort', onLeft, { once: true })
  try {
    if (left.aborted) onLeft()
    for (;;) {
      const { done, value } = await reader.read()
      if (done || left.aborted) return
      if (!outgoing.write(value) && !left.aborted) {
        await new Promise<void>(resolve => {
          onDrain = resolve
        })
      }
    }
  } finally {
    outgoing.off('drain', drained)
    left.removeEventListener('abort', onLeft)
  }
}
