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
import { quantile } from './quantile.ts'
import type { Tally } from './tally.ts'
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

/** Of many durations, in milliseconds: half are no longer than `p50`, 95 % no longer than `p95`. */
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
  /** What the comparison is with: fair with the hold-out only, because who goes cold in spite of warming is in a hurry. */
  baseline: 'hold-out' | 'cold-messages' | 'warm-ups' | 'none'
  savedMs: Percentiles | null
  warmUps: Tally['warmUps']
  dollars: { unused: number; total: number; perSecondSaved: number | null; pricesOf: string }
  verdict: Verdict
}

/** Fewer than these say little of a p95. */
const enoughForComparison = 20

export function toStatsReport(tally: Tally, sinceMs: number, costs: StatsCosts = {}): StatsReport {
  const { platform = 'v2', gb = echoFootprintGb[platform] } = costs
  const { bootVcpuMs = bootVcpuSeconds * 1_000, mostDollarsPerSecond = 0.01 } = costs
  const price = costs.prices ?? prices[platform]
  const dollars = (heldMs: number, boots: number) => dollarsOf({ heldMs, gb, vcpuMs: boots * bootVcpuMs }, price)
  const { outcomes, heldMs, warmUps } = tally

  const { baseline, samples } = baselineOf(tally)
  const [warmed, without] = [percentilesOf(tally.warmedMs), percentilesOf(samples)]
  const savedMs = warmed && without && { p50: without.p50 - warmed.p50, p95: without.p95 - warmed.p95 }
  const typicalMs = without?.p50 ?? 0
  const savedOfKept = tally.warmedMs.reduce((sum, ms) => sum + Math.max(0, typicalMs - ms), 0)
  // The dollars are those of all messages, so the seconds must be too. Messages whose waits are not kept any more are taken to
  // have saved as much, on average, as those whose waits are.
  const savedSeconds = ((savedOfKept / Math.max(1, tally.warmedMs.length)) * tally.warmed) / 1_000
  const unused = dollars(heldMs.unused, warmUps.unused)
  // A session that was used would have booted anyway; warming it cost what it was held before its message.
  const total = unused + dollars(heldMs.used, 0)
  const messages = outcomes.warm + outcomes.joined + outcomes.rewarmed + outcomes.cold
  const perSecondSaved = savedSeconds > 0 ? total / savedSeconds : null
  const leadMs = percentilesOf(tally.leadMs)
  return {
    scope: 'process',
    sinceMs,
    firstMessages: { total: messages + tally.heldOut, heldOut: tally.heldOut, ...outcomes },
    leadMs,
    waitMs: { warmed, withoutWarmth: without },
    baseline,
    savedMs,
    warmUps,
    dollars: { unused, total, perSecondSaved, pricesOf: costs.prices ? 'yours' : pricesCheckedOn },
    verdict: decideVerdict({
      firstMessages: messages,
      savedMs,
      perSecondSaved,
      mostDollarsPerSecond,
      used: warmUps.used,
      unused: warmUps.unused,
      unusedShareOfDollars: total > 0 ? unused / total : 0,
      leadP95Ms: leadMs?.p95 ?? null,
      unusedHeldP50Ms: quantile(tally.unusedHeldMs, 0.5),
    }),
  }
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
