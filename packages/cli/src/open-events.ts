import type { OpenEvent } from '@warm-agent/protocol'
import { EventSourceParserStream } from 'eventsource-parser/stream'

/** The events of the answer that opens a session, each as soon as it is here. */
export async function* openEvents(body: ReadableStream<Uint8Array> | null): AsyncGenerator<OpenEvent, undefined> {
  if (!body) return undefined
  const events = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .pipeThrough(new EventSourceParserStream())
  for await (const { event, data } of events) {
    if (event) yield { event, data: JSON.parse(data) } as OpenEvent
  }
}
