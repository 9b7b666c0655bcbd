import type { Hold } from './state.ts'

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
  /** A conversation owns the session. */
  isSent: boolean
  /** When whoever is away has been away for too long. */
  awayTooLongAtMs: number
}

/** A lease that asks for more is mistaken. */
const shortestBeatMs = 100
/** How long before its end a conversation is told. */
const noticeMs = 300_000

/**
 * @param jitter From 0 to 1: how much of 10 % to shorten the wait for a beat by, so that browsers do not beat in step.
 * @returns the first step, computed from the clock alone. No beat is ever planned at or after the end of the session.
 */
export function planHold(hold: Hold, circumstances: Circumstances, nowMs: number, jitter: number): HoldStep {
  const { lease, touchedAtMs, retryAtMs, isAnnounced } = hold
  const { canBeat, isPaused, isSent, awayTooLongAtMs } = circumstances
  const endAtMs = lease.atMs + lease.holdMs
  const steps: HoldStep[] = [
    { action: 'idle', atMs: touchedAtMs + lease.ttlMs },
    { action: 'hold', atMs: endAtMs },
  ]
  if (isSent && !isAnnounced) steps.push({ action: 'announce', atMs: endAtMs - noticeMs })
  if (!isPaused) steps.push({ action: isSent ? 'pause' : 'hold', atMs: awayTooLongAtMs })
  if (canBeat && !isPaused) {
    const dueAtMs = retryAtMs ?? touchedAtMs + Math.max(lease.beatMs, shortestBeatMs) * (1 - jitter / 10)
    steps.push({ action: 'beat', atMs: Math.max(dueAtMs, nowMs) })
  }
  // Of two at the same moment the one that stands first.
  return steps.reduce((first, step) => (step.atMs < first.atMs ? step : first))
}
