import { expect, test } from 'vitest'
import { percentile, quantile } from '../../src/bench/percentiles.ts'
import { seededRandom } from '../../src/bench/random.ts'

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

// By NumPy's np.percentile with its default method, "linear".
test.each([
  [[15, 20, 35, 40, 50], 0.5, 35],
  [[15, 20, 35, 40, 50], 0.4, 29],
  [[15, 20, 35, 40, 50], 0.99, 49.6],
  [upTo(100), 0.95, 95.05],
  [[7], 0.99, 7],
])('of %j, %f lies below %f', (samples, share, value) => {
  expect(quantile(samples, share)).toBeCloseTo(value, 10)
})

test('no samples have no percentile', () => {
  expect(quantile([], 0.5)).toBeNaN()
})

test('the interval of a median is by the ranks that the sign test gives', () => {
  // Of 100 samples, the 40th and the 61st (tables of Conover, Practical Nonparametric Statistics).
  expect(percentile(upTo(100), 0.5)).toEqual({ value: 50.5, low: 40, high: 61 })
})

test('a tail that was hardly seen is not bounded from above', () => {
  expect(percentile(upTo(60), 0.99).high).toBeNull()
  expect(percentile(upTo(367), 0.99).high).toBeNull()
  expect(percentile(upTo(368), 0.99).high).toBe(368)
  expect(percentile(upTo(3), 0.5)).toMatchObject({ low: null, high: null })
})

test('in at least 95 of 100 benches the interval holds the true percentile', () => {
  const random = seededRandom(11)
  let held = 0
  const benches = 2_000
  for (let bench = 0; bench < benches; bench++) {
    const samples = Array.from({ length: 200 }, random).sort((a, b) => a - b)
    const { low, high } = percentile(samples, 0.9)
    if ((low ?? 0) <= 0.9 && (high ?? 1) >= 0.9) held += 1
  }
  expect(held / benches).toBeGreaterThan(0.945)
  expect(held / benches).toBeLessThan(0.985)
})
