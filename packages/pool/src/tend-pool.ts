import { createBeats } from './beats.ts'
import { createHeldTeller } from './held-teller.ts'
import type { PoolContext } from './pool-context.ts'
import { poolPlan, type RetireReason } from './pool-plan.ts'
import type { StoreContent } from './pool-store.ts'
import type { EntryState } from './pooled-session.ts'
import { createRefill } from './refill.ts'
import { createSessionDesk } from './session-desk.ts'

export interface Tender {
  /**
   * Looks at the pool, and begins what the plan says. What it began goes on when it resolves.
   *
   * @returns when to look again, in milliseconds of the pool's clock. @throws when the store fails.
   */
  pass(): Promise<number>
  /** Whether this member tends the pool, as far as it knows. */
  isTending(): boolean
  /** Warms one session, if one is missing. @returns whether it did. @throws why the warm-up failed. */
  replenish(): Promise<boolean>
  /** Resolves when nothing that was begun is going on any more. */
  settled(): Promise<void>
  /** Takes all sessions out of the pool, or those in some states, and stops them, when nobody else tends it. @returns how many. */
  empty(reason: RetireReason, states?: readonly EntryState[]): Promise<number>
  /** Tells what the pool held up to now. */
  tellHeld(): void
  /** Keeps account of work that nobody waits for. */
  inBackground(work: Promise<unknown>): void
}

type Counts = Readonly<Record<EntryState, number>>

function countsOf({ entries, unseen }: StoreContent): Counts {
  const count = (state: EntryState) => entries.filter(each => each.state === state).length
  return { ready: count('ready') + unseen, warming: count('warming'), old: count('old'), stopping: count('stopping') }
}

/** @param onNews Called when something ended that may change the plan. */
export function createTender(context: PoolContext, onNews: () => void): Tender {
  const { store, target, rules, clock, emit, books } = context
  const desk = createSessionDesk(context, onNews)
  const refill = createRefill(context, desk)
  const beats = createBeats(context, desk)
  const held = createHeldTeller(context, desk.others)
  let hasTakenOver = false

  function sizeWanted(): number {
    const size = target.sizeAt(clock.now())
    return Number.isFinite(size) ? Math.max(0, Math.round(size)) : 0
  }

  /** What the pool held before says more of the traffic than a target that has seen none of it. */
  function takeOver({ ready, old, warming }: Counts): void {
    if (hasTakenOver) return
    hasTakenOver = true
    // A session of an older version stays until its successor is ready: if both counted, the pool would grow with each takeover
    // during a deploy.
    target.noteTakeover(ready + Math.max(old, warming), clock.now())
  }

  function noteHeld({ ready, warming, old, stopping }: Counts, size: number): void {
    const nowMs = clock.now()
    books.noteHeld({ ready, warming, others: old + stopping, target: size }, nowMs)
    held.tellIfDue()
    const { raised, cleared } = books.changedAlarms(nowMs)
    for (const [alarm, message] of raised) emit({ type: 'alarm-raised', alarm, message })
    for (const alarm of cleared) emit({ type: 'alarm-cleared', alarm })
  }

  return {
    inBackground: desk.inBackground,
    settled: desk.settled,
    isTending: () => desk.fence() !== undefined,
    tellHeld: held.tell,

    async pass() {
      const lookAgainMs = store.lookEveryMs > 0 ? clock.now() + store.lookEveryMs : Number.POSITIVE_INFINITY
      const fence = await desk.join()
      hasTakenOver &&= fence !== undefined
      if (fence === undefined || context.closing.aborted) return lookAgainMs
      const isBehind = beats.isBehind()
      const content = await desk.content(isBehind)
      const nowMs = clock.now()
      const counts = countsOf(content)
      takeOver(counts)
      const size = sizeWanted()
      noteHeld(counts, size)
      const plan = poolPlan({
        nowMs,
        stored: content.entries,
        unseen: content.unseen,
        busy: desk.busy,
        target: size,
        allowance: refill.allowance(),
        usableIdleMs: rules.usableIdleMs,
        replenishMs: refill.replenishMs(),
        missedBeatsAllowed: rules.missedBeatsAllowed,
        drain: rules.drain,
      })
      const reasons = new Map(plan.retire.map(({ entry, reason }) => [entry.runtimeSessionId, reason]))
      await desk.retire(
        plan.retire.map(({ entry }) => entry),
        ({ runtimeSessionId }) => reasons.get(runtimeSessionId) ?? 'surplus',
        fence,
      )
      for (const entry of plan.stop) desk.workOn(entry, () => desk.stopAndForget(entry))
      for (const entry of plan.adopt) refill.adopt(entry)
      const begun = await refill.fill(plan.warm, fence)
      // They are held from now on, and the next look may come when they are warm only.
      if (begun > 0) noteHeld({ ...counts, warming: counts.warming + begun }, size)
      beats.make(plan.beat, isBehind)
      return Math.min(lookAgainMs, plan.nextAtMs, nowMs + rules.targetEveryMs, refill.moreAtMs(), held.nextAtMs())
    },

    async replenish() {
      const fence = await desk.join()
      if (fence === undefined) return false
      const { entries, unseen } = await store.look()
      const held = entries.filter(({ state }) => state === 'ready' || state === 'warming').length + unseen
      return held < sizeWanted() && refill.one(fence)
    },

    async empty(reason, states) {
      const fence = await desk.join()
      if (fence === undefined) return 0
      const { entries } = await store.look()
      return desk.retire(
        entries.filter(({ state }) => states?.includes(state) ?? true).map(({ entry }) => entry),
        () => reason,
        fence,
      )
    },
  }
}
