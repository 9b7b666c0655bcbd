import type { Lease, OpenEvent, Outcome } from '@warm-agent/protocol'
import { EventSourceParserStream } from 'eventsource-parser/stream'

/** A browser on the wire: keeps its cookie and its newest ticket, and everything that it ever saw. */
export function createPage(proxy: string) {
  const seen: string[] = []
  let cookie = ''
  let ticket = ''

  async function post(path: string, body?: object, origin = proxy, signal?: AbortSignal): Promise<Response> {
    const response = await fetch(`${origin}/api/agent${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(cookie && { cookie }),
        ...(ticket && { 'warm-agent-ticket': ticket }),
      },
      ...(body && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    })
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
    ticket = response.headers.get('warm-agent-ticket') ?? ticket
    seen.push(JSON.stringify([...response.headers]))
    return response
  }

  return {
    seen,
    async open(): Promise<{ lease: Lease; end: Promise<OpenEvent> }> {
      const response = await post('/sessions')
      const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>)
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(new EventSourceParserStream())
        .getReader()
      const next = async () => {
        const { value } = await reader.read()
        seen.push(value?.data ?? '')
        const data = JSON.parse(value?.data ?? 'null')
        ticket = data.ticket ?? ticket
        return { event: value?.event, data } as OpenEvent
      }
      const { data } = await next()
      return { lease: data as Lease, end: next() }
    },
    /** Sends a message and does not read the answer. */
    start: (message: object, origin?: string, signal?: AbortSignal) => post('/messages', message, origin, signal),
    /** Asks any route, and shows the answer as it is. */
    post,
    async send(message: object, origin?: string): Promise<{ outcome: Outcome; pids: number[] }> {
      const response = await post('/messages', message, origin)
      const text = await response.text()
      seen.push(text)
      return {
        outcome: response.headers.get('warm-agent-outcome') as Outcome,
        pids: [...text.matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid)),
      }
    },
    async beat(): Promise<Lease> {
      const lease = (await (await post('/sessions/beat')).json()) as Lease
      ticket = lease.ticket
      return lease
    },
    close: (origin?: string) => post('/sessions/close', undefined, origin),
  }
}
