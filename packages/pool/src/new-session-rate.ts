import { quotasOf } from '@warm-agent/protocol/prices'

/** New sessions per second, unless told otherwise: the share of the quota that warmth may have. */
export const defaultNewSessionsPerSecond = 0.8 * quotasOf('').newSessionsPerSecond

/** How many sessions the pool may begin, as of a moment. */
export interface RateBudget {
  readonly atMs: number
  /** What the rate allows. */
  readonly left: number
  /** What the sessions that others start leave of it. Less than nothing: they took more than there was. */
  readonly leftForGrowth: number
  /** Sessions that were handed out and not replaced yet. */
  readonly toReplace: number
}

/** A second's worth, at least one session: nothing is saved for longer, and nothing owed, as no quota gives more than that. */
function most(perSecond: number): number {
  return Math.max(1, perSecond)
}

export function fullBudget(perSecond: number, nowMs: number): RateBudget {
  return { atMs: nowMs, left: perSecond, leftForGrowth: perSecond, toReplace: 0 }
}

/** @returns the budget as it is at `nowMs`. */
export function refilled(budget: RateBudget, perSecond: number, nowMs: number): RateBudget {
  const gained = (Math.max(0, nowMs - budget.atMs) / 1_000) * perSecond
  const refill = (before: number) => Math.min(most(perSecond), before + gained)
  return { ...budget, atMs: nowMs, left: refill(budget.left), leftForGrowth: refill(budget.leftForGrowth) }
}

/** @returns what the pool may begin when `hits` sessions were handed out and `misses` started by callers who found none. */
export function afterClaims(budget: RateBudget, hits: number, misses: number, perSecond: number): RateBudget {
  const toReplace = Math.min(most(perSecond), Math.max(0, budget.toReplace + hits))
  return { ...budget, toReplace, leftForGrowth: Math.max(-perSecond, budget.leftForGrowth - misses) }
}

/** @returns what is left when the pool has begun so many. */
export function afterBegun(budget: RateBudget, sessions: number, perSecond: number): RateBudget {
  return {
    ...budget,
    left: budget.left - sessions,
    leftForGrowth: Math.max(-perSecond, budget.leftForGrowth - sessions),
    toReplace: Math.max(0, budget.toReplace - sessions),
  }
}

/**
 * Live traffic comes first, but only before what makes the pool fuller. A session that is not replaced is one more claim in vain,
 * which starts one just the same: a pool that did not replace what it hands out would starve, and nobody would have more.
 */
export function allowedBy({ left, leftForGrowth, toReplace }: RateBudget): number {
  return Math.floor(Math.max(leftForGrowth, Math.min(left, toReplace)))
}

/**
 * However many others start, the pool may begin a tenth of its rate: claims that found nothing are taken for sessions that were
 * started instead, and a caller that only asks again and again would keep it empty for ever.
 */
export function leastEveryMs(perSecond: number): number {
  return 10_000 / perSecond
}

/** When one more session may begin. */
export function nextAllowedAtMs({ atMs, left, leftForGrowth, toReplace }: RateBudget, perSecond: number): number {
  const lacking = 1 - (toReplace > 0 ? left : leftForGrowth)
  return lacking > 0 ? atMs + (lacking / perSecond) * 1_000 : atMs
}
