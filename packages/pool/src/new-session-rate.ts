import { quotasOf } from '@warm-agent/protocol/prices'

/** New sessions per second, unless told otherwise: the share of the quota that warmth may have. */
export const defaultNewSessionsPerSecond = 0.8 * quotasOf('').newSessionsPerSecond

/** What is left of the rate of new sessions, at a moment. Less than nothing: others took more than there was. */
export interface RateBudget {
  readonly left: number
  readonly atMs: number
}

/** @returns the budget as it is at `nowMs`: it refills by the rate and holds what one second allows, at least one. */
export function refilled(budget: RateBudget, perSecond: number, nowMs: number): RateBudget {
  const gained = (Math.max(0, nowMs - budget.atMs) / 1_000) * perSecond
  return { left: Math.min(Math.max(1, perSecond), budget.left + gained), atMs: nowMs }
}

/** @returns what `sessions` that others start leave of it. They are owed for a second at most: no quota gives them more than that. */
export function lessOthers(budget: RateBudget, sessions: number, perSecond: number): RateBudget {
  return { ...budget, left: Math.max(-perSecond, budget.left - sessions) }
}

/**
 * However many others start, the pool may begin a tenth of its rate: claims that found nothing are taken for sessions that were
 * started instead, and who only asks again and again would keep it empty for ever.
 */
export function leastEveryMs(perSecond: number): number {
  return 10_000 / perSecond
}

/** When one more session may begin. */
export function nextAllowedAtMs(budget: RateBudget, perSecond: number): number {
  return budget.left >= 1 ? budget.atMs : budget.atMs + ((1 - budget.left) / perSecond) * 1_000
}
