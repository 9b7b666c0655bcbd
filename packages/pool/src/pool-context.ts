import type { AgentRuntime } from '@warm-agent/proxy'
import type { Deadlines } from './deadlines.ts'
import type { PoolBooks } from './pool-books.ts'
import type { PoolClock } from './pool-clock.ts'
import type { PoolNews } from './pool-event.ts'
import type { PoolRules } from './pool-rules.ts'
import type { PoolMember, PoolStore } from './pool-store.ts'
import type { PoolTarget } from './pool-target.ts'

/** What claiming, warming, tending and closing work on. */
export interface PoolContext {
  readonly runtime: AgentRuntime
  readonly store: PoolStore
  readonly target: PoolTarget
  readonly rules: PoolRules
  readonly clock: PoolClock
  readonly random: () => number
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
