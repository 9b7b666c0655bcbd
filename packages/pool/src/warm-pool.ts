import type { CanaryAnswer } from './canary.ts'
import type { PoolStats } from './pool-books.ts'
import type { PooledSession } from './pooled-session.ts'

/** Sessions that are warmed ahead. */
export interface WarmPool {
  /** Begins to fill and tend the pool. Resolves when it has looked into its store once. Never rejects: it goes on trying. */
  start(): Promise<void>
  /**
   * A live session, or `null` at once when there is none: warm one of your own then. Whoever gets it owns it, and stops it.
   * Never rejects. `null` before {@link start} and after {@link close}.
   */
  claim(): Promise<PooledSession | null>
  /** What this process knows and has counted. */
  stats(): PoolStats
  /** Claims a session as a user would, sees whether it answers, and puts it back. It counts as no claim. Never rejects. */
  canary(): Promise<CanaryAnswer>
  /**
   * One round of care, to its end: refills, beats, retires. For a scheduler that starts this code once a minute instead of
   * letting it run. @throws when the store fails.
   */
  tend(): Promise<void>
  /**
   * Warms one session now, to its end, when the pool holds fewer than its target. For code that is started by a queue of
   * orders. @returns whether it warmed one. @throws why the warm-up failed, or when the store fails.
   */
  replenish(): Promise<boolean>
  /**
   * Takes the sessions out of the pool and stops them. All of them, in whatever state, when no other process tends the pool. When
   * another one does, those that can be claimed now; then it waits, for `leaseMs` at most, until the rest can be claimed too, or
   * until the lease of a process that was killed has ended. With `tends: false` it does not wait. Whoever tends the pool fills it
   * again, unless its target is 0. {@link close} ends a drain: what it has taken it stops, and it takes no more.
   *
   * @returns how many.
   */
  drain(): Promise<number>
  /** Resolves when nothing is going on that was begun, the stop of a dead session for example. For code that is frozen between its calls. */
  settled(): Promise<void>
  /**
   * Ends this process's part in the pool. Sessions stay for the other processes; the last one stops them. Resolves when
   * nothing is going on any more. Safe to call twice.
   */
  close(options?: CloseOptions): Promise<void>
}

export interface CloseOptions {
  /**
   * What becomes of the waiting sessions: `stop` them, or `keep` them for a process that starts soon, until they idle out.
   * @default 'stop' when no other process is left that uses the pool, else 'keep'
   */
  sessions?: 'stop' | 'keep'
}
