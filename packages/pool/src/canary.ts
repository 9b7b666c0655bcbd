import { gateOf } from './claim-session.ts'
import type { PoolContext } from './pool-context.ts'
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
    const { entry, rejected } = await store.claim(gateOf(context))
    for (const late of rejected) inBackground(stopEntry(context, late))
    if (!entry) return answer(new Error('Could not claim a session: the pool is empty.'))
    try {
      const live = await touchEntry(context, entry, rules.validateTimeoutMs)
      await store.giveBack(live)
      return answer()
    } catch (cause) {
      emit({ type: 'session-dropped', cause, ...detailsOf(entry) })
      inBackground(stopEntry(context, entry))
      return answer(cause)
    }
  } catch (cause) {
    return answer(cause)
  }
}
