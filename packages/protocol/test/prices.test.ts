import { dollarsOf, prices, pricesCheckedOn, quotasOf } from '@warm-agent/protocol/prices'
import { expect, test } from 'vitest'

test('a warm-up that nobody uses costs its idle tail', () => {
  expect(dollarsOf({ heldMs: 900_000, gb: 1.2 }, prices.v2)).toBeCloseTo(0.0051, 4)
  expect(dollarsOf({ heldMs: 900_000, gb: 8.4 }, prices['v1-container'])).toBeCloseTo(0.0198, 4)
})

test('forty held sessions cost 81 cents an hour on platform V2', () => {
  expect(40 * dollarsOf({ heldMs: 3_600_000, gb: 1.2 }, prices.v2)).toBeCloseTo(0.81, 2)
})

test('a busy CPU costs extra', () => {
  expect(dollarsOf({ heldMs: 3_600_000, gb: 1, vcpuMs: 3_600_000 }, prices['v1-code'])).toBeCloseTo(0.09895, 6)
})

test('memory under 128 MB is billed as 128 MB', () => {
  expect(dollarsOf({ heldMs: 1000, gb: 0.01 }, prices.v2)).toBe(dollarsOf({ heldMs: 1000, gb: 0.125 }, prices.v2))
})

test.each(['us-east-1', 'us-west-2'])('%s allows twice as many active sessions as other regions', region => {
  expect(quotasOf(region).activeSessions).toBe(2 * quotasOf('eu-central-1').activeSessions)
})

test('the table says when it was checked', () => {
  expect(pricesCheckedOn).toMatch(/^20\d\d-\d\d$/)
})
