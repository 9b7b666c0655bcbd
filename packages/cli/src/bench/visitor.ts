import { type Evidence, fromErrorBody, headerNames, type OpenEvent, type Outcome, routes } from '@warm-agent/protocol'
import { openEvents } from '../open-events.ts'

/** How a warm-up ended. */
interface WarmedUp {
  tookMs: number
  /** Whether the agent's echo was seen. */
  evidence: Evidence
}

/** A page: one caller, one conversation. */
export interface Visitor {
  /** Opens a session. Resolves with the lease; `warmed` resolves when the warm-up has succeeded, and rejects when it has failed. */
  open(signal: AbortSignal): Promise<{ warmed: Promise<WarmedUp> }>
  send(message: string, signal: AbortSignal): Promise<Response>
  close(): Promise<void>
  /** The page's credentials and its newest ticket. */
  headers(): Record<string, string>
}

/** A page that speaks to the proxy at `base` as the client does, but tries nothing twice. */
export function createVisitor(base: string, own: Readonly<Record<string, string>>): Visitor {
  let ticket: string | undefined
  const headers = () => ({ ...own, ...(ticket && { [headerNames.ticket]: ticket }) })

  async function post(path: string, init: RequestInit): Promise<Response> {
    const response = await fetch(base + path, { ...init, method: 'POST', headers: { ...headers(), ...init.headers } })
    ticket = response.headers.get(headerNames.ticket) ?? ticket
    if (response.ok) return response
    const said: unknown = await response.json().catch(() => undefined)
    const task = `get an answer: at ${path} the proxy answered ${response.status}`
    throw fromErrorBody(said) ?? new Error(`Could not ${task} and did not say why. See its log.`)
  }

  /** Listens until the warm-up has ended, and keeps the ticket that it brings. */
  async function untilWarmed(events: AsyncIterable<OpenEvent>, isWarmAlready: boolean): Promise<WarmedUp> {
    for await (const { event, data } of events) {
      if (event === 'failed') {
        throw fromErrorBody(data) ?? new Error('Could not warm a session: the proxy did not say why. See its log.')
      }
      if (event !== 'warm') continue
      ticket = data.ticket
      return { tookMs: data.tookMs, evidence: data.evidence }
    }
    if (isWarmAlready) return { tookMs: 0, evidence: 'assumed' }
    throw new Error("Could not warm a session: the proxy's answer broke off. See its log.")
  }

  return {
    headers,
    async open(signal) {
      const { body } = await post(routes.open.path, { body: '{}', signal })
      const events = openEvents(body)
      const { value: lease } = await events.next()
      if (lease?.event !== 'lease') {
        throw new Error("Could not open a session: the proxy's answer has no lease. See its log.")
      }
      ticket = lease.data.ticket
      const warmed = untilWarmed(events, lease.data.status === 'warm')
      // A visit that sends early does not wait for this: the outcome of its message tells how the warm-up ended.
      warmed.catch(() => {})
      return { warmed }
    },
    send: (message, signal) =>
      post(routes.message.path, {
        body: message,
        signal,
        headers: { 'content-type': 'application/json', accept: 'text/event-stream, application/json' },
      }),
    async close() {
      if (ticket) await post(routes.close.path, { signal: AbortSignal.timeout(30_000) })
    },
  }
}

export function outcomeOf(response: Response): Outcome | 'unknown' {
  return (response.headers.get(headerNames.outcome) as Outcome | null) ?? 'unknown'
}

/** The durations in the proxy's `Server-Timing`; `null` when it has none. */
export function serverTiming(response: Response): { joinMs: number; agentMs: number } | null {
  const text = response.headers.get('server-timing') ?? ''
  const read = (name: string) => Number(new RegExp(`(?:^|,\\s*)${name};(?:[^,]*;)?dur=([0-9.]+)`).exec(text)?.[1])
  const times = { joinMs: read('join'), agentMs: read('agent') }
  return Number.isFinite(times.joinMs) && Number.isFinite(times.agentMs) ? times : null
}
