import { expect, test } from 'vitest'
import { holdEndAt, isExpired, leaseDurations, platformEndAt } from '../src/sessions/deadlines.ts'
import { type CallPurpose, retryWaitMs } from '../src/sessions/retry.ts'
import { failure } from './fake-runtime.ts'

const rules = { idleTimeoutMs: 100, maxLifetimeMs: 1000, unsentHoldMs: 500, beatMs: 60 }

test.each([
  // born, touched, sent, platform's end, end of the hold
  [0, 0, false, 100, 500],
  [0, 450, false, 550, 500],
  [0, 450, true, 550, 1000],
  [0, 950, true, 1000, 1000],
])('born at %i, touched at %i, sent %s: ends at %i, held until %i', (bornAt, touchedAt, isSent, end, holdEnd) => {
  const times = { bornAt, touchedAt, isSent }
  expect(platformEndAt(times, rules)).toBe(end)
  expect(holdEndAt(times, rules)).toBe(holdEnd)
  expect(isExpired(times, rules, end - 1)).toBe(false)
  expect(isExpired(times, rules, end)).toBe(true)
  expect(leaseDurations(times, rules, touchedAt, 0)).toEqual({
    beatMs: 60,
    ttlMs: end - touchedAt,
    holdMs: Math.max(0, holdEnd - touchedAt),
  })
})

test('a lease never counts below zero, and its beat is shortened by a tenth at most', () => {
  expect(leaseDurations({ bornAt: 0, touchedAt: 0, isSent: false }, rules, 5000, 1)).toEqual({
    beatMs: 54,
    ttlMs: 0,
    holdMs: 0,
  })
})

const purposes: CallPurpose[] = ['warm-up', 'beat', 'message', 'stop']

test.each([
  // reason, may have run, who tries again after the first attempt
  ['invalid', false, []],
  ['unauthenticated', false, []],
  ['quota', false, []],
  ['refused', false, []],
  ['missing', false, []],
  ['conflict', false, ['warm-up', 'message', 'stop']],
  ['agent', true, ['warm-up']],
  ['throttled', false, ['warm-up', 'message', 'stop']],
  ['unavailable', true, ['warm-up', 'stop']],
  ['unreachable', true, ['warm-up', 'stop']],
  ['unreachable', false, ['warm-up', 'message', 'stop']],
] as const)('after "%s" (may have run: %s) these try again: %j', (reason, mayHaveRun, expected) => {
  const trying = purposes.filter(purpose => retryWaitMs(failure(reason, mayHaveRun), purpose, 1, 0.5) !== undefined)
  expect(trying).toEqual(expected)
})

test('a conflict is waited out for as long as the deadline allows, at most half a second at a time', () => {
  const waits = Array.from({ length: 200 }, (_, attempt) => retryWaitMs(failure('conflict'), 'message', attempt + 1, 1))
  expect(waits.slice(0, 6)).toEqual([100, 150, 225, 338, 500, 500])
  expect(waits.at(-1)).toBe(500)
})

test.each([
  ['throttled', 6],
  ['unavailable', 4],
  ['unreachable', 4],
  ['agent', 2],
] as const)('after "%s" %i attempts are made, and no more', (reason, attempts) => {
  const isTriedAgain = (attempt: number) => retryWaitMs(failure(reason), 'warm-up', attempt, 0) !== undefined
  expect([attempts - 1, attempts, 10].map(isTriedAgain)).toEqual([true, false, false])
})

test('the platform is not asked before it says, nor by all at once when it does', () => {
  const waitAt = (random: number) => retryWaitMs(failure('throttled', false, 9000), 'message', 1, random)
  expect(waitAt(0)).toBe(9020)
  expect(waitAt(1)).toBe(9500)
})
