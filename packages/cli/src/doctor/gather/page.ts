import { headerNames, heldOutHeader, routes, wireVersion } from '@warm-agent/protocol'
import { withTimeout } from '../../with-timeout.ts'
import type { ClockReading } from '../checks/clock.ts'
import type { CorsAnswer } from '../checks/origin.ts'
import type { ProxyFacts } from '../checks/proxy.ts'
import type { Examination } from '../examination.ts'
import { readClock, reasonOf } from './platform.ts'
import { type Chunks, readChunks } from './read-chunks.ts'
import { readEvents, type Streamed } from './read-events.ts'

export interface Opened extends Streamed {
  status: number
  refusal: ProxyFacts['open']
  setCookies: string[]
  headers: Headers
}

export interface Sent extends Chunks {
  status: number
  outcome: string | undefined
  /** From sending to the first byte; absent when no answer came. Milliseconds. */
  answeredInMs: number | undefined
  headers: Headers
}

/**
 * A page that calls a proxy, with cookies as in a browser. Unlike in a browser, every header can be seen, and a request without
 * an answer tells why: only an interruption rejects.
 */
export interface Page {
  /** @returns what `/health` answers, and how far the proxy's clock is from ours. */
  health(): Promise<{ health: ProxyFacts['health']; clock: ClockReading | undefined }>
  /** Asks for `/health` as a page of that origin. */
  askFrom(origin: string): Promise<CorsAnswer>
  preflight(origin: string): Promise<CorsAnswer>
  open(): Promise<Opened>
  send(message: string): Promise<Sent>
  /** @returns whether the session is still there, and why nobody could tell, if so. */
  beat(): Promise<{ isAlive: boolean; failed: string | undefined }>
  /** Stops the session, if one was opened. @returns whether none is left. */
  close(): Promise<boolean>
}

const patienceMs = 120_000
/** Names of headers by which a proxy knows its callers. The value of another (a tenant, a language) is a word like others. */
const secretNames = /auth|cookie|key|token|secret|pass|session|sign/i
/** With two instances that are chosen at random, one close in a thousand comes to the wrong one so often. */
const mostCloses = 10

/**
 * @param origin Of the page.
 * @param own The header, name and value, by which the proxy knows the caller.
 * @param hide Gets what is sent that is a secret of this caller.
 */
export function createPage(
  base: string,
  origin: string,
  own: readonly [string, string] | undefined,
  { signal, hide }: Pick<Examination, 'signal' | 'hide'>,
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
    if (own) hide(own[1], secretNames.test(own[0]))
    for (const value of [ticket, ...cookies.values()]) hide(value)
    const answer = await fetch(base + path, {
      ...init,
      headers,
      redirect: 'manual',
      signal: init.signal ?? withTimeout(signal, patienceMs),
    })
    for (const header of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? []
      cookies.set(name, value)
    }
    ticket = answer.headers.get(headerNames.ticket) ?? ticket
    return answer
  }

  /** @returns an answer with status 0, and why, when there is none: what stands between may break every connection. */
  async function tryAsk(...asked: Parameters<typeof ask>): Promise<{ answer: Response; broken: string | undefined }> {
    try {
      return { answer: await ask(...asked), broken: undefined }
    } catch (error) {
      signal.throwIfAborted()
      return { answer: Response.error(), broken: reasonOf(error) }
    }
  }

  return {
    async health() {
      const askedAt = Date.now()
      const { answer, broken } = await tryAsk(routes.health.path, {})
      if (broken !== undefined) return { clock: undefined, health: { unreachable: broken } }
      const clock = readClock(`the proxy ${base}`, answer.headers.get('date'), askedAt, Date.now())
      const version = answer.headers.get(headerNames.version)
      const { status, error } = await readOurs(answer)
      // Our proxy may refuse the origin, or our version of the wire.
      const isOurs =
        version !== null && (status === 'ok' || /^(forbidden|unsupported_version)$/.test(error?.code ?? ''))
      const isElsewhere = version !== null && error?.code === 'not_found'
      const location = locationOf(answer)
      return { clock, health: { status: answer.status, version, isOurs, isElsewhere, location } }
    },
    askFrom: async from => corsOf(await tryAsk(routes.health.path, {}, from)),
    preflight: async from =>
      corsOf(
        await tryAsk(
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
      const { answer, broken } = await tryAsk(routes.open.path, { method: routes.open.method, body: '{}' })
      const { status, headers } = answer
      const setCookies = headers.getSetCookie()
      if (!answer.ok) {
        const { error } = await readOurs(answer)
        return {
          status,
          headers,
          setCookies,
          events: [],
          broken,
          refusal: { status, broken, location: locationOf(answer), isHeldOut: headers.has(heldOutHeader), ...error },
        }
      }
      const onTicket = (newest: string) => {
        ticket = newest
      }
      const streamed = await readEvents(answer.body, onTicket, signal)
      return { status, headers, setCookies, ...streamed, refusal: undefined }
    },
    async send(message) {
      const sentAt = performance.now()
      const { answer, broken } = await tryAsk(routes.message.path, {
        method: routes.message.method,
        body: message,
        headers: { 'content-type': 'application/json', accept: 'text/event-stream, application/json' },
      })
      const chunks = await readChunks(answer.body)
      signal.throwIfAborted()
      const { status, headers } = answer
      const outcome = headers.get(headerNames.outcome) ?? undefined
      const sent = { ...chunks, status, headers, outcome, answeredInMs: chunks.firstAt - sentAt }
      return broken === undefined ? sent : { ...sent, answeredInMs: undefined, broken: `no answer: ${broken}` }
    },
    async beat() {
      const { answer, broken } = await tryAsk(routes.beat.path, { method: routes.beat.method })
      const { status, ok } = answer
      const { error } = await readOurs(answer)
      const answered = `it was answered with status ${status}${error?.code ? ` ${error.code}` : ''}.`
      const said = broken === undefined ? answered : `no answer, ${broken}`
      return { isAlive: status !== 410, failed: ok || status === 410 ? undefined : said }
    },
    async close() {
      if (!ticket) return true
      // Of several instances with different secrets only one knows the ticket: a balancer comes to it sooner or later.
      for (let left = mostCloses; left > 0; left--) {
        try {
          // With a signal of its own: also after an interruption the session is stopped.
          const init = { method: routes.close.method, signal: AbortSignal.timeout(15_000) }
          const answer = await ask(routes.close.path, init)
          leave(answer)
          if (answer.status === 401) continue
          ticket = undefined
          return answer.status < 300 || answer.status === 410
        } catch {
          return false
        }
      }
      return false
    },
  }
}

/** What a proxy of ours says in JSON, or nothing: whoever stands between may answer anything. */
async function readOurs(answer: Response): Promise<{ status?: string; error?: { code: string; message: string } }> {
  return (await answer.json().catch(() => undefined)) ?? {}
}

/** Where a redirect leads, without its query: that of a sign-in holds secrets. */
function locationOf({ status, headers, url }: Response): string | undefined {
  const location = headers.get('location')
  if (status < 300 || status > 399 || location === null || !URL.canParse(location, url)) return undefined
  const { origin, pathname } = new URL(location, url)
  return origin + pathname
}

/** Reads no more of it. */
function leave({ body }: Response): void {
  void body?.cancel().catch(() => undefined)
}

function corsOf({ answer, broken }: { answer: Response; broken: string | undefined }): CorsAnswer {
  leave(answer)
  const { status, headers } = answer
  return {
    status,
    broken,
    allowOrigin: headers.get('access-control-allow-origin'),
    allowCredentials: headers.get('access-control-allow-credentials'),
    allowHeaders: headers.get('access-control-allow-headers'),
    exposeHeaders: headers.get('access-control-expose-headers'),
  }
}
