import type { Outcome } from '@warm-agent/protocol'

/** What was counted: everything that a report is made of. Durations in milliseconds. */
export interface Tally {
  /** First messages of callers who were warmed, by what they found. */
  outcomes: Record<Outcome, number>
  /** How long these waited for the first byte of the answer: the newest. */
  warmedMs: readonly number[]
  /** How many such waits were seen in all. */
  warmed: number
  /** First messages of callers in the hold-out. */
  heldOut: number
  /** How long these waited: the newest. */
  heldOutMs: readonly number[]
  /** How long first messages waited that went cold although their caller was not held out. */
  coldMs: readonly number[]
  /** From the start of a warm-up to the first message on its session. */
  leadMs: readonly number[]
  /** How long warm-ups took. */
  warmUpMs: readonly number[]
  /** How long sessions were held that ended without a message. */
  unusedHeldMs: readonly number[]
  warmUps: { started: number; used: number; unused: number; failed: number; refused: number; waiting: number }
  /** How long sessions were held: `used` ones until their first message came, `unused` ones until their end. */
  heldMs: { used: number; unused: number }
  pool: PoolTally
}

/** What was counted of pools, which hold sessions before any page asks. Durations in milliseconds. */
export interface PoolTally {
  /** How long pools held all their sessions together, as those who tend the pools tell. */
  heldMs: number
  /** How much of that was in pools that other processes take from as well. */
  sharedMs: number
  /** Sessions that ended in the pool, and how long they had waited. */
  unclaimed: number
  unclaimedMs: number
  /** Sessions that were taken out, and how long they had waited. */
  claimed: number
  claimedMs: number
  /** Those of them that came from a pool when nobody told what it holds. */
  claimedUnseen: number
}
