import type { OpenEvent } from '@warm-agent/protocol'

/**
 * Reads the server-sent events of a warm-up: only what our own events need of that format (`event`, then one `data`; comments).
 * Whatever else the body holds gives no event.
 */
export async function* readOpenEvents(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<OpenEvent> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const blocks = (text + value).split(/\r?\n\r?\n/)
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const [, event, data] = /event: ?(\w+)[\s\S]*?\ndata: ?(.+)/.exec(block) ?? []
      if (data) yield { event, data: JSON.parse(data) } as OpenEvent
    }
  }
}
