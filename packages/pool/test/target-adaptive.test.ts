import { expect, test } from 'vitest'
import { type AdaptiveTargetOptions, adaptiveTarget } from '../src/target/adaptive-target.ts'
import { smallestSize } from '../src/target/erlang-b.ts'

const second = 1000
const start = Date.UTC(2026, 10, 22)

/** Evenly spaced arrivals; the target is asked after each, as a pool does. */
function arrive(target: ReturnType<typeof adaptiveTarget>, fromMs: number, untilMs: number, perSecond: number): number {
  let size = target.sizeAt(fromMs)
  for (let at = fromMs; at < untilMs; at += second / perSecond) {
    target.noteArrival(at)
    size = target.sizeAt(at)
  }
  return size
}

function settled(options: AdaptiveTargetOptions = {}, perSecond = 10) {
  const target = adaptiveTarget(options)
  for (let each = 0; each < 1000; each++) target.noteReplenishment(3000)
  const endMs = start + 600 * second
  const size = arrive(target, start, endMs, perSecond)
  return { target, size, endMs }
}

test("the article's case settles at 47 to 48, not at 40", () => {
  const { size } = settled()
  expect(size).toBeGreaterThanOrEqual(47)
  expect(size).toBeLessThanOrEqual(48)
})

test('a lower miss rate asks for more', () => {
  expect(settled({ missRate: 0.0001 }).size).toBeGreaterThanOrEqual(52)
})

test('the measured replenishment time takes the place of the assumed one', () => {
  const { target, endMs } = settled({ replenishmentMs: 60_000 })
  expect(target.explainAt(endMs).replenishmentMs).toBeLessThan(3300)
  for (let each = 0; each < 3000; each++) target.noteReplenishment(6000)
  expect(target.sizeAt(endMs + second)).toBeGreaterThanOrEqual(smallestSize(60, 0.001))
})

test('it grows within three seconds when a burst comes', () => {
  const { target, endMs, size } = settled({ newSessionsPerSecond: 100, ceiling: 1000 })
  expect(arrive(target, endMs, endMs + 3 * second, 50)).toBeGreaterThan(2 * size)
})

test('it grows within two seconds after its start', () => {
  const target = adaptiveTarget()
  expect(arrive(target, start, start + 2 * second, 10)).toBeGreaterThanOrEqual(15)
})

test('it shrinks slowly, by half of the surplus in a half-life, and ends at the floor', () => {
  const { target, endMs, size } = settled({ floor: 2, windowMs: 10_000, shrinkHalfLifeMs: 60_000 })
  const sizes = [0, 30, 60, 120, 3600].map(passed => {
    for (let each = Math.max(0, passed - 60); each < passed; each++) target.sizeAt(endMs + each * second)
    return target.sizeAt(endMs + passed * second)
  })
  expect(sizes[1]).toBeGreaterThan(0.7 * size)
  expect(sizes[2]).toBeGreaterThan(0.4 * size)
  expect(sizes[3]).toBeLessThan(0.6 * size)
  expect(sizes[4]).toBe(2)
})

test('of a pool that it takes over it goes on with the size, within its ceiling, and shrinks from there as slowly', () => {
  const takeOver = (options: AdaptiveTargetOptions, found: number) => {
    const target = adaptiveTarget({ shrinkHalfLifeMs: 60_000, ...options })
    target.noteTakeover(found, start)
    return [0, 60, 3600].map(passed => target.sizeAt(start + passed * second))
  }
  expect(takeOver({ floor: 0 }, 40)).toEqual([40, 20, 0])
  expect(takeOver({ ceiling: 10 }, 40)[0]).toBe(10)
  expect(takeOver({ floor: 3 }, 0)).toEqual([3, 3, 3])
})

test('one that tended before, and tends again, does not take the time between for a reason to shrink', () => {
  const target = adaptiveTarget()
  expect(target.sizeAt(start)).toBe(1)
  target.noteTakeover(40, start + 3600 * second)
  expect(target.sizeAt(start + 3600 * second)).toBe(40)
})

test('it does not run after chance: an hour of one arrival per second never asks for twice the size', () => {
  const target = adaptiveTarget()
  let state = 1
  let at = start
  let largest = 0
  while (at < start + 3600 * second) {
    state = (state * 48_271) % 2_147_483_647
    at += -Math.log(state / 2_147_483_647) * second
    target.noteArrival(at)
    if (at > start + 60 * second) largest = Math.max(largest, target.sizeAt(at))
  }
  expect(largest).toBeLessThan(20)
})

test.each([
  ['ceiling', { ceiling: 20 }, 20],
  ['dollarsPerHour', { dollarsPerHour: 0.81, dollarsPerSessionHour: 0.0203 }, 39],
  ['newSessionsPerSecond', { newSessionsPerSecond: 5 }, smallestSize(15, 0.001)],
  ['activeSessions', { activeSessions: 12 }, 12],
  ['floor', { floor: 90 }, 90],
] as const)('%s bounds it, and it says so', (boundBy, options, size) => {
  const { target, endMs } = settled(options)
  const reason = target.explainAt(endMs)
  expect(reason).toMatchObject({ size, boundBy })
  expect(reason.wanted).toBeGreaterThanOrEqual(47)
})

test('it explains itself: rate, replenishment time, and what will miss', () => {
  const { target, endMs } = settled()
  const { ratePerSecond, missRate, boundBy } = target.explainAt(endMs)
  expect(ratePerSecond).toBeGreaterThan(10)
  expect(ratePerSecond).toBeLessThan(10.5)
  expect(missRate).toBeLessThanOrEqual(0.001)
  expect(boundBy).toBeUndefined()
})

test('its floor may be another target, such as a schedule', () => {
  const target = adaptiveTarget({ floor: { sizeAt: nowMs => (nowMs < start ? 0 : 30) } })
  expect(target.sizeAt(start - second)).toBe(0)
  expect(target.sizeAt(start)).toBe(30)
})

test('of few claims it judges over a longer time: between two of them it does not forget the first', () => {
  const target = adaptiveTarget()
  let least = Number.POSITIVE_INFINITY
  for (let at = start; at < start + 7200 * second; at += 400 * second) {
    target.noteArrival(at)
    if (at > start + 3600 * second) least = Math.min(least, target.sizeAt(at + 395 * second))
  }
  expect(least).toBe(2)
})

test('without traffic it holds the floor', () => {
  const target = adaptiveTarget({ floor: 3 })
  expect([0, 1, 3600].map(passed => target.sizeAt(start + passed * second))).toEqual([3, 3, 3])
})

test('a clock that steps back does not confuse it', () => {
  const { target, endMs, size } = settled()
  expect(target.sizeAt(endMs - 120 * second)).toBe(size)
  expect(arrive(target, endMs - 120 * second, endMs, 10)).toBeLessThan(2 * size)
})

test.each([
  ['missRate', { missRate: 0 }],
  ['missRate', { missRate: 1 }],
  ['floor', { floor: -1 }],
  ['ceiling', { ceiling: 0.5 }],
  ['dollarsPerHour', { dollarsPerHour: 0 }],
  ['newSessionsPerSecond', { newSessionsPerSecond: Number.NaN }],
  ['windowMs', { windowMs: 1 }],
  ['floor', { floor: 10, ceiling: 5 }],
])('a senseless %s is refused by name', (name, options) => {
  expect(() => adaptiveTarget(options)).toThrow(new RegExp(`^Could not create the adaptive target: .*${name}`))
})

test('an unknown option is refused by name', () => {
  expect(() => adaptiveTarget({ celing: 5 } as AdaptiveTargetOptions)).toThrow(/option celing is 5: /)
})
