import type { OpenEvent } from '@warm-agent/protocol'

/**
 * Streams the events of an opening: the first at once, the last when it comes.
 *
 * @param onLeave Called when the page goes before that.
 * @param signal The request's: in Node, MSW does not end the body of an answer whose request is aborted.
 */
export function streamOpening(
  first: OpenEvent,
  last: Promise<OpenEvent>,
  onLeave: () => void,
  signal: AbortSignal,
): Response {
  let isOver = false
  const leave = () => {
    isOver = true
    onLeave()
  }
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = ({ event, data }: OpenEvent) =>
        controller.enqueue(new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
      signal.addEventListener('abort', () => {
        if (isOver) return
        leave()
        controller.error(signal.reason)
      })
      send(first)
      const event = await last
      if (isOver) return
      isOver = true
      send(event)
      controller.close()
    },
    cancel: leave,
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
}
