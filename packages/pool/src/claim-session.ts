import type { PoolContext } from './pool-context.ts'
import type { MissCause } from './pool-event.ts'
import type { RetireReason } from './pool-plan.ts'
import type { ClaimGate, StoreClaim } from './pool-store.ts'
import { type PoolEntry, type PooledSession, toPooledSession } from './pooled-session.ts'
import { detailsOf, stopEntry, touchEntry } from './session-work.ts'

/**
 * A live session that nobody else has or will have, or `null`. Never waits for a cold start, never rejects.
 *
 * @param inBackground Takes the work that nobody waits for.
 */
export async function claimSession(
  context: PoolContext,
  inBackground: (work: Promise<unknown>) => void,
): Promise<PooledSession | null> {
  const { clock, rules, target, emit, closing } = context
  const startedAtMs = clock.now()
  target.noteArrival(startedAtMs)

  const miss = (cause: MissCause, error?: unknown) => {
    emit({ type: 'claim-missed', cause, tookMs: clock.now() - startedAtMs, ...(error === undefined ? {} : { error }) })
    return null
  }
  const drop = (entry: PoolEntry, cause: unknown) => {
    emit({ type: 'session-dropped', cause, ...detailsOf(entry) })
    inBackground(stopEntry(context, entry))
  }

  let sawDead = false
  for (let tries = 0; tries < rules.claimTries; tries++) {
    if (closing.aborted) return miss('closed')
    const taken = await takeEntry(context, inBackground)
    if ('failure' in taken) return miss(closing.aborted ? 'closed' : 'store', taken.failure)
    const { entry, rejected } = taken
    for (const late of rejected) {
      const ageMs = clock.now() - late.bornAtMs
      emit({ type: 'session-retired', reason: reasonOf(context, late), ageMs, ...detailsOf(late) })
      inBackground(stopEntry(context, late))
    }
    if (!entry) {
      if (rejected.length > 0) continue
      return miss(sawDead ? 'dead' : 'empty')
    }
    const isTrusted = clock.now() - entry.touchedAtMs <= rules.trustMs
    let live: PoolEntry
    try {
      live = isTrusted ? entry : await touchEntry(context, entry, rules.validateTimeoutMs)
    } catch (cause) {
      // Also a touch that got no answer in time: it may be starting a new microVM this very moment.
      drop(entry, cause)
      sawDead = true
      continue
    }
    if (closing.aborted) {
      inBackground(stopEntry(context, live))
      return miss('closed')
    }
    const nowMs = clock.now()
    emit({
      type: 'session-claimed',
      ageMs: nowMs - entry.bornAtMs,
      idleMs: nowMs - entry.touchedAtMs,
      wasValidated: !isTrusted,
      tookMs: nowMs - startedAtMs,
      ...detailsOf(entry),
    })
    return toPooledSession(live)
  }
  return miss(sawDead ? 'dead' : 'empty')
}

function reasonOf({ clock, rules }: PoolContext, entry: PoolEntry): RetireReason {
  if (entry.version !== rules.version) return 'version'
  return entry.retireAtMs <= clock.now() ? 'lifetime' : 'idle'
}

/** What may be handed out now. */
export function gateOf({ clock, rules }: PoolContext): ClaimGate {
  const nowMs = Math.round(clock.now())
  return { nowMs, touchedSinceMs: nowMs - rules.usableIdleMs, version: rules.version }
}

function askStore(context: PoolContext): Promise<StoreClaim> {
  const { store, joined, closing } = context
  if (context.hasJoined()) return store.claim(gateOf(context))
  return joined.then(() => {
    closing.throwIfAborted()
    return store.claim(gateOf(context))
  })
}

/** Asks the store, for a limited time. What it gives too late is put back: nobody has seen it. */
export function takeEntry(
  context: PoolContext,
  inBackground: (work: Promise<unknown>) => void,
  asked = askStore(context),
): Promise<StoreClaim | { failure: unknown }> {
  const { store, emit } = context
  return context.claimDeadlines.within(asked).catch(failure => {
    const putBack = async ({ entry, rejected }: StoreClaim) => {
      await Promise.all(rejected.map(each => stopEntry(context, each)))
      if (entry) await store.giveBack(entry)
    }
    // It did not come late, it failed: that is told by the miss. Giving back may fail too.
    const tell = (cause: unknown) => cause !== failure && emit({ type: 'store-failed', during: 'a late claim', cause })
    inBackground(asked.then(putBack).catch(tell))
    return { failure }
  })
}
