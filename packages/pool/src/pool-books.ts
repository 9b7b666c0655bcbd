import { createAlarmWatch, type FleetCounts } from './alarm-watch.ts'
import type { AlarmName, AlarmRules } from './pool-alarms.ts'
import type { MissCause, PoolNews } from './pool-event.ts'
import type { RetireReason } from './pool-plan.ts'
import { createSample, type SampleSummary } from './sample.ts'

/** What this process knows of the pool and has counted since it was created. */
export interface PoolStats {
  /** Sessions that can be claimed, as last seen by the process that tends the pool; `undefined` in the others. */
  readonly ready: number | undefined
  /** Sessions whose warm-up is in flight, likewise. */
  readonly warming: number | undefined
  /** How many are wanted, likewise. */
  readonly target: number | undefined
  readonly isTending: boolean
  /** Claims of this process that gave a session. */
  readonly hits: number
  /** Claims of this process that gave none. */
  readonly misses: number
  readonly missesByCause: Readonly<Record<MissCause, number>>
  /** `undefined` before the first claim. */
  readonly hitRatio: number | undefined
  /** How old the sessions were that were claimed. Milliseconds. */
  readonly ageAtClaimMs: SampleSummary
  readonly claimMs: SampleSummary
  /** What warm-ups took. Milliseconds. */
  readonly replenishmentMs: SampleSummary
  readonly warmUpsFailed: number
  /** Sessions that were ended without ever having been used, by reason. */
  readonly retiredUnused: Readonly<Partial<Record<RetireReason | 'wasted' | 'dropped', number>>>
  /** How long sessions were held, added up over all of them, while this process tended the pool. Seconds. */
  readonly warmSeconds: number
  /** What that cost. */
  readonly dollars: number
  readonly isBreakerOpen: boolean
  /** The last canary claim. */
  readonly canary: { readonly atMs: number; readonly isWarm: boolean; readonly tookMs: number } | undefined
  /** The alarms that ring, each with its sentence. */
  readonly alarms: Readonly<Partial<Record<AlarmName, string>>>
}

type UnusedReason = keyof PoolStats['retiredUnused']

interface Held {
  readonly ready: number
  readonly warming: number
  /** Those of an older version, and those that are being stopped. */
  readonly others: number
  readonly target: number
}

export interface PoolBooks {
  note(news: PoolNews, atMs: number): void
  /** What the pool holds from `atMs` on. */
  noteHeld(held: Held, atMs: number): void
  /** Claims that were asked of this process while it had a part in the pool, and those of them that gave none. */
  asked(): { arrivals: number; misses: number }
  /** What all members together have counted so far, where the store can tell. */
  noteFleet(counts: FleetCounts): void
  /** Claims that gave a session, and that gave none: those of all members where the store can tell, else those of this process. */
  claimsOfAll(): { hits: number; misses: number }
  /** @returns the alarms that changed since it was last asked. */
  changedAlarms(atMs: number): { raised: [AlarmName, string][]; cleared: AlarmName[] }
  stats(atMs: number): PoolStats
}

export function createPoolBooks(dollarsPerSessionHour: number, alarmRules: AlarmRules, startMs: number): PoolBooks {
  const ages = createSample()
  const claimTimes = createSample()
  const replenishments = createSample()
  const missesByCause: Record<MissCause, number> = { empty: 0, dead: 0, store: 0, closed: 0 }
  const retiredUnused: Partial<Record<UnusedReason, number>> = {}
  let held: Held | undefined
  let heldSinceMs = startMs
  let warmSeconds = 0
  let hits = 0
  let warmUpsFailed = 0
  let isTending = false
  let isBreakerOpen = false
  let canary: PoolStats['canary']
  let fleet: FleetCounts = {}
  const alarms = createAlarmWatch(alarmRules, startMs)

  const countRetired = (reason: UnusedReason) => {
    retiredUnused[reason] = (retiredUnused[reason] ?? 0) + 1
  }
  const misses = () => Object.values(missesByCause).reduce((sum, each) => sum + each, 0)
  const passTime = (atMs: number) => {
    const sessions = held ? held.ready + held.warming + held.others : 0
    warmSeconds += (sessions * Math.max(0, atMs - heldSinceMs)) / 1_000
    heldSinceMs = atMs
  }

  function asked() {
    const missed = misses() - missesByCause.closed
    return { arrivals: hits + missed, misses: missed }
  }

  return {
    note(news, atMs) {
      switch (news.type) {
        case 'session-claimed':
          hits += 1
          ages.add(news.ageMs)
          claimTimes.add(news.tookMs)
          break
        case 'claim-missed':
          missesByCause[news.cause] += 1
          break
        case 'warm-up-succeeded':
          replenishments.add(news.tookMs)
          break
        case 'warm-up-failed':
          warmUpsFailed += 1
          break
        case 'warm-up-wasted':
          countRetired('wasted')
          break
        case 'session-dropped':
          countRetired('dropped')
          break
        case 'session-retired':
          countRetired(news.reason)
          break
        case 'breaker-opened':
          isBreakerOpen = true
          break
        case 'breaker-closed':
          isBreakerOpen = false
          break
        case 'tending-started':
          isTending = true
          break
        case 'tending-ended':
          passTime(atMs)
          held = undefined
          isTending = false
          break
        case 'canary-answered':
          canary = { atMs, isWarm: news.isWarm, tookMs: news.tookMs }
          break
        default:
        // The rest is for logs.
      }
    },

    noteHeld(now, atMs) {
      passTime(atMs)
      held = now
    },

    asked,

    noteFleet(counts) {
      fleet = counts
      alarms.noteFleet(counts)
    },

    claimsOfAll: () => ({ hits: fleet.claims ?? hits, misses: fleet.misses ?? asked().misses }),

    changedAlarms(atMs) {
      passTime(atMs)
      return alarms.look({ hits, misses: misses(), warmSeconds }, isBreakerOpen, atMs)
    },

    stats(atMs) {
      passTime(atMs)
      const missed = misses()
      return {
        ready: held?.ready,
        warming: held?.warming,
        target: held?.target,
        isTending,
        hits,
        misses: missed,
        missesByCause: { ...missesByCause },
        hitRatio: hits + missed === 0 ? undefined : hits / (hits + missed),
        ageAtClaimMs: ages.summary(),
        claimMs: claimTimes.summary(),
        replenishmentMs: replenishments.summary(),
        warmUpsFailed,
        retiredUnused: { ...retiredUnused },
        warmSeconds,
        dollars: (warmSeconds / 3_600) * dollarsPerSessionHour,
        isBreakerOpen,
        canary,
        alarms: Object.fromEntries(alarms.ringing()),
      }
    },
  }
}
