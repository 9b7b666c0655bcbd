import type { LimitName } from './warm-limits.ts'

/** Something that was taken within a limit. */
export interface Reservation {
  limit: LimitName
  isRefused: boolean
  retryAfterMs?: number
  /** Gives it back. */
  undo(): Promise<unknown>
}
