import type { PoolContext } from './pool-context.ts'
import type { StoreContent } from './pool-store.ts'

/** Keeps this member's standing in the store, and what it last saw there. */
export function createStandingWatch({ store, member, emit, books, clock, target }: PoolContext) {
  let fence: number | undefined
  let seenRevision: number | undefined
  let revision: number | undefined
  let seen: StoreContent | undefined
  let elsewhere: number | undefined
  let joinedAtMs: number | undefined
  let others: number | undefined

  /** The target hears of this member's claims as they come, and of those of the others now that the store tells of them. */
  function noteArrivals(all: number | undefined, own: number): void {
    if (all === undefined) return
    const nowMs = clock.now()
    const now = all - own
    // After a sleep they are of long ago, and all at once they would look like a burst.
    const hasSlept = store.lookEveryMs > 0 && nowMs - (joinedAtMs ?? nowMs) > member.leaseMs
    // Fewer than before: the store has lost its memory, and counts anew.
    for (let told = hasSlept ? now : (elsewhere ?? now); told < now; told++) target.noteArrival(nowMs)
    elsewhere = now
    joinedAtMs = nowMs
  }

  return {
    /** Says that this member lives. @returns its fence, while it is the one that tends the pool. */
    async join(): Promise<number | undefined> {
      const own = books.asked()
      const standing = await store.join({ ...member, ...own })
      if (standing.fence !== undefined && fence === undefined) emit({ type: 'tending-started' })
      if (standing.fence === undefined && fence !== undefined) emit({ type: 'tending-ended' })
      fence = standing.fence
      revision = standing.revision
      others = standing.others
      books.noteFleet(standing)
      noteArrivals(standing.arrivals, own.arrivals)
      return fence
    },
    /** The fence of the last time. */
    fence: () => fence,
    /** How many other members lived then. */
    others: () => others,
    /** What the store holds. It is asked anew when something changed there, and to look closely when beats are behind. */
    async content(isBehind: boolean): Promise<StoreContent> {
      if (!isBehind && seen && revision !== undefined && revision === seenRevision) return seen
      // The revision was read before the content: that is at least as new as it says.
      const asOf = revision
      seen = await store.look(isBehind ? undefined : clock.now())
      seenRevision = asOf
      return seen
    },
    /** This member changed something itself: the next look must be a real one. */
    forget(): void {
      seen = undefined
    },
  }
}
