import { pause } from './pause.ts'
import type { PoolContext } from './pool-context.ts'
import type { RetireReason } from './pool-plan.ts'
import type { PoolEntry } from './pooled-session.ts'
import { detailsOf, stopEntry } from './session-work.ts'
import { createStandingWatch } from './standing-watch.ts'

/** A stop that failed is tried again after this long, until the session has idled out; and so is what the store did not take. */
const tryAgainMs = 10_000

export type SessionDesk = ReturnType<typeof createSessionDesk>

/**
 * Keeps account of what this member is at work on, so that no two plans do the same.
 *
 * @param onNews Called when some work ended: there may be another plan.
 */
export function createSessionDesk(context: PoolContext, onNews: () => void) {
  const { store, clock, runtime, emit, closing } = context
  const watch = createStandingWatch(context)
  const busy = new Set<string>()
  const going = new Set<Promise<unknown>>()

  /** Work that nobody waits for. */
  function inBackground(work: Promise<unknown>): void {
    going.add(work)
    work
      .catch(cause => emit({ type: 'store-failed', during: 'background work', cause }))
      .finally(() => going.delete(work))
  }

  /** Works on one session; no plan touches it meanwhile. */
  function workOn(entry: PoolEntry, work: () => Promise<unknown>): void {
    busy.add(entry.runtimeSessionId)
    inBackground(
      work()
        .catch(async cause => {
          emit({ type: 'store-failed', during: 'work on a session', cause })
          // The next plan will want the same.
          await pause(clock, tryAgainMs, closing)
        })
        .finally(() => {
          busy.delete(entry.runtimeSessionId)
          watch.forget()
          onNews()
        }),
    )
  }

  /** For a session that nobody else has. */
  async function stopAndForget(entry: PoolEntry): Promise<void> {
    const hasEnded = await stopEntry(context, entry)
    const hasIdledOut = clock.now() >= entry.touchedAtMs + runtime.idleTimeoutMs
    if (hasEnded || hasIdledOut) return store.forget([entry])
    await pause(clock, tryAgainMs, closing)
  }

  return {
    busy: busy as ReadonlySet<string>,
    join: watch.join,
    fence: watch.fence,
    others: watch.others,
    content: watch.content,
    /** This member changed the store: what it saw there has passed. */
    forgetView: watch.forget,
    inBackground,
    workOn,
    stopAndForget,

    /** Takes sessions out of the pool and stops them. @returns how many it took. */
    async retire(
      entries: readonly PoolEntry[],
      reasonOf: (entry: PoolEntry) => RetireReason,
      fence: number,
    ): Promise<number> {
      const taken = entries.length > 0 ? await store.retire(entries, fence) : []
      for (const entry of taken) {
        const ageMs = clock.now() - entry.bornAtMs
        emit({ type: 'session-retired', reason: reasonOf(entry), ageMs, ...detailsOf(entry) })
        workOn(entry, () => stopAndForget(entry))
      }
      return taken.length
    },

    /** Resolves when nothing is going on any more. */
    async settled(): Promise<void> {
      while (going.size > 0) await Promise.allSettled(going)
    },
  }
}
