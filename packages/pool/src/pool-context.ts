import type { Deadlines } from './deadlines.ts'
import type { PoolBooks } from './pool-books.ts'
import type { PoolNews } from './pool-event.ts'
import type { CheckedPoolOptions } from './pool-rules.ts'
import type { PoolMember } from './pool-store.ts'
import type { PoolTarget } from './pool-target.ts'

/** What claiming, warming, tending and closing work on. */
export interface PoolContext extends Omit<CheckedPoolOptions, 'target' | 'onEvent'> {
  readonly target: Required<PoolTarget>
  readonly member: PoolMember
  readonly books: PoolBooks
  readonly emit: (news: PoolNews) => void
  /** Resolves when this member has joined the store: before, it does not know which version is the current one. */
  readonly joined: Promise<void>
  hasJoined(): boolean
  /** What a claim may take. */
  readonly claimDeadlines: Deadlines
  /** Aborted when the pool closes. */
  readonly closing: AbortSignal
}
