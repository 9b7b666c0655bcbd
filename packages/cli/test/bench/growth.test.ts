import { expect, test } from 'vitest'
import { growthFigure } from './growth-figure.ts'
import { growthSlope } from './growth-slope.ts'

const of = (value: (count: number) => number) => [1, 10, 100, 1_000].map(count => ({ count, value: value(count) }))

test.each([
  ['what does not grow', () => 7, 0],
  ['what grows in proportion', (count: number) => 3 * count, 1],
  ['what grows with the root', (count: number) => Math.sqrt(count), 0.5],
] as const)('the slope of %s', (_, value, slope) => {
  expect(growthSlope(of(value))).toBeCloseTo(slope, 10)
})

test('the chart is a picture of its own, and each line says its slope', () => {
  const svg = growthFigure([{ name: 'claim', points: of(count => 0.02 * count ** 0.25) }])
  expect(svg).toMatch(/^<svg[^>]* xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
  expect(svg).toContain('claim (slope 0.25)')
  expect(svg).not.toContain('NaN')
})
