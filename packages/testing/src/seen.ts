import type { Outcome } from '@warm-agent/protocol'

/** A message that reached the played agent. */
export interface SeenMessage {
  readonly text: string
  readonly outcome: Outcome
}

/** What a played proxy has seen until now. */
export interface Seen {
  /** Sessions that pages have opened. */
  readonly opened: number
  /** Sessions that were closed: by a page, at the end of their parking, or at the end of their hold. */
  readonly closed: number
  /** Sessions that are warming or warm now; those that messages started are among them. */
  readonly live: number
  /** Beats that came with a ticket of ours, too late ones included. */
  readonly beats: number
  /** In the order in which they reached the agent. */
  readonly messages: readonly SeenMessage[]
}
