import { logFactorial } from './log-factorial.ts'

/** How many messages there were, and how many of them got no answer. */
export interface Failures {
  failed: number
  messages: number
}

/** Whether messages fail more or less often than before. */
export interface FailureChange {
  /** How likely two benches of the same thing differ at least this much by chance: Fisher's exact test, two-sided. */
  chance: number
  verdict: 'more' | 'fewer' | 'unclear'
}

/**
 * Compares two shares of failures. The test is exact because failures are few: approximations for large numbers are wrong
 * for, say, 5 of 60.
 *
 * @param confidence How sure a verdict must be: with 0.95 the `chance` is 0.05 at most.
 */
export function compareFailures(before: Failures, after: Failures, confidence: number): FailureChange {
  const chance = fisherChance(before, after)
  if (chance > 1 - confidence) return { chance, verdict: 'unclear' }
  const isMore = after.failed * before.messages > before.failed * after.messages
  return { chance, verdict: isMore ? 'more' : 'fewer' }
}

/** Splits that are exactly as unlikely as the one seen must count, whatever rounding makes of them. */
const rounding = 1e-7

function fisherChance(before: Failures, after: Failures): number {
  const messages = before.messages + after.messages
  const failed = before.failed + after.failed
  const ways = (of: number, taken: number) => logFactorial(of) - logFactorial(taken) - logFactorial(of - taken)
  // The chance that `first` of all failures fall into the first bench when they are dealt out at random: hypergeometric.
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
