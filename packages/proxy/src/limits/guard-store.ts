import { within } from '../within.ts'
import type { LimitStore } from './limit-store.ts'
import { memoryLimits } from './memory-limits.ts'

/** When the store takes longer, this process counts for itself, so that no warm-up waits for it. Milliseconds. */
const answerWithinMs = 500
/** For so long a store that failed is not asked again. Milliseconds. */
const leaveAloneMs = 5_000

/** Counts in this process while the store does not answer: the limits still hold, and nobody waits. */
export function guardStore(store: LimitStore, onFailure: (cause: unknown) => void): LimitStore {
  const own = memoryLimits()
  let failedAt = Number.NEGATIVE_INFINITY

  async function ask<Answer>(question: (store: LimitStore) => Promise<Answer>): Promise<Answer> {
    if (Date.now() - failedAt < leaveAloneMs) return question(own)
    try {
      return await within(answerWithinMs, 'count in the store', question(store))
    } catch (cause) {
      // Many may have waited for the same answer: only the first tells.
      if (Date.now() - failedAt >= leaveAloneMs) onFailure(cause)
      failedAt = Date.now()
      return question(own)
    }
  }

  return {
    add: (counter, points, keepSeconds) => ask(each => each.add(counter, points, keepSeconds)),
    hold: (room, member, forMs, places) => ask(each => each.hold(room, member, forMs, places)),
  }
}
