import type { PoolContext } from './pool-context.ts'
import type { StoreContent } from './pool-store.ts'

/** Keeps this member's standing in the store, and what it last saw there. */
export function createStandingWatch({ store, member, emit, books, clock, target }: PoolContext) {
  let fence: number | undefined
  let seenRevision: number | undefined
  let revision: number | undefined
  let seen: StoreContent | undefined
  let elsewhere: number | undefined

  /** The target hears of this member's claims as they come. Those of the others it can only be told of afterwards. */
  function noteClaims(claims: number | undefined): void {
    books.noteClaims(claims)
    if (claims === undefined) return
    const now = claims - books.hits()
    for (let told = elsewhere ?? now; told < now; told++) target.noteArrival?.(clock.now())
    // A claim of our own that is counted there already and here in a moment is told once.
    elsewhere = claims < (elsewhere ?? 0) ? now : Math.max(elsewhere ?? now, now)
  }

  return {
    /** Says that this member lives. @returns its fence, while it is the one that tends the pool. */
    async join(): Promise<number | undefined> {
      const standing = await store.join(member)
      if (standing.fence !== undefined && fence === undefined) emit({ type: 'tending-started' })
      if (standing.fence === undefined && fence !== undefined) emit({ type: 'tending-ended' })
      fence = standing.fence
      revision = standing.revision
      noteClaims(standing.claims)
      return fence
    },
    /** The fence of the last time. */
    fence: () => fence,
    /** What the store holds; asked only when something changed there. */
    async content(): Promise<StoreContent> {
      if (seen && revision !== undefined && revision === seenRevision) return seen
      // The revision was read before the content: that is at least as new as it says.
      const asOf = revision
      seen = await store.look(clock.now())
      seenRevision = asOf
      return seen
    },
    /** This member changed something itself: the next look must be a real one. */
    forget(): void {
      seen = undefined
    },
  }
}
