import type { PoolContext } from './pool-context.ts'

/** In the long run it is told so often. */
const tellEveryMs = 60_000
const firstEveryMs = 1_000

/** Tells, while this member tends the pool, what is held there. Soon after the start more often: then little was held in all. */
export function createHeldTeller({ books, clock, emit }: PoolContext, others: () => number | undefined) {
  let firstAtMs: number | undefined
  let toldAtMs = 0
  let toldMs = 0

  function tell(): void {
    toldAtMs = clock.now()
    firstAtMs ??= toldAtMs
    const heldMs = books.stats(toldAtMs).warmSeconds * 1_000
    emit({ type: 'sessions-held', heldMs: heldMs - toldMs, others: others() })
    toldMs = heldMs
  }

  return {
    tell,
    tellIfDue(): void {
      const nowMs = clock.now()
      const everyMs = Math.min(tellEveryMs, Math.max(firstEveryMs, (nowMs - (firstAtMs ?? nowMs)) / 20))
      if (firstAtMs === undefined || nowMs - toldAtMs >= everyMs) tell()
    },
    /** When it is due at the latest. */
    nextAtMs: () => toldAtMs + tellEveryMs,
  }
}
