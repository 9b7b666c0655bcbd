import { WarmAgentError } from '@warm-agent/protocol'
import type { Caller } from '../callers.ts'
import { guardStore } from './guard-store.ts'
import type { LimitStore } from './limit-store.ts'
import { memoryLimits } from './memory-limits.ts'
import { addTo, count, type Rate } from './rate.ts'
import type { WarmLimits } from './warm-limits.ts'

/** The name of a limit of {@link WarmLimits}. */
export type LimitName = Exclude<keyof WarmLimits, 'store' | 'unsentDollarsPerHour'>

/** A session as the limits know it. */
interface LimitedSession {
  session: { id: string }
}

/** Keeps warmth within its limits, and counts what messages take. */
export interface Limiter {
  /**
   * Makes room among the caller's sessions for one that lives `forMs` unless it is touched.
   *
   * @throws WarmAgentError `rate_limited`
   */
  admitSession(held: LimitedSession, caller: Caller, forMs: number): Promise<void>
  /**
   * Makes room among all warm-ups for the warm-up of a session that was admitted.
   *
   * @throws WarmAgentError `rate_limited`
   */
  admitWarmUp(held: LimitedSession, warmTimeoutMs: number): Promise<void>
  /** Another session, from a pool, has come in place of the one that was admitted. */
  exchange(held: LimitedSession, claimed: LimitedSession, caller: Caller, forMs: number): void
  /** The warm-up is over, well or not. */
  warmUpEnded(held: LimitedSession): void
  /**
   * Makes room for a beat, which prolongs a session to `forMs` from now.
   *
   * @returns false when the money for unsent warmth is spent: then the session should be held no longer.
   * @throws WarmAgentError `rate_limited` when a later beat may be admitted.
   */
  admitBeat(held: LimitedSession & { isSent: boolean }, caller: Caller, forMs: number): Promise<boolean>
  /** A message has come for the session: it is no longer unsent. Never refuses. */
  noteMessage(
    held: LimitedSession,
    caller: Caller,
    forMs: number,
    facts: { startsSession: boolean; wasUnsent: boolean },
  ): void
  /** The session ends `afterMs` from now. */
  noteEnd(held: LimitedSession & { isSent: boolean }, caller: Caller, afterMs?: number): void
  /** A call to the platform that was not admitted before: a message's, for example. */
  noteCall(): void
}

const calls: Rate = { name: 'calls', windowMs: 1000 }
const newSessions: Rate = { name: 'new-sessions', windowMs: 1000 }
const dayMs = 86_400_000
/** A day's spending is remembered for two days. */
const keepDaySeconds = (2 * dayMs) / 1000
const hourMs = 3_600_000
/** Money is counted in whole millionths of a dollar. */
const micros = 1_000_000

interface Reservation {
  limit: LimitName
  isRefused: boolean
  retryAfterMs?: number
  undo(): Promise<unknown>
}

/** @param tell Hears which limit refused a warm-up, and why the store could not count. */
export function createLimiter(
  limits: WarmLimits,
  tell: { refused(limit: LimitName): void; failed(cause: unknown): void },
): Limiter {
  const store: LimitStore = limits.store ? guardStore(limits.store, tell.failed) : memoryLimits()
  /** Nobody waits for what is only noted. */
  const note = (noted: Promise<unknown>) => void noted.catch(tell.failed)

  async function take(limit: LimitName, rate: Rate): Promise<Reservation> {
    const used = await count(store, rate, 1)
    const retryAfterMs = rate.windowMs - (Date.now() % rate.windowMs)
    return { limit, isRefused: used > limits[limit], retryAfterMs, undo: () => count(store, rate, -1) }
  }

  async function enter(limit: LimitName, room: string, member: string, forMs: number): Promise<Reservation> {
    const left = await store.hold(room, member, forMs, limits[limit])
    return { limit, isRefused: left === undefined, undo: () => store.hold(room, member, left ?? 0, Infinity) }
  }

  /** Pays for an unsent session until `forMs` from now: what had been paid beyond that is given back. */
  async function pay(member: string, forMs: number): Promise<Reservation> {
    const paidMs = (await store.hold('unsent', member, forMs, Infinity)) ?? 0
    const points = Math.round(((forMs - paidMs) / hourMs) * limits.unsentDollarsPerHour * micros)
    const day = `micro-dollars:${Math.floor(Date.now() / dayMs)}`
    const spent = await store.add(day, points, keepDaySeconds)
    return {
      limit: 'unsentDollarsPerDay',
      isRefused: points > 0 && spent > limits.unsentDollarsPerDay * micros,
      retryAfterMs: dayMs - (Date.now() % dayMs),
      undo: () =>
        Promise.all([store.hold('unsent', member, paidMs, Infinity), store.add(day, -points, keepDaySeconds)]),
    }
  }

  /** The session counts among its caller's for `forMs` from now, whatever the limit is. */
  function noteLive(held: LimitedSession, caller: Caller, forMs: number): void {
    note(store.hold(roomOf(caller), memberOf(held), forMs, Infinity))
  }

  /** Reserves all, or nothing. @returns what was refused, if anything was. */
  async function admit(reserving: Promise<Reservation>[]): Promise<Reservation | undefined> {
    const reservations = await Promise.all(reserving)
    const refusal = reservations.find(({ isRefused }) => isRefused)
    if (!refusal) return undefined
    await Promise.all(reservations.map(({ undo }) => undo()))
    tell.refused(refusal.limit)
    return refusal
  }

  return {
    async admitSession(held, caller, forMs) {
      const member = memberOf(held)
      const ofCaller: Rate = { name: `warm-ups:${keyOf(caller)}`, windowMs: 60_000 }
      const refusal = await admit([
        take('warmUpsPerCallerPerMinute', ofCaller),
        enter('liveSessionsPerCaller', roomOf(caller), member, forMs),
        pay(member, forMs),
      ])
      if (refusal) throw refused('Could not warm a session up', refusal)
    },

    async admitWarmUp(held, warmTimeoutMs) {
      const refusal = await admit([
        enter('warmUpsAtOnce', 'warming', memberOf(held), warmTimeoutMs),
        take('warmUpsPerSecond', newSessions),
        take('callsPerSecond', calls),
      ])
      if (refusal) throw refused('Could not warm a session up', refusal)
    },

    exchange(held, claimed, caller, forMs) {
      noteLive(held, caller, 0)
      note(pay(memberOf(held), 0))
      noteLive(claimed, caller, forMs)
      note(pay(memberOf(claimed), forMs))
    },

    warmUpEnded: held => note(store.hold('warming', memberOf(held), 0, Infinity)),

    async admitBeat(held, caller, forMs) {
      const refusal = await admit([take('callsPerSecond', calls), ...(held.isSent ? [] : [pay(memberOf(held), forMs)])])
      if (refusal?.limit === 'unsentDollarsPerDay') return false
      if (refusal) throw refused('Could not touch the session', refusal)
      noteLive(held, caller, forMs)
      return true
    },

    noteMessage(held, caller, forMs, { startsSession, wasUnsent }) {
      if (startsSession) note(addTo(store, newSessions, 1))
      noteLive(held, caller, forMs)
      if (wasUnsent) note(pay(memberOf(held), 0))
    },

    noteEnd(held, caller, afterMs = 0) {
      noteLive(held, caller, afterMs)
      note(pay(memberOf(held), held.isSent ? 0 : afterMs))
    },

    noteCall: () => note(addTo(store, calls, 1)),
  }
}

/** Enough of the id to tell sessions apart, and too little to use one. */
function memberOf({ session }: LimitedSession): string {
  return session.id.slice(0, 21)
}

function keyOf({ limitKey, callerId }: Caller): string {
  return limitKey ?? callerId
}

/** The live sessions of one caller. */
function roomOf(caller: Caller): string {
  return `live:${keyOf(caller)}`
}

function refused(what: string, { limit, retryAfterMs }: Reservation): WarmAgentError {
  const message = `${what}: limits.${limit} is reached. Send the message, it is not held up.`
  return new WarmAgentError('rate_limited', message, { retryAfterMs })
}
