import type { Outcome } from '@warm-agent/protocol'
import {
  bootVcpuSeconds,
  dollarsOf,
  echoFootprintGb,
  type Platform,
  type Prices,
  prices,
  pricesCheckedOn,
} from '@warm-agent/protocol/prices'
import { differenceOfMeans, enoughForComparison, type Interval } from './difference.ts'
import { quantile } from './quantile.ts'
import type { PoolTally, Tally } from './tally.ts'
import { decideVerdict, type Verdict } from './verdict.ts'

/** What a microVM costs, and what a second of a user's time is worth. */
export interface StatsCosts {
  /** @default 'v2' */
  platform?: Platform
  /** Billed memory of a microVM. @default an echo agent's on `platform`, by `@warm-agent/protocol/prices`: 1.2 on V2 */
  gb?: number
  /** CPU that a start takes, in vCPU-milliseconds. @default 4_750, by `@warm-agent/protocol/prices` */
  bootVcpuMs?: number
  /** Instead of the table of this version of warm-agent. @default the table's, by `platform` */
  prices?: Prices
  /** Beyond this many dollars for a second saved, warming is not worth its price. @default 0.01 */
  mostDollarsPerSecond?: number
}

/** Of many durations half are no longer than `p50`, 95 % no longer than `p95`. Milliseconds. */
export interface Percentiles {
  p50: number
  p95: number
}

/** What warming is worth in production. Durations in milliseconds. */
export interface StatsReport {
  /** Whose events were counted: those of one process, or of all that share a `redisStats`. */
  scope: 'process' | 'fleet'
  /** Since when, in milliseconds since 1970. */
  sinceMs: number
  firstMessages: { total: number; heldOut: number } & Record<Outcome, number>
  /** From the start of a warm-up to the first message on its session. */
  leadMs: Percentiles | null
  /** Until the first byte of the answer. `withoutWarmth` is by `baseline`. */
  waitMs: { warmed: Percentiles | null; withoutWarmth: Percentiles | null }
  /** What it is compared with. Only the hold-out is fair: those who go cold in spite of warming were in a hurry. */
  baseline: 'hold-out' | 'cold-messages' | 'warm-ups' | 'none'
  savedMs: Percentiles | null
  /** By how much the mean is shorter, by which the verdict goes; `null` before there are 20 on either side. */
  meanSavedMs: Interval | null
  /** A session of a pool counts when it is taken out, or when it ends in the pool: then it is `unused`, and `unclaimed`. */
  warmUps: Tally['warmUps'] & { unclaimed: number }
  /**
   * `pool` is for what sessions wait in pools, now and before. When not `isWhole`, nobody tells what a pool holds, or others
   * who are not counted take from it. Then `total` is too small: it has only the waits of the sessions that were taken out.
   */
  dollars: {
    unused: number
    pool: number
    total: number
    isWhole: boolean
    perSecondSaved: number | null
    pricesOf: string
  }
  verdict: Verdict
}

/** Some of a pool may go unseen, for example while one process takes it over from another. */
const unseenShare = 0.05

export function toStatsReport(
  tally: Tally,
  { scope, sinceMs, costs = {} }: { scope: StatsReport['scope']; sinceMs: number; costs: StatsCosts | undefined },
): StatsReport {
  const { platform = 'v2', gb = echoFootprintGb[platform] } = costs
  const { bootVcpuMs = bootVcpuSeconds * 1_000, mostDollarsPerSecond = 0.01 } = costs
  const price = costs.prices ?? prices[platform]
  const dollarsFor = (heldMs: number, boots = 0) => dollarsOf({ heldMs, gb, vcpuMs: boots * bootVcpuMs }, price)
  const { outcomes, heldMs, warmUps } = tally
  const pool = heldInPool(tally.pool, scope)

  const { baseline, samples } = baselineOf(tally)
  const [warmed, without] = [percentilesOf(tally.warmedMs), percentilesOf(samples)]
  const savedMs = warmed && without && { p50: without.p50 - warmed.p50, p95: without.p95 - warmed.p95 }
  const meanSavedMs = differenceOfMeans(samples, tally.warmedMs)
  const unusedOfPages = dollarsFor(heldMs.unused, warmUps.unused)
  const bootsInVain = dollarsFor(0, pool.unclaimed)
  const ofPool = dollarsFor(pool.heldMs)
  // A session that was used would have booted anyway; warming it cost what it was held before its message.
  const total = unusedOfPages + bootsInVain + ofPool + dollarsFor(heldMs.used)
  // All messages were paid for, also those whose waits are not kept any more.
  const dollarsPerMessage = total / Math.max(1, tally.warmed)
  const isKnown = pool.isWhole && meanSavedMs !== null && meanSavedMs.estimate > 0
  const messages = outcomes.warm + outcomes.joined + outcomes.rewarmed + outcomes.cold
  const leadMs = percentilesOf(tally.leadMs)
  return {
    scope,
    sinceMs,
    firstMessages: { total: messages + tally.heldOut, heldOut: tally.heldOut, ...outcomes },
    leadMs,
    waitMs: { warmed, withoutWarmth: without },
    baseline,
    savedMs,
    meanSavedMs,
    warmUps: {
      ...warmUps,
      started: warmUps.started + tally.pool.unclaimed,
      unused: warmUps.unused + tally.pool.unclaimed,
      unclaimed: tally.pool.unclaimed,
    },
    dollars: {
      unused: unusedOfPages + bootsInVain + dollarsFor(pool.unclaimedMs),
      pool: ofPool + bootsInVain,
      total,
      isWhole: pool.isWhole,
      perSecondSaved: isKnown ? (dollarsPerMessage / meanSavedMs.estimate) * 1_000 : null,
      pricesOf: costs.prices ? 'yours' : pricesCheckedOn,
    },
    verdict: decideVerdict({
      firstMessages: messages,
      compared: samples.length,
      savedMs,
      meanSavedMs,
      dollarsPerMessage,
      mostDollarsPerSecond,
      isWhole: pool.isWhole,
      poolShareOfDollars: total > 0 ? (ofPool + bootsInVain) / total : 0,
      used: warmUps.used,
      unused: warmUps.unused,
      unusedShareOfDollars: total > 0 ? unusedOfPages / total : 0,
      leadP95Ms: leadMs?.p95 ?? null,
      unusedHeldP50Ms: quantile(tally.unusedHeldMs, 0.5),
    }),
  }
}

/** What of the pools counts as paid: all, or only the sessions taken out when the pools are not seen whole. */
function heldInPool(pool: PoolTally, scope: StatsReport['scope']) {
  const isTold = pool.claimedUnseen <= unseenShare * pool.claimed
  const isTheirs = scope === 'fleet' || pool.sharedMs <= unseenShare * pool.heldMs
  if (!isTold || !isTheirs) return { isWhole: false, heldMs: pool.claimedMs, unclaimed: 0, unclaimedMs: 0 }
  // What was retired may have been held before this collector began.
  return { ...pool, isWhole: true, unclaimedMs: Math.min(pool.unclaimedMs, pool.heldMs) }
}

/** What first messages wait without warmth, by the best evidence that there is. */
function baselineOf({ heldOutMs, coldMs, warmUpMs, warmedMs }: Tally): {
  baseline: StatsReport['baseline']
  samples: readonly number[]
} {
  if (heldOutMs.length >= enoughForComparison) return { baseline: 'hold-out', samples: heldOutMs }
  if (coldMs.length >= enoughForComparison) return { baseline: 'cold-messages', samples: coldMs }
  const answerMs = quantile(warmedMs, 0.5)
  if (warmUpMs.length === 0 || answerMs === null) return { baseline: 'none', samples: [] }
  return { baseline: 'warm-ups', samples: warmUpMs.map(ms => ms + answerMs) }
}

function percentilesOf(samples: readonly number[]): Percentiles | null {
  const [p50, p95] = [quantile(samples, 0.5), quantile(samples, 0.95)]
  return p50 === null || p95 === null ? null : { p50, p95 }
}
