import type { OpenEvent } from '@warm-agent/protocol'

/** Many intermediaries cut a connection that is silent for 30 s, and a cold start can take as long. */
const keepAliveMs = 10_000

interface EventStreamSetup {
  /** Sent at once. It is not asked for when nobody listens any more. */
  first(): Promise<OpenEvent>
  /** Sent when it has come; then the stream ends. */
  last: Promise<OpenEvent>
  /** Aborted when nobody listens any more: some hosts cancel the answer, some only abort the request. */
  signal: AbortSignal
  /** The page is gone before the last event was sent. */
  onLeave(): void
}

/** Two server-sent events, with comments between them that keep the connection alive. */
export function eventStream({ first, last, signal, onLeave }: EventStreamSetup): ReadableStream<Uint8Array> {
  let isOver = false
  let keepAlive: ReturnType<typeof setTimeout>
  let onAbort: () => void

  function end(): void {
    isOver = true
    clearTimeout(keepAlive)
    signal.removeEventListener('abort', onAbort)
  }
  function leave(): void {
    end()
    onLeave()
  }
  return new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (text: string) => controller.enqueue(new TextEncoder().encode(text))
      const sendEvent = ({ event, data }: OpenEvent) => send(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
      const stayAlive = () => {
        keepAlive = setTimeout(() => {
          send(': warming\n\n')
          stayAlive()
        }, keepAliveMs)
      }
      onAbort = () => {
        controller.error(signal.reason)
        leave()
      }
      if (signal.aborted) return onAbort()
      signal.addEventListener('abort', onAbort, { once: true })
      const opening = await first()
      if (isOver) return
      sendEvent(opening)
      stayAlive()
      const ending = await last
      if (isOver) return
      end()
      sendEvent(ending)
      controller.close()
    },
    cancel: leave,
  })
}
