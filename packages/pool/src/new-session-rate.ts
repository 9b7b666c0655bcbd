/** What is left of the rate of new sessions, at a moment. */
export interface RateBudget {
  readonly left: number
  readonly atMs: number
}

/** @returns the budget as it is at `nowMs`: it refills by the rate and holds what one second allows, at least one. */
export function refilled(budget: RateBudget, perSecond: number, nowMs: number): RateBudget {
  const gained = (Math.max(0, nowMs - budget.atMs) / 1_000) * perSecond
  return { left: Math.min(Math.max(1, perSecond), budget.left + gained), atMs: nowMs }
}

/** When one more session may begin. */
export function nextAllowedAtMs(budget: RateBudget, perSecond: number): number {
  return budget.left >= 1 ? budget.atMs : budget.atMs + ((1 - budget.left) / perSecond) * 1_000
}
