import type { Outcome } from '@warm-agent/protocol'

/** What was counted: everything that a report is made of. Durations in milliseconds. */
export interface Tally {
  /** First messages of callers who were warmed, by what they found. */
  outcomes: Record<Outcome, number>
  /** How long those waited for the first byte of the answer, the newest. */
  warmedMs: readonly number[]
  /** How many waits were seen in all. */
  warmed: number
  /** First messages of callers in the hold-out. */
  heldOut: number
  /** How long these waited, the newest. */
  heldOutMs: readonly number[]
  /** How long first messages waited that went cold although their caller was to be warmed. */
  coldMs: readonly number[]
  /** From the start of a warm-up to the first message on its session. */
  leadMs: readonly number[]
  /** How long warm-ups took. */
  warmUpMs: readonly number[]
  /** How long sessions were held that ended without a message. */
  unusedHeldMs: readonly number[]
  warmUps: { started: number; used: number; unused: number; failed: number; refused: number; waiting: number }
  /** What was held since a page opened before its first message came, of sessions that were used; and of those that were not, all of it. */
  heldMs: { used: number; unused: number }
  pool: PoolTally
}

/** What was counted of pools: what is held there before any page asks. */
export interface PoolTally {
  /** All that pools held, as those who tend them tell. */
  heldMs: number
  /** How much of that was told of a pool that other processes take from as well. */
  sharedMs: number
  /** Sessions that were ended without having been taken out, and how long those waited. */
  unclaimed: number
  unclaimedMs: number
  /** Sessions that were taken out, those of them that came from a pool of which nobody tells what it holds, and how long all had waited. */
  claimed: number
  claimedUnseen: number
  claimedMs: number
}
