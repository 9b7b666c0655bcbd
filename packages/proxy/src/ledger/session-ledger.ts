import type { RuntimeSession } from '../agent-runtime.ts'
import type { SessionTimes } from '../sessions/deadlines.ts'

/**
 * Why a session is held.
 *
 * - `warming`: its warm-up is in flight.
 * - `unsent`: it is warm, and no message was sent on it.
 * - `conversation`: a message was sent on it. It is the conversation's, until the platform ends it.
 * - `parked`: its page has left, and may come back.
 */
export type HoldReason = 'warming' | 'unsent' | 'conversation' | 'parked'

/**
 * One session in the list: who, what, since when, until when, why. Times are milliseconds since the epoch.
 *
 * @note It holds whole session ids, which select microVMs, and the names of callers: whoever reads the store can reach
 *   their sessions. Give it a password, TLS, and no other readers.
 */
export interface LedgerEntry extends SessionTimes {
  /** Counts the writes: a write succeeds only over the version that it was made from. */
  readonly version: number
  readonly session: RuntimeSession
  readonly agent: string
  /** Tells the agent's runtime from others of its name: only a proxy that serves this one can stop the session. */
  readonly runtimeTag?: string
  readonly callerId: string
  /** The instance through which its user touched it last. */
  readonly holder: string
  /** When its page last said that it stays or leaves, by the clock of the instance that heard it. Earlier releases do not tell. */
  readonly heardAt?: number
  readonly isWarm: boolean
  readonly reason: HoldReason
  /** `ending`: somebody is stopping it. `ended`: it is kept only so that its tickets are refused everywhere. */
  readonly state: 'held' | 'ending' | 'ended'
  /** When it is to be stopped unless it is touched first; while it is `ending`, when somebody else may take that over. */
  readonly heldUntil: number
  /**
   * Which instances pass on an answer of it, and until when they are believed. An instance renews this all the while; when it
   * has died, it runs out.
   */
  readonly answering?: Readonly<Record<string, number>>
  /** When it would be stopped if there were no such answer. */
  readonly parkedUntil?: number
  /** The platform has ended it by then, whatever happens, unless it is touched first. */
  readonly endsAt: number
}

/** What came of a write: `stale` means that the fencing token is not the newest one any more. */
export type WriteResult = { is: 'written' } | { is: 'stale' } | { is: 'changed'; current: LedgerEntry | undefined }

/**
 * The list of live sessions, which AgentCore itself does not give. It is a plain store: it writes an entry only over the
 * version that it was made from, and finds the entries that are due.
 */
export interface SessionLedger {
  /** The entry of a session, also of one that has ended a while ago. */
  read(session: RuntimeSession): Promise<LedgerEntry | undefined>
  /**
   * Writes the entry if the stored one has the version before it; none at all counts as version 0.
   *
   * @param fence The token of {@link lead}: with it, the write is refused once somebody else leads.
   */
  write(entry: LedgerEntry, fence?: number): Promise<WriteResult>
  /**
   * The entries whose `heldUntil` has come, the oldest first, `conversation` ones not among them. Whatever else the store has
   * in the place of one is given as it is: whoever reaps looks past it, and tells of it.
   */
  due(nowMs: number, limit: number): Promise<readonly LedgerEntry[]>
  /** Every entry that has not ended. */
  list(): AsyncIterable<LedgerEntry>
  /**
   * Makes this instance the one that reaps for that long, or keeps it so.
   *
   * @returns a fencing token, higher than those of all who led before; `undefined` while another instance leads.
   */
  lead(instance: string, forMs: number): Promise<number | undefined>
  /** Gives the lead back. */
  resign(instance: string): Promise<void>
}
