import { expect, test } from 'vitest'
import { erlangB, smallestSize } from '../src/target/erlang-b.ts'

test.each([
  [40, 0.0144],
  [47, 0.00096],
  [52, 0.000075],
])("a pool of %i loses %f of the article's claims, 10 per second with 3 s of replenishment", (size, loss) => {
  expect(erlangB(size, 30)).toBeCloseTo(loss, 4)
})

// E. g. Erlang's own table: one line offered one erlang loses half.
test.each([
  [0, 5, 1],
  [1, 1, 0.5],
  [2, 1, 0.2],
  [5, 0, 0],
  [10, 5, 0.018385],
])('%i lines that are offered %f erlangs lose %f', (size, load, loss) => {
  expect(erlangB(size, load)).toBeCloseTo(loss, 6)
})

test.each([
  [30, 0.001, 47],
  [30, 0.0001, 52],
  [0, 0.001, 0],
  [0.03, 0.001, 2],
  // However large: what stopped on the way would miss nearly half of its claims.
  [180_000, 0.001, 180_286],
])('for %f missing sessions and a miss rate of %f the smallest pool has %i', (load, missRate, size) => {
  expect(smallestSize(load, missRate)).toBe(size)
  if (size === 0) return
  expect(erlangB(size, load)).toBeLessThanOrEqual(missRate)
  expect(erlangB(size - 1, load)).toBeGreaterThan(missRate)
})
