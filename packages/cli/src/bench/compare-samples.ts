import { ascending, quantile } from './percentiles.ts'
import { seededRandom } from './random.ts'

/** Whether a percentile changed from one bench to another. */
export interface Difference {
  share: number
  beforeMs: number
  afterMs: number
  /** `afterMs / beforeMs`, and the confidence interval of that ratio. */
  ratio: number
  low: number
  high: number
  /** `unclear`: the interval holds 1, or the tail has too few samples to tell. */
  verdict: 'faster' | 'slower' | 'unclear'
  /** Fewer than five samples lie beyond the percentile, before or after: too few for a verdict. */
  isThin: boolean
}

const resamples = 4_000
const thinTail = 5

/**
 * Compares percentiles of two independent sets of samples with a bootstrap: both sets are drawn again and again with
 * replacement, and the interval is taken from the ratios of these draws.
 *
 * @param confidence Of each interval. Several comparisons at once need more: see {@link familyConfidence}.
 */
export function compareSamples(
  before: readonly number[],
  after: readonly number[],
  { shares, confidence, seed }: { shares: readonly number[]; confidence: number; seed: number },
): Difference[] {
  const random = seededRandom(seed)
  const sorted = [before, after].map(ascending)
  const [sortedBefore = [], sortedAfter = []] = sorted
  const ratios = shares.map(() => new Float64Array(resamples))
  for (let round = 0; round < resamples; round++) {
    const drawnBefore = resample(sortedBefore, random)
    const drawnAfter = resample(sortedAfter, random)
    for (const [index, share] of shares.entries()) {
      const into = ratios[index] as Float64Array
      into[round] = quantile(drawnAfter, share) / quantile(drawnBefore, share)
    }
  }
  return shares.map((share, index) => {
    const drawn = ascending(ratios[index] ?? [])
    const low = quantile(drawn, (1 - confidence) / 2)
    const high = quantile(drawn, (1 + confidence) / 2)
    const beforeMs = quantile(sortedBefore, share)
    const afterMs = quantile(sortedAfter, share)
    const isThin = sorted.some(samples => samples.length * Math.min(share, 1 - share) < thinTail)
    const changed = low > 1 ? 'slower' : high < 1 ? 'faster' : 'unclear'
    return {
      share,
      beforeMs,
      afterMs,
      ratio: afterMs / beforeMs,
      low,
      high,
      verdict: isThin ? 'unclear' : changed,
      isThin,
    }
  })
}

/** The confidence that each interval needs so that all of them hold together with confidence `together` (Bonferroni). */
export function familyConfidence(together: number, intervals: number): number {
  return 1 - (1 - together) / Math.max(1, intervals)
}

/** Draws as many samples as there are, with replacement. Counts the draws of each, so that nothing has to be sorted. */
function resample(sorted: readonly number[], random: () => number): number[] {
  const { length } = sorted
  const times = new Uint32Array(length)
  for (let draw = 0; draw < length; draw++) {
    const index = Math.floor(random() * length)
    times[index] = (times[index] ?? 0) + 1
  }
  const drawn: number[] = []
  for (const [index, sample] of sorted.entries()) {
    for (let time = 0; time < (times[index] ?? 0); time++) drawn.push(sample)
  }
  return drawn
}
