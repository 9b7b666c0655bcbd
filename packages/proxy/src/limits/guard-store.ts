import { within } from '../within.ts'
import type { LimitStore } from './limit-store.ts'
import { memoryLimits } from './memory-limits.ts'

/** A store that takes longer delays every warm-up: then this process counts for itself. Milliseconds. */
const answerWithinMs = 500
/** A store that failed is left alone for so long. Milliseconds. */
const leaveAloneMs = 5_000

/** Counts in this process while the store does not answer, so that no limit is lifted and nobody waits. */
export function guardStore(store: LimitStore, onFailure: (cause: unknown) => void): LimitStore {
  const own = memoryLimits()
  let failedAt = Number.NEGATIVE_INFINITY

  async function ask<Answer>(question: (store: LimitStore) => Promise<Answer>): Promise<Answer> {
    if (Date.now() - failedAt < leaveAloneMs) return question(own)
    try {
      return await within(answerWithinMs, 'count in the store', question(store))
    } catch (cause) {
      // Many may have been waiting for the same answer: one tells.
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
