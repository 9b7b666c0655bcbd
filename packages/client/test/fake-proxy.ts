import type { Environment, WarmTransport } from '@warm-agent/client'
import { type Lease, type OpenEvent, type Outcome, toErrorBody, WarmAgentError } from '@warm-agent/protocol'
import { settle } from '@warm-agent/testing'

/** One warm-up, which ends when the test says so. */
interface FakeOpening {
  signal: AbortSignal
  lease(change?: Partial<Lease>): Promise<void>
  warm(change?: Partial<Lease>): Promise<void>
  fail(error?: WarmAgentError): Promise<void>
  /** Ends the stream, with an error if one is given. */
  end(error?: Error): Promise<void>
  /** A lease, warm, and the end of the stream. */
  complete(): Promise<void>
}

/** A proxy that does as the test says, behind the transport and behind `fetch`. */
export interface FakeProxy {
  transport: WarmTransport
  fetch: typeof globalThis.fetch
  openings: FakeOpening[]
  beats: { ticket: string; atMs: number; signal: AbortSignal }[]
  closes: { ticket: string; afterMs?: number; keepalive?: boolean }[]
  messages: { input: RequestInfo | URL; init: RequestInit | undefined; headers: Headers; body: unknown }[]
  /** Those that the messages came with. */
  tickets(): (string | null)[]
  /** Replaceable: what a beat is answered with. */
  onBeat: () => Lease | Promise<Lease>
  /** Replaceable: what a message is answered with. */
  onMessage: (ticket: string | null) => Response | Promise<Response>
}

const minute = 60_000

const fakeLease: Lease = {
  ticket: 'ticket',
  status: 'warming',
  beatMs: 9 * minute,
  ttlMs: 15 * minute,
  holdMs: 60 * minute,
}

/** @returns what a beat is answered with. */
export const beaten = (change: Partial<Lease> = {}): Lease => ({
  ...fakeLease,
  ticket: 'beaten',
  status: 'warm',
  ...change,
})

/** @returns what fails with `error`, without which the network is gone. */
export function failing(error: Error = new TypeError('Failed to fetch')): () => never {
  return () => {
    throw error
  }
}

/** @returns an answer as a proxy gives it. */
export function answered(outcome: Outcome, ticket = 'ticket-of-message'): Response {
  return new Response('hello', { headers: { 'Warm-Agent-Outcome': outcome, 'Warm-Agent-Ticket': ticket } })
}

/** @returns a refusal of the proxy. */
export function refused(code: 'ticket_invalid' | 'unauthenticated' = 'ticket_invalid'): Response {
  return Response.json(toErrorBody(new WarmAgentError(code, 'no')), { status: 401 })
}

/** From now on messages wait for their answers. @returns what answers the last of them. */
export function holdAnswers(proxy: Pick<FakeProxy, 'onMessage'>): (response: Response) => void {
  let answer = (_: Response) => {}
  proxy.onMessage = () =>
    new Promise(resolve => {
      answer = resolve
    })
  return response => answer(response)
}

export function createFakeProxy(environment: Environment): FakeProxy {
  let renewals = 0
  const renewed = (change: Partial<Lease> = {}): Lease => ({ ...fakeLease, ticket: `ticket-${++renewals}`, ...change })

  const proxy: FakeProxy = {
    openings: [],
    beats: [],
    closes: [],
    messages: [],
    tickets: () => proxy.messages.map(({ headers }) => headers.get('Warm-Agent-Ticket')),
    onBeat: () => renewed({ status: 'warm' }),
    onMessage: ticket => answered(ticket ? 'warm' : 'cold'),

    transport: {
      async *open({ signal }) {
        const queue: (OpenEvent | Error | undefined)[] = []
        let wake = () => {}
        const push = (item: OpenEvent | Error | undefined) => {
          queue.push(item)
          wake()
          return settle()
        }
        const facts = { status: 'warm', source: 'started', tookMs: 2900, evidence: 'observed' } as const
        const opening: FakeOpening = {
          signal,
          lease: change => push({ event: 'lease', data: renewed(change) }),
          warm: change => push({ event: 'warm', data: { ...renewed(change), ...facts } }),
          fail: (error = new WarmAgentError('agent_failed', 'The agent failed.')) =>
            push({ event: 'failed', data: toErrorBody(error) }),
          end: error => push(error),
          async complete() {
            await opening.lease()
            await opening.warm()
            await opening.end()
          },
        }
        proxy.openings.push(opening)
        for (;;) {
          while (!queue.length) {
            await new Promise<void>(resolve => {
              wake = resolve
            })
          }
          const item = queue.shift()
          if (item instanceof Error) throw item
          if (!item) return
          yield item
        }
      },
      async beat(ticket, { signal }) {
        proxy.beats.push({ ticket, atMs: environment.now(), signal })
        return proxy.onBeat()
      },
      async close(ticket, how) {
        proxy.closes.push({ ticket, ...how })
      },
    },

    async fetch(input, init) {
      const request = typeof input === 'object' && 'url' in input ? input : undefined
      const headers = new Headers(init?.headers ?? request?.headers)
      const body = init?.body ?? (request?.body ? await request.text() : undefined)
      proxy.messages.push({ input, init, headers, body })
      return proxy.onMessage(headers.get('Warm-Agent-Ticket'))
    },
  }
  return proxy
}
