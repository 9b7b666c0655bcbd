import { logFactorial } from './log-factorial.ts'

/** A percentile, with the interval that holds the true one in 95 of 100 benches. */
export interface Percentile {
  value: number
  /** `null` when there are too few samples to bound it from below. */
  low: number | null
  /** `null` when there are too few samples to bound it from above. For p99 it takes 368. */
  high: number | null
}

/** The samples in ascending order, as {@link quantile} takes them. */
export function ascending(samples: Iterable<number>): number[] {
  return [...samples].sort((one, other) => one - other)
}

/**
 * The value below which a share of the samples lies, interpolated between neighbours: "type 7" of Hyndman and Fan (1996),
 * which is also the default of R, NumPy and spreadsheets. `NaN` when there are no samples.
 *
 * @param sorted The samples in ascending order.
 */
export function quantile(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share
  const below = sorted[Math.floor(position)] ?? Number.NaN
  const above = sorted[Math.ceil(position)] ?? Number.NaN
  return below + (above - below) * (position - Math.floor(position))
}

/**
 * A percentile with its 95 % confidence interval from order statistics: the number of samples below the true percentile is
 * binomial, whatever the distribution. A bootstrap would invent a bound for a tail that was never seen.
 */
export function percentile(sorted: readonly number[], share: number): Percentile {
  const { length } = sorted
  let below = 0
  let lowRank = 0
  let highRank = length + 1
  // After `count` steps, `below` is the probability that at most `count` samples lie below the true percentile.
  for (let count = 0; count <= length; count++) {
    below += binomial(length, count, share)
    if (below <= 0.025) lowRank = count + 1
    if (below >= 0.975) {
      highRank = count + 1
      break
    }
  }
  return { value: quantile(sorted, share), low: sorted[lowRank - 1] ?? null, high: sorted[highRank - 1] ?? null }
}

function binomial(trials: number, successes: number, chance: number): number {
  const ways = logFactorial(trials) - logFactorial(successes) - logFactorial(trials - successes)
  return Math.exp(ways + successes * Math.log(chance) + (trials - successes) * Math.log(1 - chance))
}
