import { expect, test } from 'vitest'
import { createTimeAxis } from './time-axis.ts'

test('busy time is drawn to scale', () => {
  const { x, cuts } = createTimeAxis({ momentsMs: [], busy: [{ startMs: 0, endMs: 8000 }], endMs: 8000, width: 800 })
  expect([0, 2000, 8000].map(x)).toEqual([0, 200, 800])
  expect(cuts).toEqual([])
})

test('a short story does not fill the width', () => {
  const { x } = createTimeAxis({ momentsMs: [], busy: [{ startMs: 0, endMs: 1000 }], endMs: 1000, width: 800 })
  expect(x(1000)).toBe(200)
})

test('a quiet minute is cut, and order and ends are kept', () => {
  const busy = [
    { startMs: 0, endMs: 3000 },
    { startMs: 63_000, endMs: 66_500 },
  ]
  const { x, cuts } = createTimeAxis({ momentsMs: [], busy, endMs: 66_500, width: 800 })
  expect(x(3000)).toBe(300)
  expect(x(63_000)).toBe(450)
  expect(x(66_500)).toBe(800)
  expect(cuts).toEqual([{ x: 375, cutMs: 58_500, hasRoom: true }])
})

test('ticks keep their distance and stay out of cuts', () => {
  const { ticks } = createTimeAxis({
    momentsMs: [40_000],
    busy: [{ startMs: 0, endMs: 3000 }],
    endMs: 90_000,
    width: 350,
  })
  for (const [at, tick] of ticks.entries()) expect(tick.x - (ticks[at - 1]?.x ?? -99)).toBeGreaterThanOrEqual(54)
  expect(ticks[0]).toEqual({ x: 0, ms: 0 })
  expect(ticks.filter(({ ms }) => ms > 3000 && ms < 40_000)).toEqual([])
})

test('a cut right after the beginning, or right after another one, is drawn without words', () => {
  const { cuts } = createTimeAxis({
    momentsMs: [60_000, 120_000],
    busy: [{ startMs: 120_000, endMs: 130_000 }],
    endMs: 130_000,
    width: 350,
  })
  expect(cuts.map(({ hasRoom }) => hasRoom)).toEqual([false, false])
})

test('an axis of nothing is an axis', () => {
  const { x, ticks } = createTimeAxis({ momentsMs: [], busy: [], endMs: 0, width: 400 })
  expect(x(0)).toBe(0)
  expect(ticks[0]).toEqual({ x: 0, ms: 0 })
})
