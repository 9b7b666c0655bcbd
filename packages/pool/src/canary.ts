import { gateOf, takeEntry } from './claim-session.ts'
import type { PoolContext } from './pool-context.ts'
import type { PoolEntry } from './pooled-session.ts'
import { detailsOf, stopEntry, touchEntry } from './session-work.ts'

/** What a claim on trial came to. */
export interface CanaryAnswer {
  /** Whether there was a session, and it answered with the microVM that it was warmed with. */
  readonly isWarm: boolean
  readonly tookMs: number
  /** Why not. */
  readonly cause?: unknown
}

/** Tells a pool that serves from one that only seems to: takes a session, touches it, puts it back. */
export async function claimAsCanary(
  context: PoolContext,
  inBackground: (work: Promise<unknown>) => void,
): Promise<CanaryAnswer> {
  const { store, clock, rules, emit } = context
  const startedAtMs = clock.now()
  const answer = (cause?: unknown): CanaryAnswer => {
    const tookMs = clock.now() - startedAtMs
    const outcome = cause === undefined ? { isWarm: true, tookMs } : { isWarm: false, tookMs, cause }
    emit({ type: 'canary-answered', ...outcome })
    return outcome
  }

  try {
    const taken = await takeEntry(context, inBackground, store.claim(gateOf(context)))
    if ('failure' in taken) return answer(taken.failure)
    const { entry, rejected } = taken
    for (const late of rejected) inBackground(stopEntry(context, late))
    if (!entry) return answer(new Error('Could not claim a session: the pool is empty.'))
    let live: PoolEntry
    try {
      live = await touchEntry(context, entry, rules.validateTimeoutMs)
    } catch (cause) {
      emit({ type: 'session-dropped', cause, ...detailsOf(entry) })
      inBackground(stopEntry(context, entry))
      return answer(cause)
    }
    // When that fails, nobody knows whether it is back, and somebody's by now: it must not be stopped.
    await store.giveBack(live)
    return answer()
  } catch (cause) {
    return answer(cause)
  }
}
