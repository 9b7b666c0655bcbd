import { quotasOf } from '@warm-agent/protocol/prices'

/** New sessions per second, unless told otherwise: the share of the quota that warmth may have. */
export const defaultNewSessionsPerSecond = 0.8 * quotasOf('').newSessionsPerSecond

/** How many sessions the pool may begin, as of a moment. */
export interface RateBudget {
  readonly perSecond: number
  readonly atMs: number
  /** What the rate allows. */
  readonly left: number
  /** What the sessions that others start leave of it. Less than nothing: they took more than there was. */
  readonly leftForGrowth: number
  /** Sessions that were handed out and not replaced yet. */
  readonly toReplace: number
  /** When the pool last began some. */
  readonly begunAtMs: number
}

export function fullBudget(perSecond: number, nowMs: number): RateBudget {
  return { perSecond, atMs: nowMs, left: perSecond, leftForGrowth: perSecond, toReplace: 0, begunAtMs: nowMs }
}

/** @returns the budget as it is at `nowMs`. */
export function refilled(budget: RateBudget, nowMs: number): RateBudget {
  const gained = (Math.max(0, nowMs - budget.atMs) / 1_000) * budget.perSecond
  const refill = (before: number) => Math.min(most(budget), before + gained)
  return {
    ...budget,
    atMs: nowMs,
    left: refill(budget.left),
    leftForGrowth: refill(budget.leftForGrowth),
    // The clock may have been set back.
    begunAtMs: Math.min(budget.begunAtMs, nowMs),
  }
}

/** @returns what the pool may begin when `hits` sessions were handed out and `misses` started by callers who found none. */
export function afterClaims(budget: RateBudget, hits: number, misses: number): RateBudget {
  const toReplace = Math.min(most(budget), Math.max(0, budget.toReplace + hits))
  return { ...budget, toReplace, leftForGrowth: owing(budget, misses) }
}

/** @returns what is left when the pool has begun so many. */
export function afterBegun(budget: RateBudget, sessions: number, nowMs: number): RateBudget {
  return {
    ...budget,
    left: budget.left - sessions,
    leftForGrowth: owing(budget, sessions),
    toReplace: Math.max(0, budget.toReplace - sessions),
    begunAtMs: nowMs,
  }
}

/**
 * What makes the pool fuller gives way to live traffic, what replaces sessions that were handed out does not. One that is not
 * replaced is one more claim in vain, whose caller starts a session anyway: the pool would starve, and nobody would gain by it.
 */
export function allowedBy(budget: RateBudget): number {
  const { left, leftForGrowth, toReplace, atMs } = budget
  const byTime = atMs >= leastAtMs(budget) ? 1 : 0
  return Math.max(byTime, Math.floor(Math.max(leftForGrowth, Math.min(left, toReplace))))
}

/** When one more session may begin. */
export function nextAllowedAtMs(budget: RateBudget): number {
  const { perSecond, atMs, left, leftForGrowth, toReplace } = budget
  const lacking = Math.max(0, 1 - (toReplace > 0 ? left : leftForGrowth))
  return Math.min(atMs + (lacking / perSecond) * 1_000, leastAtMs(budget))
}

/**
 * Whatever others start, the pool may begin a tenth of its rate. A claim in vain counts as a session that its caller starts, and
 * one that only asks again and again would keep the pool empty for ever.
 */
function leastAtMs({ begunAtMs, perSecond }: RateBudget): number {
  return begunAtMs + 10_000 / perSecond
}

/** A second's worth, at least one session: nothing is saved for longer, and nothing owed, as no quota gives more than that. */
function most({ perSecond }: RateBudget): number {
  return Math.max(1, perSecond)
}

function owing({ perSecond, leftForGrowth }: RateBudget, taken: number): number {
  return Math.max(-perSecond, leftForGrowth - taken)
}
