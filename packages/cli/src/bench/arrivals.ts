import { seededRandom } from './random.ts'

/** How arrivals follow one another: independent users (`poisson`), or evenly spaced (`constant`). */
export type ArrivalKind = 'poisson' | 'constant'

/**
 * When the messages of an open loop are due, in milliseconds from its beginning. None waits for the answer to another: users
 * who have not come yet do not know that the server stalls.
 */
export function arrivalTimesMs(plan: { kind: ArrivalKind; perSecond: number; count: number; seed: number }): number[] {
  const { kind, perSecond, count, seed } = plan
  const random = seededRandom(seed)
  const meanGapMs = 1_000 / perSecond
  let atMs = 0
  return Array.from({ length: count }, (_, index) => {
    if (kind === 'constant') return index * meanGapMs
    // The gaps of a Poisson process are exponential. `1 - random()` is never 0, which has no logarithm.
    if (index > 0) atMs -= Math.log(1 - random()) * meanGapMs
    return atMs
  })
}
