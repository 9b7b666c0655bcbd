import { poolAlarms } from '@warm-agent/pool'
import { expect, test } from 'vitest'

const hour = 3_600_000
const quiet = { spanMs: hour, hits: 100, misses: 0, warmSeconds: 1_000, isBreakerOpen: false }

test.each([
  ['a pool that serves', {}, []],
  ['one that is on, paid, and used by nobody (suna #3505)', { hits: 0 }, ['never-used']],
  ['one that is young', { hits: 0, spanMs: hour - 1 }, []],
  ['one that held nothing', { hits: 0, warmSeconds: 0 }, []],
  ['one that is empty too often', { hits: 80, misses: 20 }, ['hit-ratio-low']],
  ['few claims', { hits: 1, misses: 5 }, []],
  ['a breaker that is open', { isBreakerOpen: true }, ['cannot-refill']],
])('alarms of %s', (_, about, expected) => {
  const alarms = poolAlarms({ ...quiet, ...about }, { neverUsedAfterMs: hour, hitRatioBelow: 0.9, claimsNeeded: 20 })
  expect([...alarms.keys()]).toEqual(expected)
})
