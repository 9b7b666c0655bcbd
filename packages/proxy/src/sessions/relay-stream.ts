import type { AgentAnswer, ByteReader } from '../agent-runtime.ts'
import { backgroundTimeout } from '../background-timeout.ts'

/** The platform's own limit of a streaming answer, 60 minutes, and a minute for it to act. Milliseconds. */
const longestMs = 3_660_000

/**
 * Passes a stream on, chunk by chunk and no faster than it is read. When the platform neither ends nor cuts it in time, it is
 * cut here.
 *
 * @param onEnd Called once when it is over, however it ends.
 * @param signal Aborted when nobody reads any more: some hosts cancel the answer, some only abort the request.
 */
export function relayStream(
  answer: Pick<AgentAnswer, 'body' | 'reader'>,
  onEnd: () => void,
  signal?: AbortSignal,
): ReadableStream<Uint8Array> {
  const reader = answer.reader ?? readerOf(answer.body)
  let timer: ReturnType<typeof setTimeout> | undefined
  let isOver = false
  let onAbort: () => void

  function end(): void {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
    onEnd()
  }

  return new ReadableStream({
    start(controller) {
      const cut = (error: unknown) => {
        controller.error(error)
        end()
        reader.cancel(error).catch(() => undefined)
      }
      const tooLong = `Could not pass the answer on: it went on for over ${longestMs} ms. Let the agent end it sooner.`
      timer = backgroundTimeout(() => cut(new Error(tooLong)), longestMs)
      onAbort = () => cut(signal?.reason)
      if (signal?.aborted) return onAbort()
      signal?.addEventListener('abort', onAbort, { once: true })
    },
    async pull(controller) {
      try {
        const chunk = await reader.read()
        if (isOver) return
        if (chunk) return controller.enqueue(chunk)
        end()
        controller.close()
      } catch (error) {
        end()
        throw error
      }
    },
    cancel(reason) {
      end()
      return reader.cancel(reason)
    },
  })
}

function readerOf(body: ReadableStream<Uint8Array>): ByteReader {
  const reader = body.getReader()
  return {
    read: async () => (await reader.read()).value,
    cancel: reason => reader.cancel(reason),
  }
}
