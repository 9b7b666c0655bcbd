import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { listenLocally } from '../../support/listen-locally.ts'
import {
  type Behaviour,
  createStubSession,
  type Failure,
  type SessionState,
  type StubSession,
} from './stub-sessions.ts'

/** A proxy that shares no code with ours: it speaks the wire of packages/protocol/README.md, boots nothing, and keeps books. */
export interface ProxyStub {
  url: string
  /** Change it at any time: it counts from the next request on. */
  behaviour: Behaviour
  /** What arrived, in its order. */
  visits(route?: Visit['route'], agent?: string): Visit[]
  sessions(agent?: string): StubSession[]
  close(): Promise<void>
}

export interface Visit {
  route: 'open' | 'beat' | 'message' | 'close'
  atMs: number
  session: string
  agent: string
  /** What the session was before. */
  state: SessionState | 'none'
  /** The page that it came from: path and query. */
  page: string
  afterMs?: number | undefined
  text?: string
  outcome?: string
}

const usual: Behaviour = {
  leaseAfterMs: 0,
  warmAfterMs: 50,
  answerAfterMs: 0,
  beatMs: 200,
  ttlMs: 2000,
  holdMs: 60_000,
  failures: {},
}

const outcomes = {
  none: 'cold',
  warming: 'joined',
  live: 'warm',
  parked: 'warm',
  closed: 'rewarmed',
  expired: 'rewarmed',
} as const

/** @param files What else its origin serves, by path: the pages under test. */
export async function startProxyStub(files: ReadonlyMap<string, string>): Promise<ProxyStub> {
  const behaviour = { ...usual }
  const visits: Visit[] = []
  const sessions: StubSession[] = []

  function begin(agent: string): StubSession {
    const session = createStubSession(`session-${sessions.length + 1}`, agent, behaviour)
    sessions.push(session)
    session.boot()
    return session
  }

  function note(request: IncomingMessage, route: Visit['route'], session?: StubSession, facts?: Partial<Visit>): Visit {
    const { pathname, search } = new URL(request.headers.referer ?? 'none:')
    const visit: Visit = {
      route,
      atMs: Date.now(),
      session: session?.name ?? '',
      agent: session?.agent ?? '',
      state: session?.state ?? 'none',
      page: pathname + search,
      ...facts,
    }
    visits.push(visit)
    return visit
  }

  async function open(request: IncomingMessage, response: ServerResponse) {
    const { agent = '' } = JSON.parse((await text(request)) || '{}')
    const { failures, leaseAfterMs, warmAfterMs } = behaviour
    if (failures.open) {
      note(request, 'open', undefined, { agent })
      return refuse(response, failures.open)
    }
    const session = begin(agent)
    note(request, 'open', session, { state: 'none' })
    await wait(leaseAfterMs)
    // Nobody will ever have its ticket, so nobody could close it.
    if (response.destroyed) return session.stop(0)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const say = (event: string, data: object) => response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    say('lease', { ...session.lease(), status: 'warming' })
    await wait(Math.max(0, session.warmAtMs - Date.now()))
    if (failures.warm) {
      session.lose()
      say('failed', toBody(failures.warm))
    } else {
      say('warm', { ...session.lease(), status: 'warm', source: 'started', tookMs: warmAfterMs, evidence: 'observed' })
    }
    response.end()
  }

  function beat(request: IncomingMessage, response: ServerResponse, session?: StubSession) {
    const { state } = note(request, 'beat', session)
    if (behaviour.failures.beat) return refuse(response, behaviour.failures.beat)
    if (!session) return refuse(response, unknownTicket)
    if (/closed|expired/.test(state)) return refuse(response, { status: 410, code: 'session_expired' })
    session.touch()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(session.lease()))
  }

  async function answer(request: IncomingMessage, response: ServerResponse, agent: string, given?: StubSession) {
    const body = await text(request)
    const visit = note(request, 'message', given, { text: body })
    if (request.headers['warm-agent-ticket'] && !given) return refuse(response, unknownTicket)
    const session = given ?? begin(agent)
    // One that was parked while it warmed up warms on.
    const outcome = given && Date.now() < given.warmAtMs ? 'joined' : outcomes[visit.state]
    Object.assign(visit, { outcome, session: session.name, agent: session.agent })
    if (outcome === 'rewarmed') session.boot()
    session.touch()
    session.isSent = true
    await wait(Math.max(0, session.warmAtMs - Date.now()) + behaviour.answerAfterMs)
    if (behaviour.failures.message) return refuse(response, behaviour.failures.message)
    const headers = { 'warm-agent-outcome': outcome, 'warm-agent-ticket': session.lease().ticket }
    response.writeHead(200, { 'content-type': 'text/plain', ...headers }).end(`You said: ${body}`)
  }

  async function close(request: IncomingMessage, response: ServerResponse, after: string | null, given?: StubSession) {
    const session = given ?? find(await text(request))
    const afterMs = after === null ? undefined : Number(after)
    note(request, 'close', session, { afterMs })
    session?.stop(afterMs ?? 0)
    response.writeHead(204).end()
  }

  const find = (ticket: string | undefined) => sessions.find(({ name }) => name === ticket?.split('.')[0])

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://stub')
    if (request.method === 'GET') {
      const type = pathname.endsWith('.js') ? 'text/javascript' : 'text/html'
      return response.writeHead(files.has(pathname) ? 200 : 404, { 'content-type': type }).end(files.get(pathname))
    }
    // As strict as our proxy, because it could cost the back/forward cache.
    response.setHeader('cache-control', 'no-store, no-transform')
    response.setHeader('warm-agent-version', '1')
    const session = find(request.headersDistinct['warm-agent-ticket']?.[0])
    const routes: Record<string, () => unknown> = {
      '/api/agent/sessions': () => open(request, response),
      '/api/agent/sessions/beat': () => beat(request, response, session),
      '/api/agent/sessions/close': () => close(request, response, searchParams.get('afterMs'), session),
      '/api/agent/messages': () => answer(request, response, searchParams.get('agent') ?? '', session),
    }
    return (routes[pathname] ?? (() => refuse(response, { status: 404, code: 'not_found' })))()
  })
  const { origin } = await listenLocally(server)

  return {
    url: origin,
    behaviour,
    visits: (route, agent) =>
      visits.filter(visit => (route ?? visit.route) === visit.route && (agent ?? visit.agent) === visit.agent),
    sessions: agent => sessions.filter(session => (agent ?? session.agent) === session.agent),
    async close() {
      server.close().closeAllConnections()
      await once(server, 'close')
    },
  }
}

const unknownTicket = { status: 401, code: 'ticket_invalid' }

function toBody({ code }: Failure) {
  return { error: { code, message: `Could not do it: the stub was told to say ${code}.` } }
}

function refuse(response: ServerResponse, failure: Failure) {
  response.writeHead(failure.status, { 'content-type': 'application/json' }).end(JSON.stringify(toBody(failure)))
}
