/** An estimate, and the bounds between which the true value lies in 95 of 100 cases. */
export interface Interval {
  estimate: number
  low: number
  high: number
}

/** Fewer samples do not tell how much they vary. */
export const enoughForComparison = 20

/** 97.5 % of a normal distribution lie below. */
const z = 1.959964

/** By how much the mean behind `more` exceeds that behind `less` (Welch). `null` when there are too few samples. */
export function differenceOfMeans(more: readonly number[], less: readonly number[]): Interval | null {
  if (Math.min(more.length, less.length) < enoughForComparison) return null
  const [one, other] = [momentsOf(more), momentsOf(less)]
  const estimate = one.mean - other.mean
  const variance = one.ofMean + other.ofMean
  const freedom = variance ** 2 / (one.ofMean ** 2 / (more.length - 1) + other.ofMean ** 2 / (less.length - 1))
  // Where nothing varies the degrees of freedom are not a number, and none are needed.
  const reach = variance === 0 ? 0 : studentsT(freedom) * Math.sqrt(variance)
  return { estimate, low: estimate - reach, high: estimate + reach }
}

function momentsOf(samples: readonly number[]): { mean: number; ofMean: number } {
  const mean = samples.reduce((sum, each) => sum + each, 0) / samples.length
  const squares = samples.reduce((sum, each) => sum + (each - mean) ** 2, 0)
  return { mean, ofMean: squares / (samples.length - 1) / samples.length }
}

/** 97.5 % of Student's distribution lie below (Abramowitz and Stegun 26.7.5: to 0.1 % from 10 degrees of freedom on). */
function studentsT(freedom: number): number {
  const first = (z ** 3 + z) / 4
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96
  return z + first / freedom + second / freedom ** 2
}
