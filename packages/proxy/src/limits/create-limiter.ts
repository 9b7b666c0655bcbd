import { WarmAgentError } from '@warm-agent/protocol'
import type { Caller } from '../callers.ts'
import { guardStore } from './guard-store.ts'
import { limitKeyOf } from './limit-key-of.ts'
import { type LimitStore, noNewPlace } from './limit-store.ts'
import { memoryLimits } from './memory-limits.ts'
import { addTo, count, type Rate } from './rate.ts'
import type { Reservation } from './reservation.ts'
import { createUnsentMoney } from './unsent-money.ts'
import type { LimitName, WarmLimits } from './warm-limits.ts'

/** A session as the limits know it. */
interface LimitedSession {
  session: { id: string }
}

/** Keeps warmth within its limits, and counts what messages take. */
export interface Limiter {
  /**
   * Makes room among the caller's sessions for one that lives `forMs` unless it is touched.
   *
   * @returns what gives all of it back, for a session that was not opened after all.
   * @throws WarmAgentError `rate_limited`
   */
  admitSession(held: LimitedSession, caller: Caller, forMs: number): Promise<() => void>
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
   * Prolongs a session that lives to `forMs` from now, because its page is there.
   *
   * @returns false when the money for unsent warmth is spent: then the session should be held no longer.
   */
  admitHold(held: LimitedSession & { isSent: boolean }, caller: Caller, forMs: number): Promise<boolean>
  /**
   * Makes room among all calls for one that touches the session.
   *
   * @param windowMs How long a touch counts. Who touches one session again and again takes no call from others.
   * @returns false when it comes too soon after others.
   * @throws WarmAgentError `rate_limited` when a later beat may be admitted.
   */
  admitTouch(held: LimitedSession, windowMs: number): Promise<boolean>
  /** A message has come for the session: it is no longer unsent. Never refuses. */
  noteMessage(
    held: LimitedSession,
    caller: Caller,
    forMs: number,
    facts: { startsSession: boolean; wasUnsent: boolean },
  ): void
  /** The session ends `afterMs` from now. One that has no place any more, because it has ended, gets none by this. */
  noteEnd(held: LimitedSession & { isSent: boolean }, caller: Caller, afterMs?: number): void
  /** A call to the platform that was not admitted before: a message's, for example. */
  noteCall(): void
}

const calls: Rate = { name: 'calls', windowMs: 1000 }
const newSessions: Rate = { name: 'new-sessions', windowMs: 1000 }
/** So often one session is touched in a short while: by its page, and by the page after it. */
const mostTouches = 3

/** @param tell Hears which limit refused a warm-up, and why the store could not count. */
export function createLimiter(
  limits: WarmLimits,
  tell: { refused(limit: LimitName): void; failed(cause: unknown): void },
): Limiter {
  const store: LimitStore = limits.store ? guardStore(limits.store, tell.failed) : memoryLimits()
  const money = createUnsentMoney(store, limits)
  /** Nobody waits for what is only noted. */
  const note = (noted: Promise<unknown>) => void noted.catch(tell.failed)

  async function take(limit: LimitName, rate: Rate): Promise<Reservation> {
    const now = Date.now()
    const used = await count(store, rate, now)
    const retryAfterMs = rate.windowMs - (now % rate.windowMs)
    return { limit, isRefused: used > limits[limit], retryAfterMs, undo: () => addTo(store, rate, -1, now) }
  }

  async function enter(limit: LimitName, room: string, member: string, forMs: number): Promise<Reservation> {
    const left = await store.hold(room, member, forMs, limits[limit])
    return { limit, isRefused: left === undefined, undo: () => store.hold(room, member, left ?? 0, Infinity) }
  }

  /** The session counts among its caller's for `forMs` from now, whatever the limit is. */
  function noteLive(held: LimitedSession, caller: Caller, forMs: number, places = Infinity): void {
    note(store.hold(roomOf(caller), memberOf(held), forMs, places))
  }

  /** Reserves all, or nothing. @returns what was refused, if anything was, and what undoes the rest. */
  async function admit(
    reserving: Promise<Reservation>[],
  ): Promise<{ refusal?: Reservation; undo(): Promise<unknown> }> {
    const reservations = await Promise.all(reserving)
    const undo = () => Promise.all(reservations.map(each => each.undo()))
    const refusal = reservations.find(({ isRefused }) => isRefused)
    if (!refusal) return { undo }
    await undo()
    tell.refused(refusal.limit)
    return { refusal, undo }
  }

  return {
    async admitSession(held, caller, forMs) {
      const member = memberOf(held)
      const ofCaller: Rate = { name: `warm-ups:${limitKeyOf(caller)}`, windowMs: 60_000 }
      const { refusal, undo } = await admit([
        take('warmUpsPerCallerPerMinute', ofCaller),
        enter('liveSessionsPerCaller', roomOf(caller), member, forMs),
        money.pay(member, forMs),
      ])
      if (refusal) throw refused('Could not warm a session up', refusal)
      return () => note(undo())
    },

    async admitWarmUp(held, warmTimeoutMs) {
      const { refusal } = await admit([
        enter('warmUpsAtOnce', 'warming', memberOf(held), warmTimeoutMs),
        take('warmUpsPerSecond', newSessions),
        take('callsPerSecond', calls),
      ])
      if (refusal) throw refused('Could not warm a session up', refusal)
    },

    exchange(held, claimed, caller, forMs) {
      noteLive(held, caller, 0)
      note(money.giveBack(memberOf(held), 0))
      noteLive(claimed, caller, forMs)
      note(money.pay(memberOf(claimed), forMs))
    },

    warmUpEnded: held => note(store.hold('warming', memberOf(held), 0, Infinity)),

    async admitHold(held, caller, forMs) {
      const { refusal } = await admit(held.isSent ? [] : [money.pay(memberOf(held), forMs)])
      if (refusal) return false
      noteLive(held, caller, forMs)
      return true
    },

    async admitTouch(held, windowMs) {
      const touch = crypto.randomUUID()
      if ((await store.hold(`touches:${memberOf(held)}`, touch, windowMs, mostTouches)) === undefined) return false
      const { refusal } = await admit([take('callsPerSecond', calls)])
      if (refusal) throw refused('Could not touch the session', refusal)
      return true
    },

    noteMessage(held, caller, forMs, { startsSession, wasUnsent }) {
      if (startsSession) note(addTo(store, newSessions, 1))
      noteLive(held, caller, forMs)
      if (wasUnsent) note(money.giveBack(memberOf(held), 0))
    },

    noteEnd(held, caller, afterMs = 0) {
      noteLive(held, caller, afterMs, noNewPlace)
      note(money.giveBack(memberOf(held), held.isSent ? 0 : afterMs))
    },

    noteCall: () => note(addTo(store, calls, 1)),
  }
}

/** Enough of the id to tell sessions apart, and too little to use one. */
function memberOf({ session }: LimitedSession): string {
  return session.id.slice(0, 21)
}

/** The live sessions of one caller. */
function roomOf(caller: Caller): string {
  return `live:${limitKeyOf(caller)}`
}

function refused(what: string, { limit, retryAfterMs }: Reservation): WarmAgentError {
  const message = `${what}: limits.${limit} is reached. Send the message, it is not held up.`
  return new WarmAgentError('rate_limited', message, { retryAfterMs })
}
