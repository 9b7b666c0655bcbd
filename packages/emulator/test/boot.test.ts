import { type Boot, bootSampler, parseBoot } from '@warm-agent/emulator'
import fc from 'fast-check'
import { expect, test } from 'vitest'

function draw(boot: Boot, seed: number, count: number): number[] {
  const next = bootSampler(boot, seed)
  return Array.from({ length: count }, next)
}

test.each([
  [2900, 4900],
  [1328, 3337],
  [379, 380],
  [2000, 30_000],
])('draws log-normal boots with median %d and p99 %d', (medianMs, p99Ms) => {
  const sorted = draw({ kind: 'lognormal', medianMs, p99Ms }, 7, 50_000).sort((a, b) => a - b)
  const quantile = (share: number) => sorted[Math.floor(share * sorted.length)] ?? Number.NaN
  expect(quantile(0.5) / medianMs).toBeCloseTo(1, 1)
  expect(quantile(0.99) / p99Ms).toBeGreaterThan(0.93)
  expect(quantile(0.99) / p99Ms).toBeLessThan(1.07)
})

test('draws the same boots from the same seed and others from another', () => {
  const boot: Boot = { kind: 'lognormal', medianMs: 2900, p99Ms: 4900 }
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 2 }), seed => {
      expect(draw(boot, seed, 20)).toEqual(draw(boot, seed, 20))
      expect(draw(boot, seed, 20)).not.toEqual(draw(boot, seed + 1, 20))
    }),
  )
})

test('draws a fixed boot as it is', () => {
  expect(draw({ kind: 'fixed', ms: 12 }, 1, 3)).toEqual([12, 12, 12])
})

test.each<[string, Boot | undefined]>([
  ['fixed:2000', { kind: 'fixed', ms: 2000 }],
  ['fixed:0', { kind: 'fixed', ms: 0 }],
  ['lognormal:2900,4900', { kind: 'lognormal', medianMs: 2900, p99Ms: 4900 }],
  ['lognormal:4900,2900', undefined],
  ['lognormal:0,10', undefined],
  ['lognormal:2900', undefined],
  ['fixed:1,2', undefined],
  ['fixed:-1', undefined],
  ['fixed:', undefined],
  ['fast', undefined],
])('reads %s', (text, boot) => {
  expect(parseBoot(text)).toEqual(boot)
})
