import { type PoolSituation, poolAlarms, poolPlan, type StoredEntry } from '@warm-agent/pool'
import { expect, test } from 'vitest'
import { anEntry } from './stores.ts'

const minute = 60_000
const nowMs = 1_000 * minute

function stored(state: StoredEntry['state'], about: Parameters<typeof anEntry>[0] = {}): StoredEntry {
  const fresh = {
    bornAtMs: nowMs - minute,
    touchedAtMs: nowMs - minute,
    beatAtMs: nowMs + 8 * minute,
    retireAtMs: nowMs + 200 * minute,
  }
  return { state, entry: anEntry({ ...fresh, ...about }) }
}

function planFor(about: Partial<PoolSituation>) {
  const plan = poolPlan({
    nowMs,
    stored: [],
    busy: new Set(),
    target: 2,
    allowance: Number.POSITIVE_INFINITY,
    usableIdleMs: 14 * minute,
    replenishMs: 3_000,
    missedBeatsAllowed: 3,
    drain: 'oldest first',
    ...about,
  })
  const { warm, adopt, beat, retire, stop } = plan
  return { warm, adopt: adopt.length, beat: beat.length, retire: retire.map(({ reason }) => reason), stop: stop.length }
}

const nothing = { warm: 0, adopt: 0, beat: 0, retire: [], stop: 0 }
const ready = (count: number, about = {}) => Array.from({ length: count }, () => stored('ready', about))

test.each<[string, Partial<PoolSituation>, Partial<ReturnType<typeof planFor>>]>([
  ['an empty pool is filled', {}, { warm: 2 }],
  ['a full one is left alone', { stored: ready(2) }, {}],
  ['what is warming counts', { stored: [...ready(1), stored('warming')], busy: 'all' as never }, {}],
  ['what the store cannot show counts', { stored: ready(1), unseen: 1 }, {}],
  [
    'no more begins than is allowed (suna #6439: warmth takes the last free slot)',
    { target: 9, allowance: 4 },
    { warm: 4 },
  ],
  ['nothing begins while the breaker is open', { allowance: 0 }, {}],
  ['a warm-up that somebody left is gone on with', { stored: [...ready(1), stored('warming')] }, { adopt: 1 }],
  ['a beat that is due is made', { stored: [...ready(1), ...ready(1, { beatAtMs: nowMs })] }, { beat: 1 }],
  [
    'one that is past half of its life is retired and replaced',
    { stored: [...ready(1), ...ready(1, { retireAtMs: nowMs })] },
    { warm: 1, retire: ['lifetime'] },
  ],
  [
    'one that soon will be is replaced beforehand',
    { stored: [...ready(1), ...ready(1, { retireAtMs: nowMs + 2_000 })] },
    { warm: 1 },
  ],
  [
    'one that may have idled out is not touched again',
    { stored: [...ready(1), ...ready(1, { touchedAtMs: nowMs - 14 * minute, beatAtMs: 0 })] },
    { warm: 1, retire: ['idle'] },
  ],
  ['one missed beat kills nobody (eliza #18941)', { stored: [...ready(1), ...ready(1, { missedBeats: 1 })] }, {}],
  ['several do', { stored: [...ready(1), ...ready(1, { missedBeats: 4 })] }, { warm: 1, retire: ['unreachable'] }],
  ['what is too much is retired', { stored: ready(5) }, { retire: ['surplus', 'surplus', 'surplus'] }],
  ['a target of 0 empties the pool', { stored: ready(2), target: 0 }, { retire: ['surplus', 'surplus'] }],
  ['an older version waits for its successors', { stored: [stored('old'), stored('old')] }, { warm: 2 }],
  ['and goes one for one', { stored: [stored('old'), stored('old'), ...ready(1)] }, { warm: 1, retire: ['version'] }],
  [
    'or at once',
    { stored: [stored('old'), stored('old')], drain: 'at once' },
    { warm: 2, retire: ['version', 'version'] },
  ],
  ['what somebody did not come to stop is stopped', { stored: [...ready(2), stored('stopping')] }, { stop: 1 }],
])('%s', (_, situation, expected) => {
  const busy = situation.busy
    ? new Set(situation.stored?.map(({ entry }) => entry.runtimeSessionId))
    : new Set<string>()
  expect(planFor({ ...situation, busy })).toEqual({ ...nothing, ...expected })
})

test('the oldest surplus and the oldest version go first', () => {
  const young = stored('ready', { bornAtMs: nowMs - 1 })
  const old = stored('ready', { bornAtMs: nowMs - minute })
  const { retire } = poolPlan({
    nowMs,
    stored: [young, old],
    busy: new Set(),
    target: 1,
    allowance: 0,
    usableIdleMs: 14 * minute,
    replenishMs: 0,
    missedBeatsAllowed: 3,
    drain: 'at once',
  })
  expect(retire.map(({ entry }) => entry)).toEqual([old.entry])
})

test('two who tend one queue, and see different parts of it, leave as many as are wanted', () => {
  const target = 4
  const waiting = ready(12, { bornAtMs: nowMs - minute })
  const common = { nowMs, busy: new Set<string>(), target, allowance: 0, usableIdleMs: 14 * minute, replenishMs: 0 }
  for (let parts = 0; parts < 50; parts++) {
    const retired = new Set<unknown>()
    for (let tender = 0; tender < 2; tender++) {
      const seen = waiting.toSorted(() => Math.random() - 0.5).slice(0, 3 + (parts % 10))
      const unseen = waiting.length - seen.length
      const plan = poolPlan({ ...common, stored: seen, unseen, missedBeatsAllowed: 3, drain: 'at once' })
      for (const { entry } of plan.retire) retired.add(entry)
    }
    expect(waiting.length - retired.size).toBeGreaterThanOrEqual(target)
  }
})

test('the next look is when the next beat is due', () => {
  const plan = poolPlan({
    nowMs,
    stored: ready(2),
    busy: new Set(),
    target: 2,
    allowance: 0,
    usableIdleMs: 14 * minute,
    replenishMs: 0,
    missedBeatsAllowed: 3,
    drain: 'at once',
  })
  expect(plan.nextAtMs).toBe(nowMs + 8 * minute)
})

const hour = 60 * minute
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
