import type { PoolEntry, StoredEntry } from './pooled-session.ts'

/** Why a session was ended that nobody had used. */
export type RetireReason = 'lifetime' | 'idle' | 'version' | 'surplus' | 'unreachable' | 'replaced' | 'closed'

/** All that a decision depends on. */
export interface PoolSituation {
  readonly nowMs: number
  /** What the store holds. */
  readonly stored: readonly StoredEntry[]
  /** How many more it holds that can be claimed and that it does not show. @default 0 */
  readonly unseen?: number
  /** Ids that this member is at work on: nothing more is decided about them. */
  readonly busy: ReadonlySet<string>
  /** How many claimable sessions are wanted. */
  readonly target: number
  /** How many warm-ups the breaker and the rate of new sessions allow right now. */
  readonly allowance: number
  /** What the runtime's idle timeout leaves after a margin, in milliseconds. */
  readonly usableIdleMs: number
  /** What a warm-up takes: entries that retire within it are replaced beforehand. Milliseconds. */
  readonly replenishMs: number
  /** After more beats in a row without an answer the session is given up. */
  readonly missedBeatsAllowed: number
  readonly drain: DrainPolicy
}

/**
 * What becomes of sessions of an older version. None of them is handed out. `oldest first`: one is stopped for each new one
 * that is ready, so that never more VMs start and stop at once than in a common refill. `at once`: all now.
 */
export type DrainPolicy = 'oldest first' | 'at once'

export interface PoolPlan {
  /** How many new sessions to warm. */
  readonly warm: number
  /** Warm-ups that somebody began and did not end, to be gone on with: the same session, the same nonce. */
  readonly adopt: readonly PoolEntry[]
  /** Sessions to touch. */
  readonly beat: readonly PoolEntry[]
  /** Sessions to take out and stop. */
  readonly retire: readonly { readonly entry: PoolEntry; readonly reason: RetireReason }[]
  /** Sessions that were taken out already, by somebody who did not come to stop them. */
  readonly stop: readonly PoolEntry[]
  /** When time alone makes another plan, at the latest. */
  readonly nextAtMs: number
}

/** What to warm, beat, retire and stop now. Called after every event; the same situation gives the same plan. */
export function poolPlan(situation: PoolSituation): PoolPlan {
  const { nowMs, stored, unseen = 0, busy, target, allowance, replenishMs } = situation
  const inState = (state: StoredEntry['state']) => stored.filter(each => each.state === state).map(({ entry }) => entry)
  const isFree = (entry: PoolEntry) => !busy.has(entry.runtimeSessionId)
  const ready = inState('ready')
  const warming = inState('warming')

  const spent = ready.flatMap(entry => {
    const reason = endOf(entry, situation)
    return reason ? [{ entry, reason }] : []
  })
  const spentEntries = new Set(spent.map(({ entry }) => entry))
  const good = ready.filter(entry => !spentEntries.has(entry)).sort(byAge)
  // The unseen do not count here: two processes that tend one queue see different parts of it, and each would stop what the
  // other one keeps. So the youngest that each of them sees stay, as many as are wanted.
  const surplus = good.slice(0, Math.max(0, good.length - Math.max(0, target)))
  const kept = good.slice(surplus.length)

  const lasting = kept.filter(entry => entry.retireAtMs > nowMs + replenishMs)
  const missing = Math.max(0, target - lasting.length - unseen - warming.length)
  const drained = toDrain(inState('old').sort(byAge), situation, kept.length + unseen)

  const retire = [
    ...spent,
    ...surplus.map(entry => ({ entry, reason: 'surplus' as const })),
    ...drained.map(entry => ({ entry, reason: 'version' as const })),
  ].filter(({ entry }) => isFree(entry))

  return {
    warm: Math.min(missing, allowance),
    adopt: warming.filter(isFree),
    beat: kept.filter(entry => isFree(entry) && entry.beatAtMs <= nowMs),
    retire,
    stop: inState('stopping').filter(isFree),
    nextAtMs: Math.min(...kept.map(entry => nextChangeOf(entry, situation))),
  }
}

function endOf(entry: PoolEntry, { nowMs, usableIdleMs, missedBeatsAllowed }: PoolSituation): RetireReason | undefined {
  if (entry.retireAtMs <= nowMs) return 'lifetime'
  // It may have ended already, and a touch would start it again.
  if (entry.touchedAtMs + usableIdleMs <= nowMs) return 'idle'
  return entry.missedBeats > missedBeatsAllowed ? 'unreachable' : undefined
}

function toDrain(old: PoolEntry[], { drain, target }: PoolSituation, fresh: number): PoolEntry[] {
  if (drain === 'at once') return old
  return old.slice(0, Math.max(0, old.length + fresh - Math.max(0, target)))
}

/** Only what lies ahead: what is due now has been planned, and its end makes the next plan. */
function nextChangeOf(entry: PoolEntry, { nowMs, usableIdleMs, replenishMs }: PoolSituation): number {
  const changes = [
    entry.beatAtMs,
    entry.retireAtMs - replenishMs,
    entry.retireAtMs,
    entry.touchedAtMs + usableIdleMs,
  ].filter(atMs => atMs > nowMs)
  return Math.min(...changes)
}

/** The same order for whoever looks, also of those that were born at once. */
function byAge(one: PoolEntry, other: PoolEntry): number {
  return one.bornAtMs - other.bornAtMs || (one.runtimeSessionId < other.runtimeSessionId ? -1 : 1)
}
