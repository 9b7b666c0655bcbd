import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { AnswerChunk, AnswerEnd } from '../answer-chunk.ts'

/**
 * Reads an answer to its end.
 *
 * @returns the end of the answer: its sources, and what had to be loaded for it.
 * @throws when the agent reported an error, or the stream ended before the answer did.
 */
export async function readAnswer(body: ReadableStream<Uint8Array>, onText: (text: string) => void): Promise<AnswerEnd> {
  const events = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .pipeThrough(new EventSourceParserStream())
    .getReader()
  try {
    for (let event = await events.read(); !event.done; event = await events.read()) {
      const chunk: AnswerChunk | { error: string } = JSON.parse(event.value.data)
      if ('error' in chunk) throw new Error(chunk.error)
      if ('done' in chunk) return chunk
      onText(chunk.text)
    }
  } finally {
    // Whatever follows is of no interest, and an open body holds a connection.
    await events.cancel().catch(() => {})
  }
  throw new Error('Could not show the whole answer: it broke off. Ask again.')
}
