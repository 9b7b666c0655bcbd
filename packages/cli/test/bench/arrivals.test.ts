import { expect, test } from 'vitest'
import { arrivalTimesMs } from '../../src/bench/arrivals.ts'

const plan = { perSecond: 10, count: 20_000, seed: 7 }
const gapsOf = (times: readonly number[]) => times.slice(1).map((at, index) => at - (times[index] ?? 0))

test('constant arrivals are evenly spaced from the beginning on', () => {
  expect(arrivalTimesMs({ ...plan, kind: 'constant', count: 4 })).toEqual([0, 100, 200, 300])
})

test('Poisson arrivals keep the rate, and their gaps are exponential: as far apart as they are long', () => {
  const gaps = gapsOf(arrivalTimesMs({ ...plan, kind: 'poisson' }))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  expect(mean).toBeGreaterThan(98)
  expect(mean).toBeLessThan(102)
  expect(deviation / mean).toBeCloseTo(1, 1)
  // Of an exponential distribution, 1 - 1/e lies below the mean.
  expect(gaps.filter(gap => gap < mean).length / gaps.length).toBeCloseTo(1 - 1 / Math.E, 1)
})

test('the same seed draws the same arrivals, another seed others', () => {
  const draw = (seed: number) => arrivalTimesMs({ ...plan, kind: 'poisson', count: 50, seed })
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
})
