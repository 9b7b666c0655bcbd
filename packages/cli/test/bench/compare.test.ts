import { expect, test } from 'vitest'
import { compareResults, toComparisonText } from '../../src/bench/compare-results.ts'
import { compareSamples, familyConfidence } from '../../src/bench/compare-samples.ts'
import { seededRandom } from '../../src/bench/random.ts'
import { aResult } from './a-result.ts'

/** A skewed latency, as they are. */
function draw(seed: number, count: number, factor = 1): number[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => factor * (100 + 50 * -Math.log(1 - random())))
}
const options = { shares: [0.5, 0.9, 0.99], confidence: 0.95, seed: 3 }

test('a change of 10 % is real with 600 messages', () => {
  const [median, p90] = compareSamples(draw(1, 600), draw(2, 600, 1.1), options)
  expect(median).toMatchObject({ verdict: 'slower', isThin: false })
  expect(median?.low).toBeGreaterThan(1)
  expect(p90?.ratio).toBeGreaterThan(1)
  expect(compareSamples(draw(1, 600, 1.1), draw(2, 600), options)[0]?.verdict).toBe('faster')
})

test('two benches of one thing differ in about one of twenty intervals, not more', () => {
  let alarms = 0
  for (let bench = 0; bench < 30; bench++) {
    const [median] = compareSamples(draw(100 + bench, 120), draw(900 + bench, 120), { ...options, shares: [0.5] })
    if (median?.verdict !== 'unclear') alarms += 1
  }
  expect(alarms).toBeLessThanOrEqual(5)
})

test('no verdict is drawn from a tail of fewer than five samples', () => {
  const [, , p99] = compareSamples(draw(1, 100), draw(2, 100, 5), options)
  expect(p99).toMatchObject({ verdict: 'unclear', isThin: true })
})

test('who makes sixteen comparisons asks each for more', () => {
  expect(familyConfidence(0.95, 1)).toBeCloseTo(0.95)
  expect(familyConfidence(0.95, 16)).toBeCloseTo(1 - 0.05 / 16)
})

test('two results are compared scenario by scenario, and what else changed is said', () => {
  const before = aResult({ cold: draw(1, 300, 20), warm: draw(2, 300) })
  const after = aResult({ cold: draw(3, 300, 20), warm: draw(4, 300, 1.3) }, { delayMs: 5 })
  const comparison = compareResults(before, after)
  expect(comparison.verdict).toBe('slower')
  expect(comparison.differentSetup).toEqual(['delayMs'])
  const text = toComparisonText(comparison)
  expect(text).toMatch(/cold \(300 and 300 messages, 0 and 0 failed\)[\s\S]*no real change[\s\S]*warm[\s\S]*slower/)
  expect(compareResults(before, before).verdict).toBe('unclear')
})
