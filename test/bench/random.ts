/** Even numbers in [0, 1), the same for the same seed (mulberry32, public domain). Fast: a day takes millions. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A time with that median and 99 % quantile, lognormal: as cold starts are. */
export function lognormalMs(random: () => number, medianMs: number, p99Ms: number): number {
  const sigma = Math.log(p99Ms / medianMs) / 2.3263478740408408
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return medianMs * Math.exp(sigma * normal)
}
