import { Readable } from 'node:stream'
import type { Cancellation } from './cancellation.ts'

/**
 * What an agent yields, as a stream.
 *
 * @note Not `Readable.from`: that waits, when it is destroyed, for the piece that the agent is at, and so for ever when
 * the agent waits for something that does not come.
 */
export function streamPieces(pieces: AsyncIterable<string | Uint8Array>, cancellation: Cancellation): Readable {
  const iterator = pieces[Symbol.asyncIterator]()
  const stream = new Readable({
    read() {
      iterator.next().then(
        ({ done, value }) => stream.push(done ? null : value),
        error => stream.destroy(error),
      )
    },
    destroy(error, callback) {
      // Nobody is left to hear what its clean-up says.
      void iterator.return?.().catch(() => {})
      callback(error)
    },
  })
  const cancel = () => void stream.destroy(cancellation.reason as Error)
  cancellation.onCancel(cancel)
  return stream.once('close', () => cancellation.offCancel(cancel))
}
