import type { Hold } from './state.ts'

/** The one thing to do next about a held session: let it expire if there is a reason, beat if there is none. */
export interface HoldStep {
  atMs: number
  reason?: 'idle' | 'hold'
}

/** A lease that asks for more is mistaken. */
const shortestBeatMs = 100

/**
 * @param canBeat The page is visible, and neither a warm-up nor a beat is in the air.
 * @param jitter From 0 to 1: how much of 10 % to shorten the wait by, so that browsers do not beat in step.
 * @returns the next step, computed from the clock alone: `atMs` lies in the past when it is overdue. No beat is ever
 * planned at or after the end of the session.
 */
export function planHold(hold: Hold, nowMs: number, canBeat: boolean, jitter: number): HoldStep {
  const { lease, touchedAtMs, retryAtMs } = hold
  const idleAtMs = touchedAtMs + lease.ttlMs
  const holdAtMs = lease.atMs + lease.holdMs
  const endAtMs = Math.min(idleAtMs, holdAtMs)
  const atMs = retryAtMs ?? touchedAtMs + Math.max(lease.beatMs, shortestBeatMs) * (1 - jitter / 10)
  return canBeat && Math.max(atMs, nowMs) < endAtMs
    ? { atMs }
    : { atMs: endAtMs, reason: holdAtMs < idleAtMs ? 'hold' : 'idle' }
}
