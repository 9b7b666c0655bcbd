import { expect, test } from 'vitest'
import {
  afterBegun,
  afterClaims,
  allowedBy,
  fullBudget,
  nextAllowedAtMs,
  type RateBudget,
  refilled,
} from '../src/new-session-rate.ts'

/** 10 new sessions per second, so that a tenth is one every second. */
const full = fullBudget(10, 0)
const spent = afterBegun(full, 10, 0)

test.each<[string, RateBudget, number, number]>([
  ['a full budget allows a second’s worth', full, 10, 0],
  ['one that is spent allows nothing, until the rate has earned a session', spent, 0, 100],
  ['it earns ten a second', refilled(spent, 500), 5, 500],
  ['it saves up no more than a second’s worth', refilled(spent, 60_000), 10, 60_000],
  ['a claim in vain takes one', afterClaims(full, 0, 3), 7, 0],
  ['claims in vain leave what replaces sessions that were handed out', afterClaims(full, 4, 100), 4, 0],
  ['they take no more than a second’s worth of what comes', afterClaims(full, 0, 100), 0, 1_000],
  ['when they take all, one may begin a second after the last', afterClaims(refilled(spent, 1_000), 0, 20), 1, 1_000],
  ['so it may when the clock was set back', refilled(afterClaims(refilled(spent, -5_000), 0, 99), -4_000), 1, -4_000],
  ['a rate of one every two seconds has half of one to begin with', fullBudget(0.5, 0), 0, 1_000],
])('%s', (_, budget, allowed, nextAtMs) => {
  expect(allowedBy(budget)).toBe(allowed)
  expect(Math.max(budget.atMs, nextAllowedAtMs(budget))).toBe(nextAtMs)
})
