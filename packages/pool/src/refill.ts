import { RuntimeFailure } from '@warm-agent/proxy'
import { createSessionMaker, mayHaveStarted } from '@warm-agent/proxy/runtime-kit'
import { afterFailure, afterHopelessFailure, allowedByBreaker, closedBreaker } from './breaker.ts'
import { afterBegun, afterClaims, allowedBy, fullBudget, nextAllowedAtMs, refilled } from './new-session-rate.ts'
import type { PoolContext } from './pool-context.ts'
import type { PoolEntry } from './pooled-session.ts'
import { putInPool } from './put-in-pool.ts'
import type { SessionDesk } from './session-desk.ts'
import { detailsOf, newEntry, warmEntry } from './session-work.ts'

/** Trying again does not help, and would take what real messages need. */
const hopeless: ReadonlySet<string> = new Set(['quota', 'refused', 'unauthenticated', 'missing', 'invalid'])

/** Warms sessions for the pool, no faster than is allowed, and not at all while that keeps failing. */
export function createRefill(context: PoolContext, desk: SessionDesk) {
  const { runtime, store, target, rules, clock, random, emit, books } = context
  let breaker = closedBreaker
  let budget = fullBudget(rules.newSessionsPerSecond, clock.now())
  let seen: ReturnType<typeof books.claimsOfAll> | undefined
  let inFlight = 0
  let replenishMs = 0
  const { newSession } = createSessionMaker(runtime)

  /** @returns why it failed; `undefined` when it did not. */
  async function warm(entry: PoolEntry, isAdopted: boolean): Promise<unknown> {
    const startedAtMs = clock.now()
    // Who began it did not come to stop what it may have started.
    let hasStarted = isAdopted
    let live: PoolEntry
    try {
      live = await warmEntry(context, entry, failure => {
        hasStarted ||= mayHaveStarted(failure)
      })
    } catch (failure) {
      // When the pool closes, the member that tends it next goes on with this warm-up.
      if (!context.closing.aborted) await noteFailure(failure, entry, hasStarted)
      return failure
    }
    const tookMs = clock.now() - startedAtMs
    noteSuccess(tookMs, live)
    if ((await putInPool(context, live, desk.fence)) === 'unknown') {
      emit({ type: 'warm-up-wasted', tookMs, ...detailsOf(live) })
      await desk.stopAndForget(live)
    }
    return undefined
  }

  function noteSuccess(tookMs: number, live: PoolEntry): void {
    emit({ type: 'warm-up-succeeded', tookMs, evidence: live.evidence, ...detailsOf(live) })
    target.noteReplenishment(tookMs)
    replenishMs = replenishMs === 0 ? tookMs : 0.8 * replenishMs + 0.2 * tookMs
    if (breaker.failures >= rules.breaker.failures) emit({ type: 'breaker-closed' })
    breaker = closedBreaker
  }

  async function noteFailure(failure: unknown, entry: PoolEntry, hasStarted: boolean): Promise<void> {
    emit({ type: 'warm-up-failed', cause: failure, ...detailsOf(entry) })
    const isHopeless = failure instanceof RuntimeFailure && hopeless.has(failure.reason)
    const nowMs = clock.now()
    const next = (isHopeless ? afterHopelessFailure : afterFailure)(breaker, rules.breaker, nowMs, random())
    if (next.openUntilMs !== breaker.openUntilMs) {
      emit({ type: 'breaker-opened', failures: next.failures, pauseMs: next.openUntilMs - nowMs, cause: failure })
    }
    breaker = next
    const taken = await store.retire([entry], desk.fence() ?? 0)
    if (hasStarted || mayHaveStarted(failure)) await Promise.all(taken.map(desk.stopAndForget))
    else await store.forget(taken)
  }

  function begin(entry: PoolEntry, isAdopted: boolean, onEnd?: (failure: unknown) => void): void {
    emit({ type: 'warm-up-started', isAdopted, ...detailsOf(entry) })
    inFlight += 1
    desk.workOn(entry, async () => {
      const warmed = warm(entry, isAdopted).finally(() => inFlight--)
      warmed.then(onEnd, onEnd)
      await warmed
    })
  }

  const allowedNow = () => allowedByBreaker(breaker, rules.breaker, clock.now(), inFlight)

  /** @returns the sessions that it announced to the store: none when somebody else tends the pool by now. */
  async function announce(count: number, fence: number): Promise<PoolEntry[]> {
    const fresh = Array.from({ length: count }, () => newEntry(context, newSession()))
    if (fresh.length === 0 || !(await store.begin(fresh, fence))) return []
    desk.forgetView()
    budget = afterBegun(budget, fresh.length, clock.now())
    return fresh
  }

  return {
    /** What a warm-up takes, on average. */
    replenishMs: () => replenishMs,

    /** How many warm-ups may begin now. */
    allowance(): number {
      const now = books.claimsOfAll()
      const { hits, misses } = seen ?? now
      seen = now
      // A claim that found nothing starts a session of its own: live traffic comes first.
      const missed = Math.max(0, now.misses - misses)
      budget = afterClaims(refilled(budget, clock.now()), now.hits - hits, missed)
      return Math.min(allowedBy(budget), allowedNow())
    },

    /** When more may begin than {@link allowance} last said. It may be past by now: then look again at once. */
    moreAtMs(): number {
      const atMs = Math.max(breaker.openUntilMs, nextAllowedAtMs(budget))
      return atMs > budget.atMs ? atMs : Number.POSITIVE_INFINITY
    },

    /** @returns how many warm-ups it began. */
    async fill(count: number, fence: number): Promise<number> {
      const fresh = await announce(count, fence)
      for (const entry of fresh) begin(entry, false)
      return fresh.length
    },

    adopt: (entry: PoolEntry) => begin(entry, true),

    /** Warms one session, to its end. @returns whether it did. @throws why it failed. */
    async one(fence: number): Promise<boolean> {
      if (allowedNow() < 1) {
        throw new Error('Could not warm a session: warm-ups failed again and again. Try again later.')
      }
      const [entry] = await announce(1, fence)
      if (!entry) return false
      const failure = await new Promise<unknown>(resolve => begin(entry, false, resolve))
      if (failure !== undefined) throw failure
      return true
    },
  }
}
