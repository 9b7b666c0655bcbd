import type { Random } from '../../packages/cli/src/bench/random.ts'

export { seededRandom } from '../../packages/cli/src/bench/random.ts'

/** A time with that median and 99 % quantile, lognormal: as cold starts are. */
export function lognormalMs(random: Random, medianMs: number, p99Ms: number): number {
  const sigma = Math.log(p99Ms / medianMs) / 2.3263478740408408
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return medianMs * Math.exp(sigma * normal)
}
