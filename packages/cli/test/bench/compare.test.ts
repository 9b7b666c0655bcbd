import { expect, test } from 'vitest'
import type { BenchResult } from '../../src/bench/bench-result.ts'
import { compareFailures } from '../../src/bench/compare-failures.ts'
import { compareResults } from '../../src/bench/compare-results.ts'
import { compareSamples, familyConfidence } from '../../src/bench/compare-samples.ts'
import { toComparisonText } from '../../src/bench/comparison-text.ts'
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

test('sixteen comparisons at once ask more of each', () => {
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

// Reckoned with exact fractions of whole numbers.
test.each([
  [[60, 60], [0, 60], 2.07e-35],
  [[1, 10], [9, 10], 0.001094],
  [[3, 8], [2, 12], 0.3473],
  [[0, 60], [5, 60], 0.05732],
  [[0, 20], [0, 20], 1],
] as const)('failures of %j and %j differ by chance as Fisher says', ([failed, messages], [after, of], chance) => {
  const change = compareFailures({ failed, messages }, { failed: after, messages: of }, 0.95)
  expect(Math.abs(change.chance / chance - 1)).toBeLessThan(0.001)
  expect(change.verdict === 'unclear').toBe(chance > 0.05)
})

/** A bench of 60 messages, of which so many failed. */
function failing(failures: number): BenchResult {
  const result = aResult({ warm: draw(5, 60 - failures) })
  const failed = { dueAtMs: 0, lateMs: 0, error: 'agent_unavailable', failedMs: 9 }
  const { warm } = result.scenarios
  if (!warm) throw new Error('The result has no scenario.')
  const samples = [...warm.samples, ...Array.from({ length: failures }, () => failed)]
  return { ...result, scenarios: { warm: { ...warm, samples, failures: { agent_unavailable: failures } } } }
}

test('60 of 60 that failed against none is a real change, though there is no time to compare', () => {
  const worse = compareResults(failing(0), failing(60))
  expect(worse.verdict).toBe('more-failures')
  expect(toComparisonText(worse)).toMatch(
    /0 of 60 → 60 of 60 .*less than 0\.01 %.* more failures\n[\s\S]*Worse: more messages fail/,
  )
  const better = compareResults(failing(60), failing(0))
  expect(better.verdict).toBe('fewer-failures')
  expect(toComparisonText(better)).toContain('Better: fewer messages fail')
})

test('one failure among 60 is no real change, and a few that fail more are not called faster', () => {
  expect(compareResults(failing(0), failing(1)).verdict).toBe('unclear')
  const after = failing(20)
  // Those that are left are fast: just because the slow ones failed.
  for (const sample of after.scenarios.warm?.samples ?? []) if ('firstTokenMs' in sample) sample.firstTokenMs /= 2
  expect(compareResults(failing(0), after).verdict).toBe('more-failures')
})

test('scenarios that only one result has are named', () => {
  const comparison = compareResults(aResult({ cold: draw(1, 50), warm: draw(2, 50) }), aResult({ cold: draw(1, 50) }))
  expect(toComparisonText(comparison)).toContain('Only one of the two has warm.')
})
