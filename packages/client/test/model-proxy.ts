import type { Environment, WarmTransport } from '@warm-agent/client'
import { type Lease, type OpenEvent, toErrorBody, WarmAgentError } from '@warm-agent/protocol'

const ttlMs = 900_000
const holdMs = 900_000
const bootMs = 3000

interface ModelSession {
  ticket: string
  warmAtMs: number
  touchedAtMs: number
  bornAtMs: number
  stopAtMs: number
  /** The tabs whose messages it has had. */
  tabs: Set<string>
}

/** A proxy and its agent, of whom only what can be seen from outside is kept: the sessions, and what was done to them wrongly. */
export function createModelProxy(now: () => number) {
  const sessions: ModelSession[] = []
  const received = new Set<string>()
  const mishaps: string[] = []
  let failures = 0

  const isAlive = ({ stopAtMs, touchedAtMs }: ModelSession) => now() < Math.min(stopAtMs, touchedAtMs + ttlMs)
  const find = (ticket: string | null) => sessions.find(session => session.ticket === ticket && isAlive(session))
  const lease = ({ ticket, warmAtMs, bornAtMs, tabs }: ModelSession): Lease => ({
    ticket,
    status: now() < warmAtMs ? 'warming' : 'warm',
    beatMs: 0.6 * ttlMs,
    ttlMs,
    holdMs: tabs.size ? 28_800_000 : Math.max(0, bornAtMs + holdMs - now()),
  })
  const begin = (isWarm: boolean): ModelSession => {
    const at = now()
    const session = {
      ticket: `session-${sessions.length + 1}`,
      warmAtMs: isWarm ? at : at + bootMs,
      touchedAtMs: at,
      bornAtMs: at,
      stopAtMs: Number.POSITIVE_INFINITY,
      tabs: new Set<string>(),
    }
    sessions.push(session)
    return session
  }
  const fails = () => failures > 0 && failures-- > 0

  return {
    mishaps,
    /** The next call of any tab fails on its way. */
    failNext: () => {
      failures++
    },
    /** The platform ends one of the sessions, without a word. */
    loseOne: (number: number) => {
      const living = sessions.filter(isAlive)
      const lost = living[number % living.length]
      if (lost) lost.stopAtMs = now()
    },
    /** How many spares are held: alive, not about to be stopped, and nobody's yet. */
    held: () =>
      sessions.filter(
        session => isAlive(session) && session.stopAtMs === Number.POSITIVE_INFINITY && !session.tabs.size,
      ).length,
    left: () => sessions.filter(isAlive).map(({ ticket }) => ticket),

    connect(page: string, environment: Environment): { transport: WarmTransport; fetch: typeof globalThis.fetch } {
      const tab = page.replace(/,.*/, '')
      return {
        transport: {
          async *open({ signal }): AsyncGenerator<OpenEvent> {
            if (fails()) throw new TypeError('network')
            const session = begin(false)
            yield { event: 'lease', data: lease(session) }
            await new Promise<void>(resolve => {
              environment.after(bootMs, resolve)
              signal.addEventListener('abort', () => resolve())
            })
            // Whoever opened it has gone: somebody else may take it up for a while.
            if (signal.aborted && !session.tabs.size) session.stopAtMs = Math.min(session.stopAtMs, now() + 30_000)
            signal.throwIfAborted()
            const facts = { source: 'started', tookMs: bootMs, evidence: 'observed' } as const
            if (!isAlive(session)) {
              yield { event: 'failed', data: toErrorBody(new WarmAgentError('agent_failed', 'It was lost.')) }
            } else yield { event: 'warm', data: { ...lease(session), ...facts, status: 'warm' } }
          },
          async beat(ticket) {
            if (fails()) throw new TypeError('network')
            const session = find(ticket)
            if (!session) throw new WarmAgentError('session_expired', 'It is over.')
            session.touchedAtMs = now()
            session.stopAtMs = Number.POSITIVE_INFINITY
            return lease(session)
          },
          async close(ticket, { afterMs = 0 }) {
            const session = find(ticket)
            if (session?.tabs.size && !session.tabs.has(tab)) mishaps.push(`${page} stopped the session of another tab`)
            if (session) session.stopAtMs = Math.min(session.stopAtMs, now() + afterMs)
          },
        },
        async fetch(_, init) {
          const ticket = new Headers(init?.headers).get('Warm-Agent-Ticket')
          const known = find(ticket)
          // A message that is lost on its way was a conversation's all the same.
          known?.tabs.add(tab)
          if (fails()) throw new TypeError('network')
          const text = String(init?.body)
          if (received.has(text)) mishaps.push(`${text} came twice`)
          received.add(text)
          const session = known ?? begin(true)
          session.touchedAtMs = now()
          session.stopAtMs = Number.POSITIVE_INFINITY
          session.tabs.add(tab)
          if (session.tabs.size > 1) mishaps.push(`${text} came to the session of ${[...session.tabs].join(' and ')}`)
          const outcome = known ? (now() < known.warmAtMs ? 'joined' : 'warm') : ticket ? 'rewarmed' : 'cold'
          return new Response(text, { headers: { 'Warm-Agent-Ticket': session.ticket, 'Warm-Agent-Outcome': outcome } })
        },
      }
    },
  }
}

export type ModelProxy = ReturnType<typeof createModelProxy>
