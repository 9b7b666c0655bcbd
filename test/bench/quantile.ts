import { ascending, quantile as quantileOfSorted } from '../../packages/cli/src/bench/percentiles.ts'

/** {@link quantileOfSorted} of samples in any order. */
export function quantile(samples: readonly number[], share: number): number {
  return quantileOfSorted(ascending(samples), share)
}
