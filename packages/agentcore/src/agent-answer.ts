import { Readable } from 'node:stream'
import type { AgentAnswer, ByteReader } from '@warm-agent/proxy'

interface AnswerHead {
  status: number
  contentType: string | undefined
  headers: Readonly<Record<string, string>>
}

/**
 * An answer as the port gives it. Its body is read no faster than it is asked for, and fails when it breaks off.
 *
 * @note The stream is made only when it is asked for: a web stream takes as much time and memory as the whole call.
 */
export function toAgentAnswer(
  body: unknown,
  { status, contentType = 'application/octet-stream', headers }: AnswerHead,
): AgentAnswer {
  const head = { status, contentType, headers }
  if (body instanceof ReadableStream) return { ...head, body }
  const reader = readerOf(body instanceof Readable ? body : Readable.from([]))
  return {
    ...head,
    reader,
    get body() {
      return toByteStream(reader)
    },
  }
}

function toByteStream(reader: ByteReader): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await reader.read()
        if (chunk) controller.enqueue(chunk)
        else controller.close()
      },
      cancel: () => reader.cancel(),
    },
    { highWaterMark: 0 },
  )
}

function readerOf(source: Readable): ByteReader {
  let isOver = false
  let failure: Error | undefined
  let wake: (() => void) | undefined
  const news = () => wake?.()
  source
    .on('readable', news)
    .once('end', () => {
      isOver = true
      news()
    })
    .once('close', () => {
      if (!isOver) failure = source.errored ?? new Error('The body ended before its end.')
      isOver = true
      news()
    })
    // `close` follows, and tells it.
    .on('error', () => {})
  return {
    async read() {
      for (;;) {
        const chunk: Uint8Array | null = source.read()
        if (chunk) return chunk
        if (failure) throw failure
        if (isOver) return undefined
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    },
    async cancel() {
      isOver = true
      source.destroy()
      news()
    },
  }
}
