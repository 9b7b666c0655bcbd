import { holdEndAt, platformEndAt, type SessionRules } from '../sessions/deadlines.ts'
import type { SessionTicket } from '../sessions/session-ticket.ts'
import type { HoldReason, LedgerEntry } from './session-ledger.ts'

/**
 * What has come to pass: its user `touched` the session, and so keeps it; its page left, and it is to be stopped then, with
 * `unlessSent` only if no message has come for it elsewhere; or something else is `noted` of it, which keeps nobody from
 * stopping it.
 */
export type HoldChange = 'touched' | 'noted' | { parkedUntil: number; unlessSent?: boolean }

/** What an instance has to say of a session. */
export interface HoldNews {
  ticket: SessionTicket
  change: HoldChange
  holder: string
  /** When it came to pass. */
  atMs: number
  nowMs: number
  /** Whether a message waits for it on this instance, or for its answer, or this instance passes that answer on. */
  isAnswering: boolean
  /** How long a warm-up may take. */
  warmTimeoutMs: number
}

/** So long an instance is believed that an answer goes on, after it last said so. Milliseconds. */
export const answeringMs = 20_000

/** Whoever touched a session has this long to bring the touch to its end, in milliseconds. */
const touchMs = 5_000

/** What is written at once is the newest, whatever two clocks say; what is made up for after so long counts by its time. */
const lateMs = 1_000
/** So far may two clocks be apart. Within it the page is taken to stay: what is kept too long costs little. */
const clocksMs = 5_000

/**
 * Whether the session was started again, under its old id, after this end, by somebody who could not know of it: the
 * ledger was away.
 */
export function isOutlived({ state, bornAt }: LedgerEntry, ticket: SessionTicket): boolean {
  return state === 'ended' && ticket.isWarm && ticket.bornAt > bornAt
}

/**
 * @param stored What the ledger has, written perhaps by another instance.
 * @returns the entry of a session that is touched or parked, or `undefined` when it has been ended.
 */
export function heldEntry(
  stored: LedgerEntry | undefined,
  { ticket, change: told, holder, atMs, nowMs, isAnswering, warmTimeoutMs }: HoldNews,
  rules: SessionRules,
): LedgerEntry | undefined {
  const current = stored && isOutlived(stored, ticket) ? undefined : stored
  if (current && current.state !== 'held') return undefined
  const newestMs = atMs + (told === 'touched' ? clocksMs : 0)
  const isOutdated = nowMs - atMs > lateMs && newestMs < (current?.heardAt ?? 0)
  const change = isOutdated ? 'noted' : told
  const heardAt = change === 'noted' ? current?.heardAt : atMs
  // A ticket may be older than what another instance has seen.
  const times = {
    bornAt: Math.max(ticket.bornAt, current?.bornAt ?? 0),
    touchedAt: Math.max(ticket.touchedAt, current?.touchedAt ?? 0),
    isSent: ticket.isSent || (current?.isSent ?? false),
    ...(ticket.heldSince !== undefined && { heldSince: ticket.heldSince }),
  }
  const isWarm = ticket.isWarm || (current?.isWarm ?? false)
  const parkedUntil = parkedUntilOf(current, change, holder)
  const answers = Object.entries({ ...current?.answering, [holder]: isAnswering ? nowMs + answeringMs : 0 })
  const answering = answers.filter(([, untilMs]) => untilMs > nowMs)
  const reason = parkedUntil !== undefined ? 'parked' : times.isSent ? 'conversation' : isWarm ? 'unsent' : 'warming'
  // A session cannot idle before it is up.
  const upAt = reason === 'warming' ? nowMs + warmTimeoutMs : 0
  const endsAt = Math.max(platformEndAt(times, rules), upAt)
  const until: Record<HoldReason, number> = {
    // Its page is still there to read the answer, though its chat was left.
    parked: Math.max(parkedUntil ?? 0, ...answering.map(([, untilMs]) => untilMs)),
    conversation: endsAt,
    // A page that is there beats. One that is overdue has crashed, or lost its network for good.
    unsent: Math.min(holdEndAt(times, rules), Math.max(overdueAt(times.touchedAt, rules), nowMs + touchMs)),
    warming: Math.max(Math.min(holdEndAt(times, rules), overdueAt(times.touchedAt, rules)), upAt),
  }
  return {
    version: (stored?.version ?? 0) + 1,
    session: ticket.session,
    agent: ticket.agent,
    ...(ticket.runtimeTag !== undefined && { runtimeTag: ticket.runtimeTag }),
    callerId: ticket.callerId,
    holder: change === 'noted' ? (current?.holder ?? holder) : holder,
    ...(heardAt !== undefined && { heardAt }),
    ...times,
    isWarm,
    reason,
    state: 'held',
    heldUntil: Math.min(until[reason], endsAt),
    ...(answering.length > 0 && { answering: Object.fromEntries(answering), ...(parkedUntil && { parkedUntil }) }),
    endsAt,
  }
}

function parkedUntilOf(current: LedgerEntry | undefined, change: HoldChange, holder: string): number | undefined {
  if (change === 'touched') return undefined
  // What has come through this instance itself is known here to have got nowhere.
  const isSentElsewhere = current?.isSent && current.holder !== holder
  if (typeof change === 'object' && !(change.unlessSent && isSentElsewhere)) return change.parkedUntil
  return current?.reason === 'parked' ? (current.parkedUntil ?? current.heldUntil) : undefined
}

/** Half-way between the beat and the idle timeout: there is nothing to be saved any more by waiting longer. */
function overdueAt(touchedAt: number, { beatMs, idleTimeoutMs }: SessionRules): number {
  return touchedAt + (beatMs + idleTimeoutMs) / 2
}

/**
 * Who may end a session: anybody at any time; anybody once it is due; or only the instance that touched it last, unless
 * another one passes on an answer.
 */
export type EndCondition = 'always' | 'due' | { holder: string }

/**
 * @param endingMs How long the ending may take before somebody else takes it over.
 * @returns the entry of a session whose ending is taken on, or that has ended by itself; or why there is nothing to write:
 *   it is `held`, or `ended` already.
 */
export function endingEntry(
  current: LedgerEntry,
  condition: EndCondition,
  nowMs: number,
  endingMs: number,
): LedgerEntry | 'held' | 'ended' {
  const { state, reason, heldUntil, endsAt, holder, version, answering = {} } = current
  // Past the end that the platform makes, nobody tries again what has failed, or is to find it due.
  if (state === 'ending' && endsAt <= nowMs) return endedEntry(current)
  if (state === 'ended' || (state === 'ending' && heldUntil > nowMs)) return 'ended'
  if (state === 'held') {
    if (condition === 'due' && (heldUntil > nowMs || reason === 'conversation')) return 'held'
    if (typeof condition === 'object') {
      const answersElsewhere = Object.entries(answering).some(
        ([name, untilMs]) => name !== condition.holder && untilMs > nowMs,
      )
      if (condition.holder !== holder || answersElsewhere) return 'held'
    }
  }
  return { ...current, version: version + 1, state: 'ending', heldUntil: nowMs + endingMs }
}

/** @returns the entry of a session that has been stopped. */
export function endedEntry(current: LedgerEntry): LedgerEntry {
  return { ...current, version: current.version + 1, state: 'ended' }
}

/** So much later a stop that failed is made again, in milliseconds. */
const stopAgainMs = 5_000

/** @returns the entry of a session that could not be stopped, or `undefined` when nobody is ending it any more. */
export function unstoppedEntry(current: LedgerEntry, nowMs: number): LedgerEntry | undefined {
  if (current.state !== 'ending') return undefined
  return { ...current, version: current.version + 1, heldUntil: nowMs + stopAgainMs }
}

/** How long a session is remembered past its end, in milliseconds: somebody may just be looking at it. */
const rememberMs = 60_000

/** When the entry may be forgotten: its tickets have expired by then. */
export function forgetAt({ endsAt, heldUntil }: LedgerEntry, nowMs: number): number {
  return Math.max(endsAt, heldUntil, nowMs) + rememberMs
}
