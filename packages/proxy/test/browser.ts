import type { Lease, OpenEvent } from '@warm-agent/protocol'
import { createWarmProxy, type ProxyEvent, type WarmProxy, type WarmProxyOptions } from '@warm-agent/proxy'
import { EventSourceParserStream } from 'eventsource-parser/stream'

export const secret = 'a secret that only the tests of the proxy know'

/** A proxy whose callers say who they are in a header, and what it told. */
export function createTestProxy(options: Partial<WarmProxyOptions> & Pick<WarmProxyOptions, 'runtime'>) {
  const events: ProxyEvent[] = []
  const proxy = createWarmProxy({
    authorize: request => ({ callerId: request.headers.get('x-user') ?? 'ann' }),
    secret,
    onEvent: event => events.push(event),
    ...options,
  } as WarmProxyOptions)
  return { proxy, events, ...browserOf(proxy) }
}

/** What a browser does with the wire. */
export function browserOf(proxy: Pick<WarmProxy, 'fetch'>) {
  const post = (path: string, init: RequestInit & { ticket?: string } = {}) => {
    const headers = new Headers(init.headers)
    if (init.ticket) headers.set('Warm-Agent-Ticket', init.ticket)
    return proxy.fetch(new Request(`http://chat.test/api/agent${path}`, { method: 'POST', ...init, headers }))
  }
  /** Opens a session; the events come as they are asked for. */
  async function open(init?: RequestInit) {
    const response = await post('/sessions', init)
    const reader = (response.body ?? new ReadableStream<Uint8Array<ArrayBuffer>>())
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream())
      .getReader()
    const next = async () => {
      const { value } = await reader.read()
      return value && ({ event: value.event, data: JSON.parse(value.data) } as OpenEvent)
    }
    return { response, next, leave: () => reader.cancel() }
  }
  return {
    post,
    open,
    /** Opens a session and takes only its lease: it may go on warming. */
    async openLease() {
      const lease = await (await open()).next()
      if (lease?.event !== 'lease') throw new Error(`expected a lease, got ${JSON.stringify(lease)}`)
      return lease.data
    },
    async openWarm() {
      const { next } = await open()
      await next()
      const warm = await next()
      if (warm?.event !== 'warm') throw new Error(`expected warm, got ${JSON.stringify(warm)}`)
      return warm.data
    },
    send: (text: string, ticket?: string, init?: RequestInit) =>
      post('/messages', { body: text, ...init, ...(ticket && { ticket }) }),
    async beat(ticket: string): Promise<Lease> {
      return (await post('/sessions/beat', { ticket })).json()
    },
  }
}

/** The outcome that an answer tells. */
export function outcomeOf(response: Response): string | null {
  return response.headers.get('Warm-Agent-Outcome')
}

/** The renewed ticket that an answer brings. */
export function ticketOf(response: Response): string {
  return response.headers.get('Warm-Agent-Ticket') ?? ''
}
