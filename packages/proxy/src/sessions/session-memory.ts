import { type RuntimeSession, sessionKey } from '../agent-runtime.ts'
import type { LedgerEntry } from '../ledger/session-ledger.ts'
import type { SessionTicket } from './session-ticket.ts'
import type { WarmUpAnswer } from './warm-up.ts'

/**
 * What this process happens to know of a session beyond its ticket. All of it may be lost at any time: a ticket
 * alone is always enough to serve a request, only less precisely.
 */
interface SessionMemory {
  /** The warm-up that this process makes or made. Rejects when it failed. */
  warmUp?: Promise<WarmUpAnswer>
  isWarmUpOver?: boolean
  /** Where it is now, when the endpoint that it was first placed on has refused it. */
  movedTo?: RuntimeSession | undefined
  /** The last touch that this process saw: the ticket may say an earlier one. */
  touchedAt?: number
  /** A message has come for it: the ticket may not say so yet. */
  isSent?: boolean
  /** How many messages wait for it. */
  waiting?: number
  /** One of them has got through to it. */
  isUsed?: boolean
  /** How many of its answers are awaited, or passed on. */
  answering?: number
  /** Its page has left while they were waiting. */
  hasLeft?: boolean
  /** Its page has left: it is ended later, unless it is touched first. */
  parking?: Parking | undefined
  /** It was closed, or found dead: every ticket of a session that was born until then is void. */
  endedAt?: number
  /** It was this process that ended it. */
  isEndedHere?: boolean
  /** The stop that this process is making. Rejects when it failed. */
  stopping?: Promise<void> | undefined
  /** Its ticket, if it was ended here and could not be stopped. */
  unstopped?: SessionTicket | undefined
  /** Its ticket when this process last opened or touched it: a proxy that closes ends what it holds unsent. */
  ticket?: SessionTicket | undefined
  /** What this process last wrote of it into the ledger. */
  entry?: LedgerEntry | undefined
}

/** Whether this process is just warming the session. */
export function isWarming({ warmUp, isWarmUpOver }: SessionMemory): boolean {
  return warmUp !== undefined && !isWarmUpOver
}

/** Whether here a message waits for the session, or an answer of it is awaited or read: then nobody may stop it. */
export function isInUse({ waiting = 0, answering = 0 }: SessionMemory): boolean {
  return waiting + answering > 0
}

interface Parking {
  readonly untilMs: number
  cancel(): void
}

export interface SessionMemories {
  of(session: RuntimeSession): Readonly<SessionMemory>
  note(session: RuntimeSession, news: SessionMemory): void
  /** The session of this ticket has ended, and with it all that were born under its id until `atMs`. */
  noteEnd(ticket: Pick<SessionTicket, 'session' | 'bornAt'>, atMs?: number): void
  /** Whether the session of this ticket has ended. One that was born later under the same id has not. */
  hasEnded(ticket: Pick<SessionTicket, 'session' | 'bornAt'>): boolean
  all(): readonly Readonly<SessionMemory>[]
}

/** Below this many sessions nothing is swept. */
const sweepFromSize = 1024

/** @param keepMs How long a session is remembered after its last news: past the idle timeout its ticket has expired anyway. */
export function createSessionMemories(keepMs: number): SessionMemories {
  const entries = new Map<string, SessionMemory & { keepUntil: number }>()
  let sweepAtSize = sweepFromSize

  function sweep(now: number): void {
    for (const [key, entry] of entries) {
      const isBusy = entry.parking || entry.answering || isWarming(entry)
      if (!isBusy && entry.keepUntil <= now) entries.delete(key)
    }
    sweepAtSize = Math.max(sweepFromSize, entries.size * 2)
  }

  function note(session: RuntimeSession, news: SessionMemory): void {
    const now = Date.now()
    const key = sessionKey(session)
    entries.set(key, { ...entries.get(key), ...news, keepUntil: now + keepMs })
    if (entries.size >= sweepAtSize) sweep(now)
  }

  return {
    of: session => entries.get(sessionKey(session)) ?? {},
    note,
    noteEnd({ session, bornAt }, atMs = bornAt) {
      const { endedAt = bornAt } = entries.get(sessionKey(session)) ?? {}
      note(session, { endedAt: Math.max(endedAt, bornAt, atMs) })
    },
    hasEnded: ({ session, bornAt }) =>
      (entries.get(sessionKey(session))?.endedAt ?? Number.NEGATIVE_INFINITY) >= bornAt,
    all: () => [...entries.values()],
  }
}
