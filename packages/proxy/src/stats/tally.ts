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
  /** What was held before a first message came, of sessions that were used; and of those that were not, all of it. */
  heldMs: { used: number; unused: number }
}
