import { setMaxListeners } from 'node:events'
import { claimAsCanary } from './canary.ts'
import { claimSession } from './claim-session.ts'
import { createDeadlines } from './deadlines.ts'
import { limitStore } from './limit-store.ts'
import { createPoolBooks } from './pool-books.ts'
import type { PoolContext } from './pool-context.ts'
import { createEmit } from './pool-event.ts'
import type { WarmPoolOptions } from './pool-options.ts'
import { createPoolRounds } from './pool-rounds.ts'
import { checkPoolOptions } from './pool-rules.ts'
import { stopWhatWaits } from './stop-what-waits.ts'
import { guardTarget } from './target/guard-target.ts'
import { tellUnreadable } from './tell-unreadable.ts'
import { createTender } from './tend-pool.ts'
import type { CloseOptions, WarmPool } from './warm-pool.ts'

/**
 * @throws Error when an option is unknown or makes no sense.
 * @example
 * const pool = createWarmPool({ runtime, store: memoryStore(), target: 20 })
 * await pool.start()
 * const session = await pool.claim()
 */
export function createWarmPool(options: WarmPoolOptions): WarmPool {
  const { onEvent, ...parts } = checkPoolOptions(options)
  const { rules, clock } = parts
  const { identity } = parts.runtime
  const ours = identity === undefined ? undefined : parts.store.ofRuntime?.(identity)
  const ending = new AbortController()
  // As many listen as sessions are being worked on.
  setMaxListeners(0, ending.signal)
  const books = createPoolBooks(rules.dollarsPerSessionHour, rules.alarms, clock.now())
  const emit = createEmit(onEvent, clock, books.note)
  const store = tellUnreadable(limitStore(ours ?? parts.store, clock), emit)
  let isJoined = false
  let releaseClaims = () => {}
  const joined = new Promise<void>(resolve => {
    releaseClaims = resolve
  })
  const noteJoined = () => {
    isJoined = true
    releaseClaims()
  }
  const context: PoolContext = {
    ...parts,
    store,
    target: guardTarget(parts.target, cause =>
      emit({ type: 'store-failed', during: 'asking the target for its size', cause }),
    ),
    books,
    emit,
    member: {
      id: crypto.randomUUID(),
      version: rules.version,
      tends: rules.tends,
      leaseMs: rules.leaseMs,
      onNews: wake,
    },
    joined,
    hasJoined: () => isJoined,
    claimDeadlines: createDeadlines(clock, rules.claimTimeoutMs, () => storeIsSilent(rules.claimTimeoutMs)),
    closing: ending.signal,
  }
  const tender = createTender(context, wake)
  const rounds = createPoolRounds(context, tender, noteJoined)
  let closing: Promise<void> | undefined

  function wake(): void {
    rounds.wake()
  }

  async function drain(): Promise<number> {
    const taken = await tender.empty('closed')
    const others = tender.isTending() ? 0 : await stopWhatWaits(context, tender)
    await tender.settled()
    return taken + others
  }

  async function end({ sessions }: CloseOptions): Promise<void> {
    rounds.stop()
    ending.abort(new Error('The pool was closed.'))
    releaseClaims()
    await rounds.ended()
    await tender.settled()
    try {
      const { others } = await store.join({ ...context.member, ...books.asked() })
      if (sessions === 'stop' || (sessions === undefined && others === 0)) await tender.empty('closed')
      // A store that knows no others: nobody else hears of what is being warmed here.
      else if (others === undefined) await tender.empty('closed', ['warming'])
      await tender.settled()
      await store.leave(context.member)
    } catch (cause) {
      // Its lease ends by itself, and what it leaves behind idles out.
      emit({ type: 'store-failed', during: 'closing', cause })
    }
    if (!tender.isTending()) return
    tender.tellHeld()
    emit({ type: 'tending-ended' })
  }

  /** What holds a session is waited for when the pool closes. */
  function holding<T>(work: Promise<T>): Promise<T> {
    tender.inBackground(work)
    return work
  }

  return {
    async start() {
      if (!rounds.isRunning() && !closing) await rounds.start()
    },

    claim() {
      if (!rounds.isRunning()) {
        emit({ type: 'claim-missed', cause: 'closed', tookMs: 0 })
        return Promise.resolve(null)
      }
      const claimed = holding(claimSession(context, tender.inBackground))
      // A member that tends the pool elsewhere sees it at its next look.
      if (tender.isTending() || store.lookEveryMs === 0) void claimed.then(rounds.wakeSoon)
      return claimed
    },

    stats: () => books.stats(clock.now()),
    canary: () => holding(claimAsCanary(context, tender.inBackground)),
    tend: rounds.tend,
    async replenish() {
      const hasWarmed = await tender.replenish()
      noteJoined()
      await tender.settled()
      return hasWarmed
    },
    drain,
    settled: tender.settled,

    close(how = {}) {
      closing ??= end(how)
      return closing
    },
  }
}

function storeIsSilent(ms: number): Error {
  return new Error(`Could not claim a session: the store did not answer for ${ms} ms. Check that it can be reached.`)
}
