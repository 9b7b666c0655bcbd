import { logFactorial } from './log-factorial.ts'

/** How many of so many messages got no answer. */
export interface Failures {
  failed: number
  messages: number
}

/** Whether messages really fail more often, or less, than they did. */
export interface FailureChange {
  /** How likely two benches of one thing differ as much as these, or more: Fisher's exact test, both sides. */
  chance: number
  verdict: 'more' | 'fewer' | 'unclear'
}

/**
 * Compares two shares of failures. An exact test, because failures are few: what holds of many would see nothing in
 * 5 of 60, or too much.
 *
 * @param confidence how sure a verdict must be: 0.95 takes a `chance` of 0.05 at most.
 */
export function compareFailures(before: Failures, after: Failures, confidence: number): FailureChange {
  const chance = fisherChance(before, after)
  if (chance > 1 - confidence) return { chance, verdict: 'unclear' }
  const isMore = after.failed * before.messages > before.failed * after.messages
  return { chance, verdict: isMore ? 'more' : 'fewer' }
}

/** Rounding must not keep a split out that is exactly as unlikely as the one that was seen. */
const rounding = 1e-7

function fisherChance(before: Failures, after: Failures): number {
  const messages = before.messages + after.messages
  const failed = before.failed + after.failed
  const ways = (of: number, taken: number) => logFactorial(of) - logFactorial(taken) - logFactorial(of - taken)
  // That of all failures so many fell to the first bench, were they dealt out by lot: hypergeometric.
  const logChance = (first: number) =>
    ways(before.messages, first) + ways(after.messages, failed - first) - ways(messages, failed)
  const seen = logChance(before.failed) + rounding
  let chance = 0
  for (let first = Math.max(0, failed - after.messages); first <= Math.min(failed, before.messages); first++) {
    const log = logChance(first)
    if (log <= seen) chance += Math.exp(log)
  }
  return Math.min(1, chance)
}
