import { type Lease, type Outcome, WarmAgentError } from '@warm-agent/protocol'
import type { CheckedOptions } from './options.ts'

/** The defaults of the real proxy and its platform, in milliseconds. */
const unsentHoldMs = 900_000
const maxLifetimeMs = 28_800_000
const beatShare = 0.6

export interface FakeSession {
  bornAtMs: number
  touchedAtMs: number
  /** When it is closed: in the past, or to come while it is parked, or never. */
  closesAtMs: number
  isSent: boolean
  warmUp: 'running' | 'succeeded' | 'failed'
  /** Resolves when the warm-up has ended, well or not. */
  warmedUp: Promise<void>
}

/**
 * The sessions of a played proxy. Deadlines are read off the clock whenever somebody asks, so that nothing is left
 * running when a test ends, and a clock that jumps is a machine that slept.
 */
export function createFakeSessions({ warmUpMs, failure, expireAfterMs }: CheckedOptions) {
  const sessions = new Set<FakeSession>()
  const sessionOf = new Map<string, FakeSession>()

  const platformEndMs = ({ touchedAtMs, bornAtMs }: FakeSession) =>
    Math.min(touchedAtMs + expireAfterMs, bornAtMs + maxLifetimeMs)
  const holdEndMs = ({ bornAtMs, isSent }: FakeSession) => bornAtMs + (isSent ? maxLifetimeMs : unsentHoldMs)
  const isExpired = (session: FakeSession) => Date.now() >= platformEndMs(session)
  const isClosed = ({ closesAtMs }: FakeSession) => Date.now() >= closesAtMs

  function keepOpen(session: FakeSession) {
    if (!isClosed(session)) session.closesAtMs = Number.POSITIVE_INFINITY
  }

  function issueTicket(session: FakeSession): string {
    const ticket = crypto.randomUUID()
    sessionOf.set(ticket, session)
    return ticket
  }

  async function close(session: FakeSession) {
    session.closesAtMs = Math.min(session.closesAtMs, Date.now())
    // The platform cannot stop what it is just starting, so the real proxy waits too.
    await session.warmedUp
  }

  return {
    open(): FakeSession {
      const session: FakeSession = { ...newSession(), warmUp: 'running' }
      const took = warmUpMs > 0 ? new Promise(resolve => setTimeout(resolve, warmUpMs)) : Promise.resolve()
      session.warmedUp = took.then(() => {
        session.warmUp = failure ? 'failed' : 'succeeded'
        if (!failure) session.touchedAtMs = Date.now()
      })
      sessions.add(session)
      return session
    },

    issueTicket,

    grantLease(session: FakeSession): Lease {
      const now = Date.now()
      return {
        ticket: issueTicket(session),
        status: session.warmUp === 'succeeded' ? 'warm' : 'warming',
        beatMs: Math.round(expireAfterMs * beatShare),
        ttlMs: Math.max(0, platformEndMs(session) - now),
        holdMs: Math.max(0, holdEndMs(session) - now),
      }
    },

    /** @throws WarmAgentError `ticket_invalid` */
    find(ticket: string | null): FakeSession {
      const session = sessionOf.get(ticket ?? '')
      if (session) return session
      throw new WarmAgentError(
        'ticket_invalid',
        'Could not find the session: the ticket is not valid. Open a new session.',
      )
    },

    /** @throws WarmAgentError `session_expired` */
    beat(session: FakeSession) {
      if (isClosed(session) || isExpired(session)) throw expired()
      if (session.warmUp === 'failed' || Date.now() >= holdEndMs(session)) {
        void close(session)
        throw expired()
      }
      keepOpen(session)
      if (session.warmUp === 'succeeded') session.touchedAtMs = Date.now()
    },

    /** The session that a message runs on. Waits for a warm-up in flight; never fails for its sake. */
    async join(session?: FakeSession): Promise<{ session: FakeSession; outcome: Outcome }> {
      if (!session) return { session: newSession(), outcome: 'cold' }
      keepOpen(session)
      if (isClosed(session)) return { session: newSession(), outcome: 'rewarmed' }
      if (isExpired(session)) return { session, outcome: 'rewarmed' }
      const outcome = session.warmUp === 'running' ? 'joined' : 'warm'
      await session.warmedUp
      return session.warmUp === 'failed' ? { session: newSession(), outcome: 'cold' } : { session, outcome }
    },

    /** A message was answered on it: from now on it is the conversation's. */
    own(session: FakeSession) {
      const now = Date.now()
      if (isExpired(session)) session.bornAtMs = now
      Object.assign(session, { touchedAtMs: now, isSent: true, warmUp: 'succeeded' })
      sessions.add(session)
    },

    close,

    park(session: FakeSession, afterMs: number) {
      if (!isClosed(session)) session.closesAtMs = Date.now() + Math.min(afterMs, expireAfterMs)
    },

    countClosed: () => [...sessions].filter(isClosed).length,
    countLive: () => [...sessions].filter(one => !isClosed(one) && !isExpired(one) && one.warmUp !== 'failed').length,
  }
}

export type FakeSessions = ReturnType<typeof createFakeSessions>

/** One that a message starts: it is warm as soon as the message is answered. */
function newSession(): FakeSession {
  const now = Date.now()
  return {
    bornAtMs: now,
    touchedAtMs: now,
    closesAtMs: Number.POSITIVE_INFINITY,
    isSent: false,
    warmUp: 'succeeded',
    warmedUp: Promise.resolve(),
  }
}

function expired(): WarmAgentError {
  return new WarmAgentError(
    'session_expired',
    'Could not hold the session: it has ended. Open a new one, or send the message.',
  )
}
