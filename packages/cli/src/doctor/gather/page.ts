import { headerNames, heldOutHeader, type OpenEvent, routes, wireVersion } from '@warm-agent/protocol'
import { openEvents } from '../../open-events.ts'
import type { ClockReading } from '../checks/clock.ts'
import type { CorsAnswer } from '../checks/origin.ts'
import type { ProxyFacts } from '../checks/proxy.ts'
import { readClock, reasonOf } from './platform.ts'
import { type Chunks, readChunks } from './read-chunks.ts'

export interface Opened {
  status: number
  refusal: ProxyFacts['open']
  setCookies: string[]
  headers: Headers
  /** When each event came, in milliseconds from the first. */
  events: (OpenEvent & { atMs: number })[]
}

export interface Sent extends Chunks {
  status: number
  outcome: string | undefined
  /** From sending to the first byte. Milliseconds. */
  answeredInMs: number
  headers: Headers
}

/** A page that calls a proxy, with cookies as in a browser. Unlike in a browser, every header can be seen. */
export interface Page {
  /** @returns what `/health` answers, and how far the proxy's clock is from ours. */
  health(): Promise<{ health: ProxyFacts['health']; clock: ClockReading | undefined }>
  /** Asks for `/health` as a page of that origin. */
  askFrom(origin: string): Promise<CorsAnswer>
  preflight(origin: string): Promise<CorsAnswer>
  open(): Promise<Opened>
  send(message: string): Promise<Sent>
  beat(): Promise<number>
  /** Stops the session, if one was opened. @returns whether none is left. */
  close(): Promise<boolean>
}

const patienceMs = 120_000

/** @param origin Of the page. @param own The header, name and value, by which the proxy knows the caller. */
export function createPage(
  base: string,
  origin: string,
  own: readonly [string, string] | undefined,
  signal: AbortSignal,
): Page {
  const cookies = new Map<string, string>()
  let ticket: string | undefined

  async function ask(path: string, init: RequestInit, from = origin): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('origin', from)
    headers.set(headerNames.version, wireVersion)
    if (own) headers.set(...own)
    if (ticket) headers.set(headerNames.ticket, ticket)
    if (cookies.size > 0) headers.set('cookie', [...cookies].map(pair => pair.join('=')).join('; '))
    const answer = await fetch(base + path, {
      ...init,
      headers,
      redirect: 'manual',
      signal: init.signal ?? AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
    })
    for (const header of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? []
      cookies.set(name, value)
    }
    ticket = answer.headers.get(headerNames.ticket) ?? ticket
    return answer
  }

  return {
    async health() {
      const askedAt = Date.now()
      try {
        const answer = await ask(routes.health.path, {})
        const clock = readClock(`the proxy ${base}`, answer.headers.get('date'), askedAt, Date.now())
        const version = answer.headers.get(headerNames.version)
        const body = (await answer.json().catch(() => undefined)) as
          | { status?: string; error?: { code?: string } }
          | undefined
        // Our proxy may refuse the origin.
        const isOurs = version !== null && (body?.status === 'ok' || body?.error?.code === 'forbidden')
        const location = locationOf(answer)
        return { clock, health: { status: answer.status, version, isOurs, location } }
      } catch (error) {
        signal.throwIfAborted()
        return { clock: undefined, health: { unreachable: reasonOf(error) } }
      }
    },
    askFrom: async from => corsOf(await ask(routes.health.path, {}, from)),
    preflight: async from =>
      corsOf(
        await ask(
          routes.open.path,
          {
            method: 'OPTIONS',
            headers: {
              'access-control-request-method': 'POST',
              'access-control-request-headers': ['content-type', ...Object.values(headerNames)].join(',').toLowerCase(),
            },
          },
          from,
        ),
      ),
    async open() {
      const answer = await ask(routes.open.path, { method: routes.open.method, body: '{}' })
      const { status, headers } = answer
      const setCookies = headers.getSetCookie()
      if (!answer.ok) {
        const { error } = ((await answer.json().catch(() => ({}))) ?? {}) as {
          error?: { code: string; message: string }
        }
        return {
          status,
          headers,
          setCookies,
          events: [],
          refusal: { status, location: locationOf(answer), isHeldOut: headers.has(heldOutHeader), ...error },
        }
      }
      const events = await readEvents(answer.body, newest => {
        ticket = newest
      })
      return { status, headers, setCookies, events, refusal: undefined }
    },
    async send(message) {
      const sentAt = performance.now()
      const answer = await ask(routes.message.path, {
        method: routes.message.method,
        body: message,
        headers: { 'content-type': 'application/json', accept: 'text/event-stream, application/json' },
      })
      const chunks = await readChunks(answer.body)
      signal.throwIfAborted()
      const { status, headers } = answer
      const outcome = headers.get(headerNames.outcome) ?? undefined
      return { ...chunks, status, headers, outcome, answeredInMs: chunks.firstAt - sentAt }
    },
    async beat() {
      const answer = await ask(routes.beat.path, { method: routes.beat.method })
      await answer.body?.cancel()
      return answer.status
    },
    async close() {
      if (!ticket) return true
      try {
        // With a signal of its own: also after an interruption the session is stopped.
        const init = { method: routes.close.method, signal: AbortSignal.timeout(15_000) }
        const { status } = await ask(routes.close.path, init)
        ticket = undefined
        return status < 300 || status === 410
      } catch {
        return false
      }
    },
  }
}

/** Where a redirect leads, without its query: that of a sign-in holds secrets. */
function locationOf({ status, headers, url }: Response): string | undefined {
  const location = headers.get('location')
  if (status < 300 || status > 399 || location === null || !URL.canParse(location, url)) return undefined
  const { origin, pathname } = new URL(location, url)
  return origin + pathname
}

function corsOf({ status, headers, body }: Response): CorsAnswer {
  void body?.cancel()
  return {
    status,
    allowOrigin: headers.get('access-control-allow-origin'),
    allowCredentials: headers.get('access-control-allow-credentials'),
    allowHeaders: headers.get('access-control-allow-headers'),
    exposeHeaders: headers.get('access-control-expose-headers'),
  }
}

/** Reads the stream of a warm-up to its end. @param onTicket Gets each ticket at once, so that its session can be closed. */
async function readEvents(
  body: ReadableStream<Uint8Array> | null,
  onTicket: (ticket: string) => void,
): Promise<Opened['events']> {
  const events: Opened['events'] = []
  let startedAt: number | undefined
  for await (const event of openEvents(body)) {
    const at = performance.now()
    startedAt ??= at
    if (event.event !== 'failed') onTicket(event.data.ticket)
    events.push({ ...event, atMs: at - startedAt })
  }
  return events
}
