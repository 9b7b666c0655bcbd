import { type Hold, never } from './state.ts'

/** The one thing to do next about a held session. */
export interface HoldStep {
  /** Lies in the past when it is overdue. */
  atMs: number
  /**
   * - `beat`: touch it.
   * - `pause`: stop touching it; the page is hidden, or nobody is there.
   * - `announce`: tell that its end is near.
   * - `idle`, `hold`: it is over, for that reason.
   */
  action: 'beat' | 'pause' | 'announce' | 'idle' | 'hold'
}

/** What the plan goes by, beside the lease. */
export interface Circumstances {
  /** Neither a warm-up nor a beat is in the air. */
  canBeat: boolean
  isPaused: boolean
  /** When whoever is away has been away for too long. */
  awayTooLongAtMs: number
}

/** A lease that asks for more is mistaken. */
const shortestBeatMs = 100
/** How long before its end a conversation is told. */
export const noticeMs = 300_000

/**
 * @param jitter From 0 to 1: how much of 10 % to shorten the wait for a beat by, so that browsers do not beat in step.
 * @returns the first step, computed from the clock alone. No beat is ever planned at or after the end of the session.
 */
export function planHold(hold: Hold, circumstances: Circumstances, nowMs: number, jitter: number): HoldStep {
  const { lease, touchedAtMs, retryAtMs, isAnnounced, isSent } = hold
  const { canBeat, isPaused, awayTooLongAtMs } = circumstances
  const endAtMs = lease.atMs + lease.holdMs
  const beatMs = Math.max(lease.beatMs, shortestBeatMs) * (1 - jitter / 10)
  // While the end is not known, no message puts off the beat that will tell it.
  const sinceMs = endAtMs < never ? touchedAtMs : lease.atMs
  // A touch in the future was noted before the clock was set back.
  const dueAtMs = touchedAtMs > nowMs ? nowMs : (retryAtMs ?? sinceMs + beatMs)
  const steps: HoldStep[] = [
    { action: 'idle', atMs: touchedAtMs + lease.ttlMs },
    { action: 'hold', atMs: endAtMs },
    { action: 'announce', atMs: isSent && !isAnnounced ? endAtMs - noticeMs : never },
    { action: isSent ? 'pause' : 'hold', atMs: isPaused ? never : awayTooLongAtMs },
    { action: 'beat', atMs: canBeat && !isPaused ? Math.max(dueAtMs, nowMs) : never },
  ]
  // Of two at the same moment the one that stands first.
  return steps.reduce((first, step) => (step.atMs < first.atMs ? step : first))
}
