import { sessionKey } from '../agent-runtime.ts'
import type { SessionRules } from '../sessions/deadlines.ts'
import { isInUse } from '../sessions/session-context.ts'
import type { SessionMemories } from '../sessions/session-memory.ts'
import type { SessionTicket } from '../sessions/session-ticket.ts'
import { within } from '../within.ts'
import {
  type EndCondition,
  endedEntry,
  endingEntry,
  type HoldChange,
  type HoldNews,
  heldEntry,
  isOutlived,
  unstoppedEntry,
} from './hold.ts'
import { createOutage } from './outage.ts'
import type { LedgerEntry, SessionLedger, WriteResult } from './session-ledger.ts'

/** What a proxy does with its ledger. Without one, and while it does not answer, each instance is on its own. */
export interface LedgerKeeper {
  /**
   * Writes down what has come to pass, and puts into the memory what other instances have seen of the session. Waits no
   * longer than a second, and never rejects: what could not be written is made up for later.
   */
  hold(ticket: SessionTicket, change: HoldChange): Promise<void>
  /**
   * Takes on the ending of a session, so that no other instance does.
   *
   * @returns `taken`, or `unknown` when the ledger has nothing of it: end it. `held`: it was touched elsewhere, or
   *   somebody else reaps now, let it live. `ended`: somebody else ends it or has.
   * @throws Error when the ledger does not answer, or what is due has to wait because it has only just answered again.
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
  /** Whether all have had the time to write down what they owe since the last outage. */
  isSettled(): boolean
  /** Hears of the first failure of an outage. */
  onFailed(cause: unknown): void
  /** Hears once that a ledger would have been needed, and there is none. */
  onMissing(): void
}

/** A message waits no longer for the ledger than this, in milliseconds. */
const answerMs = 1_000
/** So often may an entry change under our hands before something is wrong. */
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
    isAnswering: isInUse({ memories }, ticket.session),
    warmTimeoutMs,
  })

  async function write(entry: LedgerEntry, fence?: number): Promise<WriteResult> {
    const result = await within(answerMs, 'write to the ledger', ledger.write(entry, fence))
    if (result.is === 'written') memories.note(entry.session, { entry })
    return result
  }

  /** Writes what `decide` makes of the entry as it is in the ledger, until nobody was faster or there is nothing to write. */
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
      // What has ended here is held no more, not even by a write that takes the place of the one that tells its end.
      if (!rules || memories.hasEnded(ticket)) return Promise.resolve()
      return outage.write(sessionKey(ticket.session), change !== 'noted', async () => {
        // What this process has written last is most often what is there: then one round trip is enough.
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
      const taken = await settle(
        stored,
        current => {
          // A close is written down even where nothing was known: its tickets are refused everywhere from now on.
          const known =
            current && !isOutlived(current, ticket)
              ? current
              : condition !== 'due' && rules && heldEntry(current, newsOf(ticket, 'noted', Date.now()), rules)
          if (!known) return undefined
          const ending = endingEntry(known, condition, Date.now(), 2 * warmTimeoutMs)
          if (typeof ending === 'object') return { ...ending, version: (current?.version ?? 0) + 1 }
          verdict = ending
          return undefined
        },
        fence,
      )
      if (taken) return taken.state === 'ended' ? 'ended' : 'taken'
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
