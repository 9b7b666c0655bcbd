import {
  closeAfterParameter,
  headerNames,
  type OpenEvent,
  type RouteName,
  toErrorBody,
  WarmAgentError,
} from '@warm-agent/protocol'
import { answerMessage } from './answer-message.ts'
import { createFakeSessions } from './fake-sessions.ts'
import type { CheckedOptions } from './options.ts'
import type { Seen, SeenMessage } from './seen.ts'
import { streamOpening } from './stream-opening.ts'

/** How long the real proxy keeps a session whose page left while it was warming. */
const parkMs = 30_000

/** The routes of a played proxy, each of which throws a WarmAgentError to refuse, and what they have seen. */
export function createFakeRoutes(options: CheckedOptions) {
  const sessions = createFakeSessions(options)
  const messages: SeenMessage[] = []
  let opened = 0
  let beats = 0
  const ticketOf = ({ headers }: Request) => headers.get(headerNames.ticket)

  const routes: Record<RouteName, (request: Request) => Promise<Response>> = {
    async open(request) {
      if (request.headers.get('sec-purpose')?.includes('prefetch')) throw prefetched()
      checkOpenBody(await request.clone().text())
      opened++
      const startedAtMs = Date.now()
      const session = sessions.open()
      const last = session.warmedUp.then((): OpenEvent => {
        if (options.failure) return { event: 'failed', data: toErrorBody(options.failure) }
        const lease = sessions.grantLease(session)
        const tookMs = Date.now() - startedAtMs
        return { event: 'warm', data: { ...lease, status: 'warm', source: 'started', tookMs, evidence: 'observed' } }
      })
      const first: OpenEvent = { event: 'lease', data: sessions.grantLease(session) }
      return streamOpening(first, last, () => sessions.park(session, parkMs), request.signal)
    },

    async beat(request) {
      const session = sessions.find(ticketOf(request))
      beats++
      sessions.beat(session)
      return Response.json(sessions.grantLease(session))
    },

    async close(request) {
      const session = sessions.find(ticketOf(request) ?? (await request.clone().text()).trim())
      const afterMs = new URL(request.url).searchParams.get(closeAfterParameter)
      if (afterMs === null) await sessions.close(session)
      else sessions.park(session, parseAfterMs(afterMs))
      return new Response(null, { status: 204 })
    },

    message: request => answerMessage(sessions, options.answer, request, messages),

    health: async () => Response.json({ status: 'ok' }),
  }

  const seen: Seen = {
    get opened() {
      return opened
    },
    get closed() {
      return sessions.countClosed()
    },
    get live() {
      return sessions.countLive()
    },
    get beats() {
      return beats
    },
    messages,
  }

  return { routes, seen }
}

function prefetched(): WarmAgentError {
  return new WarmAgentError(
    'forbidden',
    'Could not open a session: nobody looks at this page yet. Wait until it is shown.',
  )
}

function checkOpenBody(text: string): void {
  try {
    const body = text === '' ? {} : JSON.parse(text)
    if (!Array.isArray(body) && typeof body === 'object' && typeof (body.agent ?? '') === 'string') return
  } catch {
    // Refused below.
  }
  throw new WarmAgentError(
    'bad_request',
    'Could not open a session: the body is not {"agent"?: string}. Send that, or nothing.',
  )
}

function parseAfterMs(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new WarmAgentError(
    'bad_request',
    `Could not park the session: ${closeAfterParameter} is not a number of milliseconds. Send a whole number.`,
  )
}
