/**
 * Whether warm-ups are worth trying. A pure state instead of a library's policy, because it goes by the pool's clock and
 * is one input of the plan.
 */
export interface Breaker {
  /** Failures in a row. */
  readonly failures: number
  /** No warm-up begins before. Then one does, and its outcome decides. */
  readonly openUntilMs: number
}

export const closedBreaker: Breaker = { failures: 0, openUntilMs: Number.NEGATIVE_INFINITY }

export interface BreakerRules {
  /** Opens after so many failures in a row. */
  readonly failures: number
  /** The first pause, in milliseconds. It doubles with each failure that follows. */
  readonly firstPauseMs: number
  readonly longestPauseMs: number
}

/** @param random In [0, 1): shortens the pause by up to a quarter, so that members do not come back together. */
export function afterFailure(breaker: Breaker, rules: BreakerRules, nowMs: number, random: number): Breaker {
  // Those that began before it opened fail one after the other: they say nothing new.
  if (nowMs < breaker.openUntilMs) return breaker
  const failures = breaker.failures + 1
  if (failures < rules.failures) return { ...breaker, failures }
  const pauseMs = Math.min(rules.longestPauseMs, rules.firstPauseMs * 2 ** (failures - rules.failures))
  return { failures, openUntilMs: nowMs + pauseMs * (1 - 0.25 * random) }
}

/** A failure that trying again does not cure: a quota, or a runtime that is missing or refuses us. */
export function afterHopelessFailure(breaker: Breaker, rules: BreakerRules, nowMs: number, random: number): Breaker {
  const failures = Math.max(breaker.failures, rules.failures - 1)
  return afterFailure({ ...breaker, failures }, rules, nowMs, random)
}

/** How many warm-ups may begin, given how many are in flight. */
export function allowedByBreaker(breaker: Breaker, rules: BreakerRules, nowMs: number, inFlight: number): number {
  if (breaker.failures < rules.failures) return Number.POSITIVE_INFINITY
  if (nowMs < breaker.openUntilMs) return 0
  return inFlight === 0 ? 1 : 0
}
