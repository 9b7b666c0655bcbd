import { sessionKey } from '../agent-runtime.ts'
import { backgroundTimeout } from '../background-timeout.ts'
import { within } from '../within.ts'
import { isEntry } from './is-entry.ts'
import type { LedgerEntry, SessionLedger } from './session-ledger.ts'

export interface ReaperOptions {
  ledger: SessionLedger
  /** The name of this instance. */
  holder: string
  /** Whether this instance can stop the session: it serves its agent. */
  isOurs(entry: LedgerEntry): boolean
  /** Ends a session that is due, if it still is by then. Never rejects. */
  end(entry: LedgerEntry, fence: number): Promise<void>
  /** Hears once why something of what is due is not stopped, or nothing: the ledger answers, and with nonsense. */
  onFailed(cause: unknown): void
}

export interface Reaper {
  /** Whether all instances have had the time to write down what they owe, since the ledger last kept anybody waiting. */
  isSettled(): boolean
  /** Ends the sweeps and gives the lead back. */
  close(): Promise<void>
}

/** The wait between two sweeps, in milliseconds; an instance that dies is replaced after `leadershipMs`. */
const sweepMs = 1_000
const leadershipMs = 5_000
/** After an outage the others first write down what they owe: else a session that was touched meanwhile would be stopped. */
const settleMs = 6_000
/**
 * A ledger that takes so much longer than usual has an outage. The others give up on it after a second; this is less, because
 * a sweep that begins in the middle of a stall sees only the rest of it.
 */
const stallMs = 500
/**
 * No round trip is waited for longer than this, however slow the ledger usually is: nothing can be ended over one that is
 * slower, because no other call waits longer for it.
 */
const mostMs = 1_000
/**
 * The usual round trip is the median of the last so many: what has become slow is soon usual. An instance that finds the
 * ledger late more often than that before it may reap again gives the lead away: perhaps it is late only for this one.
 */
const fewTrips = 5
/** How many sessions are stopped at a time: the calls to the platform are for the messages. */
const mostAtOnce = 25
/** Whoever closes waits no longer than this for the lead to be given back. */
const resignMs = 5_000

/**
 * Stops what nobody holds: parked sessions, those whose hold is over, those whose browser is gone. Of the instances that
 * share a ledger one does it at a time; when it dies another goes on, also with what it had begun.
 */
export function startReaper({ ledger, holder, isOurs, end, onFailed }: ReaperOptions): Reaper {
  const ending = new Set<string>()
  let isClosed = false
  let isTold = false
  let quietUntilMs = 0
  let lateSweeps = 0
  let trips: number[] = []
  let usualMs = 0
  let timer: ReturnType<typeof setTimeout>

  const isSettled = () => quietUntilMs <= Date.now()

  const tripMs = () => Math.min(usualMs + stallMs, mostMs)

  async function sweep(): Promise<void> {
    const startedMs = Date.now()
    let waitMs = sweepMs
    let hasAnswered = false
    try {
      const fence = await within(tripMs(), 'lead the reapers', lead(startedMs))
      hasAnswered = true
      quietUntilMs = Math.min(quietUntilMs, Date.now() + settleMs)
      if (isSettled()) {
        const room = mostAtOnce - ending.size
        if (fence !== undefined && room > 0) for (const entry of await findDue(room)) void endOnce(entry, fence)
        lateSweeps = 0
      }
    } catch (cause) {
      // Of an outage the keeper tells. Nothing is reaped until all have had the time to write what they owe.
      if (hasAnswered) tellOnce(cause)
      quietUntilMs = Number.POSITIVE_INFINITY
      if (++lateSweeps > fewTrips) {
        lateSweeps = 0
        waitMs = leadershipMs
        ledger.resign(holder).catch(() => undefined)
      }
    }
    // Counted from the start of the sweep: with a slow ledger the sweeps would else be too rare to notice a stall.
    schedule(waitMs - (Date.now() - startedMs))
  }

  /** An answer counts as a round trip also when it comes too late to be waited for. */
  async function lead(startedMs: number): Promise<number | undefined> {
    const fence = await ledger.lead(holder, leadershipMs)
    trips = [...trips, Date.now() - startedMs].slice(-fewTrips)
    usualMs = trips.toSorted((one, other) => one - other)[trips.length >> 1] ?? 0
    return fence
  }

  /**
   * What is not ours this instance cannot stop. It stays due until it is forgotten, so it is looked past. Each look takes
   * two round trips.
   */
  async function findDue(room: number): Promise<readonly LedgerEntry[]> {
    for (let limit = mostAtOnce; ; limit *= 2) {
      const due = await within(2 * tripMs(), 'ask what is due', ledger.due(Date.now(), limit))
      const entries = due.filter(isEntry)
      if (entries.length < due.length) tellOnce(notAllEntries(due.length - entries.length))
      const ours = entries.filter(isOurs)
      if (ours.length < room && due.length >= limit) continue
      isTold = entries.length < due.length
      return ours.slice(0, room)
    }
  }

  function tellOnce(cause: unknown): void {
    if (!isTold) onFailed(cause)
    isTold = true
  }

  async function endOnce(entry: LedgerEntry, fence: number): Promise<void> {
    const key = sessionKey(entry.session)
    if (ending.has(key)) return
    ending.add(key)
    await end(entry, fence)
    ending.delete(key)
  }

  function schedule(ms: number): void {
    if (isClosed) return
    // Instances that started together do not all ask at once.
    timer = backgroundTimeout(sweep, ms * (0.9 + 0.2 * Math.random()))
  }

  schedule(sweepMs)
  return {
    isSettled,
    async close() {
      isClosed = true
      clearTimeout(timer)
      // Nobody is left to wait for it, and the lead runs out by itself.
      await within(resignMs, 'resign', ledger.resign(holder)).catch(() => undefined)
    },
  }
}

function notAllEntries(count: number): Error {
  return new Error(
    `Could not tell what to stop: ${count} of what is due in the ledger is no entry. Look who else writes there, and remove it.`,
  )
}
