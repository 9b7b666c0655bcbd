import { sessionKey } from '../agent-runtime.ts'
import type { SessionRules } from '../sessions/deadlines.ts'
import { isInUse, type SessionMemories } from '../sessions/session-memory.ts'
import type { SessionTicket } from '../sessions/session-ticket.ts'
import { within } from '../within.ts'
import { type EndCondition, endedEntry, endingEntry, unstoppedEntry } from './ending.ts'
import { type HoldChange, type HoldNews, heldEntry, isOutlived } from './hold.ts'
import { createOutage } from './outage.ts'
import type { LedgerEntry, SessionLedger, WriteResult } from './session-ledger.ts'

/** What a proxy does with its ledger. Without one, and while it does not answer, each instance is on its own. */
export interface LedgerKeeper {
  /**
   * Writes down what has happened, and notes in the memory what other instances have seen of the session. Waits no longer
   * than a second, and never rejects: what could not be written is written later.
   */
  hold(ticket: SessionTicket, change: HoldChange): Promise<void>
  /**
   * Takes on the ending of a session, so that no other instance does.
   *
   * @returns `taken`, or `unknown` when the ledger has nothing of it: end it. `held`: it was touched elsewhere, or somebody
   *   else reaps now: let it live. `ended`: somebody else ends it, or has ended it.
   * @throws Error when the ledger does not answer; for `due` also shortly after it has answered again.
   */
  takeEnd(ticket: SessionTicket, condition: EndCondition, fence?: number): Promise<EndRight>
  /** Writes down that a session whose ending was taken on has ended. Never rejects. */
  noteEnded(ticket: SessionTicket): Promise<void>
  /** Writes down that it could not be stopped, so that whoever reaps tries that again soon. Never rejects. */
  noteUnstopped(ticket: SessionTicket): Promise<void>
  close(): void
}

type EndRight = 'taken' | 'unknown' | 'held' | 'ended'

export interface LedgerKeeperOptions {
  ledger: SessionLedger | undefined
  /** The name of this instance. */
  holder: string
  memories: SessionMemories
  /** `undefined` for an agent that this proxy does not serve. */
  rulesOf(ticket: SessionTicket): SessionRules | undefined
  warmTimeoutMs: number
  /** Whether since the last outage all instances have had the time to write down what they owe. */
  isSettled(): boolean
  /** Hears of the first failure of an outage. */
  onFailed(cause: unknown): void
  /** Hears once that a ledger would have been needed, and there is none. */
  onMissing(): void
}

/** A message waits no longer for the ledger than this, in milliseconds. */
const answerMs = 1_000
/** An entry that changes more often than this while it is being written is a fault. */
const mostRounds = 16

export function createLedgerKeeper({ ledger, ...options }: LedgerKeeperOptions): LedgerKeeper {
  return ledger ? keep(ledger, options) : keepNothing(options.onMissing)
}

function keep(ledger: SessionLedger, options: Omit<LedgerKeeperOptions, 'ledger'>): LedgerKeeper {
  const { holder, memories, rulesOf, warmTimeoutMs, isSettled, onFailed } = options
  const outage = createOutage(onFailed)
  const newsOf = (ticket: SessionTicket, change: HoldChange, atMs: number): HoldNews => ({
    ticket,
    change,
    holder,
    atMs,
    nowMs: Date.now(),
    isAnswering: isInUse(memories.of(ticket.session)),
    warmTimeoutMs,
  })

  async function write(entry: LedgerEntry, fence?: number): Promise<WriteResult> {
    const result = await within(answerMs, 'write to the ledger', ledger.write(entry, fence))
    if (result.is === 'written') memories.note(entry.session, { entry })
    return result
  }

  /**
   * Writes what `decide` makes of the current entry. When somebody was faster, it decides anew on what they wrote.
   *
   * @returns the entry as it was written, or `undefined` when there was nothing to write or the fence is stale.
   */
  async function settle(
    remembered: LedgerEntry | undefined,
    decide: (current: LedgerEntry | undefined) => LedgerEntry | undefined,
    fence?: number,
  ): Promise<LedgerEntry | undefined> {
    let current = remembered
    for (let round = 0; round < mostRounds; round++) {
      const entry = decide(current)
      if (!entry) return undefined
      const result = await write(entry, fence)
      if (result.is === 'written') return entry
      if (result.is === 'stale') return undefined
      current = result.current
    }
    throw new Error('Could not write to the ledger: its entry never stopped changing. See who else writes to it.')
  }

  const read = (ticket: SessionTicket) => within(answerMs, 'read the ledger', ledger.read(ticket.session))

  return {
    hold(ticket, change) {
      const { session } = ticket
      const rules = rulesOf(ticket)
      const atMs = Date.now()
      // What has ended here is not held any more: such a write could replace one that is owed and tells of the end.
      if (!rules || memories.hasEnded(ticket)) return Promise.resolve()
      return outage.write(sessionKey(session), change !== 'noted', async () => {
        // Most often the ledger still has what this process wrote last: then one round trip is enough.
        const { entry: remembered, touchedAt = 0, isSent = false } = memories.of(session)
        const fresh = {
          ...ticket,
          touchedAt: Math.max(ticket.touchedAt, touchedAt),
          isSent: ticket.isSent || isSent,
        }
        const entry = await settle(remembered, current => heldEntry(current, newsOf(fresh, change, atMs), rules))
        if (!entry) return memories.noteEnd(ticket)
        memories.note(session, { touchedAt: entry.touchedAt, ...(entry.isSent && { isSent: true }) })
      })
    },

    async takeEnd(ticket, condition, fence) {
      const rules = rulesOf(ticket)
      let verdict: EndRight = 'unknown'
      const stored = await read(ticket)
      if (condition === 'due' && !isSettled()) {
        throw new Error('Could not end what is due: others still write down what the ledger missed. Ask again later.')
      }
      const entryToEnd = (current: LedgerEntry | undefined): LedgerEntry | undefined => {
        if (current && !isOutlived(current, ticket)) return current
        if (condition === 'due' || !rules) return undefined
        // A close is written down even where nothing was known: its tickets are refused everywhere from now on.
        return heldEntry(current, newsOf(ticket, 'noted', Date.now()), rules)
      }
      const decide = (current: LedgerEntry | undefined): LedgerEntry | undefined => {
        const entry = entryToEnd(current)
        if (!entry) return undefined
        const ending = endingEntry(entry, condition, Date.now(), 2 * warmTimeoutMs)
        if (typeof ending === 'object') return { ...ending, version: (current?.version ?? 0) + 1 }
        verdict = ending
        return undefined
      }
      const taken = await settle(stored, decide, fence)
      if (taken) return taken.state === 'ended' ? 'ended' : 'taken'
      // A reaper that could not write has been replaced: it ends nothing.
      return fence !== undefined && verdict === 'unknown' ? 'held' : verdict
    },

    noteEnded: ticket =>
      outage.write(sessionKey(ticket.session), true, async () => {
        await settle(await read(ticket), current => current && endedEntry(current))
      }),

    noteUnstopped: ticket =>
      outage.write(sessionKey(ticket.session), true, async () => {
        await settle(await read(ticket), current => current && unstoppedEntry(current, Date.now()))
      }),

    close: () => outage.close(),
  }
}

/** @param onMissing Called once, when a session is parked: only this process will stop it. */
function keepNothing(onMissing: () => void): LedgerKeeper {
  let isTold = false
  return {
    async hold(_, change) {
      if (typeof change !== 'object' || isTold) return
      isTold = true
      onMissing()
    },
    takeEnd: async () => 'unknown',
    noteEnded: async () => {},
    noteUnstopped: async () => {},
    close() {},
  }
}
