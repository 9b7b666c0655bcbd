import { holdEndAt, platformEndAt, type SessionRules } from '../sessions/deadlines.ts'
import type { SessionTicket } from '../sessions/session-ticket.ts'
import type { HoldReason, LedgerEntry } from './session-ledger.ts'

/**
 * What has happened to a session.
 *
 * - `touched`: its user is there, and so keeps it.
 * - `parkedUntil`: its page left, so it is to be stopped then. With `unlessSent`, only if no message has come for it elsewhere.
 * - `noted`: anything else. It keeps nobody from stopping the session.
 */
export type HoldChange = 'touched' | 'noted' | { parkedUntil: number; unlessSent?: boolean }

/** What an instance has to say of a session. */
export interface HoldNews {
  ticket: SessionTicket
  change: HoldChange
  holder: string
  /** When it happened. */
  atMs: number
  nowMs: number
  /** Whether on this instance a message waits for it, or an answer of it is awaited or passed on. */
  isAnswering: boolean
  /** How long a warm-up may take. */
  warmTimeoutMs: number
}

/** An instance that says that an answer goes on is believed for so long. Milliseconds. */
export const answeringMs = 20_000

/** Whoever has just touched a session may still be calling it for so long. Milliseconds. */
const touchMs = 5_000

/** News that is written within so long is the newest, whatever two clocks say. News that is written later counts by its time. */
const lateMs = 1_000
/** Two clocks may be this far apart. In case of doubt the page is taken to stay: what is kept too long costs little. */
const clocksMs = 5_000

/** Whether the session was started again under its old id, by somebody who could not know of this end: the ledger was away. */
export function isOutlived({ state, bornAt }: LedgerEntry, ticket: SessionTicket): boolean {
  return state === 'ended' && ticket.isWarm && ticket.bornAt > bornAt
}

/**
 * @param stored What the ledger has, written perhaps by another instance.
 * @returns the entry of a session that is touched or parked, or `undefined` when it has been ended.
 */
export function heldEntry(
  stored: LedgerEntry | undefined,
  news: HoldNews,
  rules: SessionRules,
): LedgerEntry | undefined {
  const { ticket, holder, atMs, nowMs, warmTimeoutMs } = news
  const current = stored && isOutlived(stored, ticket) ? undefined : stored
  if (current && current.state !== 'held') return undefined
  const change = isOutdated(current, news) ? 'noted' : news.change
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
  const answering = answersOf(current, news)
  const reason = parkedUntil === undefined ? reasonOf(times.isSent, isWarm) : 'parked'
  // A session cannot idle before it is up.
  const upAt = reason === 'warming' ? nowMs + warmTimeoutMs : 0
  const endsAt = Math.max(platformEndAt(times, rules), upAt)
  const until: Record<HoldReason, number> = {
    // The page may still read an answer although it has left the chat.
    parked: Math.max(parkedUntil ?? 0, ...answering.map(([, untilMs]) => untilMs)),
    conversation: endsAt,
    // A page that is there beats: one whose beat is overdue has crashed, or lost its network for good.
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

/** Why a session is held that is not parked. */
function reasonOf(isSent: boolean, isWarm: boolean): HoldReason {
  if (isSent) return 'conversation'
  return isWarm ? 'unsent' : 'warming'
}

/** Whether this is written down late, and the ledger has newer news of its page. */
function isOutdated(current: LedgerEntry | undefined, { change, atMs, nowMs }: HoldNews): boolean {
  const newestMs = atMs + (change === 'touched' ? clocksMs : 0)
  return nowMs - atMs > lateMs && newestMs < (current?.heardAt ?? 0)
}

/** Which instances pass on an answer, and until when they are believed: no others, or the entry would only ever grow. */
function answersOf(current: LedgerEntry | undefined, { holder, isAnswering, nowMs }: HoldNews): [string, number][] {
  const answers = Object.entries({ ...current?.answering, [holder]: isAnswering ? nowMs + answeringMs : 0 })
  return answers.filter(([, untilMs]) => untilMs > nowMs)
}

function parkedUntilOf(current: LedgerEntry | undefined, change: HoldChange, holder: string): number | undefined {
  if (change === 'touched') return undefined
  // A message that got through on this instance would have kept the session from being parked.
  const isSentElsewhere = current?.isSent && current.holder !== holder
  if (typeof change === 'object' && !(change.unlessSent && isSentElsewhere)) return change.parkedUntil
  return current?.reason === 'parked' ? (current.parkedUntil ?? current.heldUntil) : undefined
}

/** Half-way between the beat and the idle timeout: later, stopping the session saves little. */
function overdueAt(touchedAt: number, { beatMs, idleTimeoutMs }: SessionRules): number {
  return touchedAt + (beatMs + idleTimeoutMs) / 2
}
