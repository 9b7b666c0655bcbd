import { type PoolPlan, type PoolSituation, poolPlan, type StoredEntry } from '@warm-agent/pool'
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
  return poolPlan({
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
}

/** A plan in short. */
function summaryOf({ warm, adopt, beat, retire, stop }: PoolPlan) {
  return { warm, adopt: adopt.length, beat: beat.length, retire: retire.map(({ reason }) => reason), stop: stop.length }
}

const nothing = { warm: 0, adopt: 0, beat: 0, retire: [], stop: 0 }
const ready = (count: number, about = {}) => Array.from({ length: count }, () => stored('ready', about))

test.each<[string, Partial<PoolSituation> & { isBusy?: boolean }, Partial<ReturnType<typeof summaryOf>>]>([
  ['an empty pool is filled', {}, { warm: 2 }],
  ['a full pool is left alone', { stored: ready(2) }, {}],
  ['a session that is warming counts', { stored: [...ready(1), stored('warming')], isBusy: true }, {}],
  ['a session that the store cannot show counts', { stored: ready(1), unseen: 1 }, {}],
  [
    'no more begins than is allowed (suna #6439: warmth takes the last free slot)',
    { target: 9, allowance: 4 },
    { warm: 4 },
  ],
  ['nothing begins while the breaker is open', { allowance: 0 }, {}],
  ['a warm-up that somebody left is gone on with', { stored: [...ready(1), stored('warming')] }, { adopt: 1 }],
  ['a beat that is due is made', { stored: [...ready(1), ...ready(1, { beatAtMs: nowMs })] }, { beat: 1 }],
  [
    'a session past its share of life is retired and replaced',
    { stored: [...ready(1), ...ready(1, { retireAtMs: nowMs })] },
    { warm: 1, retire: ['lifetime'] },
  ],
  [
    'a session that soon will be too old is replaced beforehand',
    { stored: [...ready(1), ...ready(1, { retireAtMs: nowMs + 2_000 })] },
    { warm: 1 },
  ],
  [
    'a session that may have idled out is retired, not touched',
    { stored: [...ready(1), ...ready(1, { touchedAtMs: nowMs - 14 * minute, beatAtMs: 0 })] },
    { warm: 1, retire: ['idle'] },
  ],
  ['one missed beat retires nobody (eliza #18941)', { stored: [...ready(1), ...ready(1, { missedBeats: 1 })] }, {}],
  [
    'more missed beats in a row than allowed retire a session',
    { stored: [...ready(1), ...ready(1, { missedBeats: 4 })] },
    { warm: 1, retire: ['unreachable'] },
  ],
  ['what is too much is retired', { stored: ready(5) }, { retire: ['surplus', 'surplus', 'surplus'] }],
  ['a target of 0 empties the pool', { stored: ready(2), target: 0 }, { retire: ['surplus', 'surplus'] }],
  ['sessions of an older version wait for their successors', { stored: [stored('old'), stored('old')] }, { warm: 2 }],
  [
    'one of them is stopped for each successor that is ready',
    { stored: [stored('old'), stored('old'), ...ready(1)] },
    { warm: 1, retire: ['version'] },
  ],
  [
    'also for one that the store cannot show',
    { stored: [stored('old'), stored('old')], unseen: 1 },
    { warm: 1, retire: ['version'] },
  ],
  [
    'or all are stopped at once',
    { stored: [stored('old'), stored('old')], drain: 'at once' },
    { warm: 2, retire: ['version', 'version'] },
  ],
  ['what somebody did not come to stop is stopped', { stored: [...ready(2), stored('stopping')] }, { stop: 1 }],
])('%s', (_, { isBusy, ...situation }, expected) => {
  const ids = situation.stored?.map(({ entry }) => entry.runtimeSessionId)
  const plan = planFor({ ...situation, busy: new Set(isBusy ? ids : []) })
  expect(summaryOf(plan)).toEqual({ ...nothing, ...expected })
})

test('of a surplus the oldest goes first', () => {
  const young = stored('ready', { bornAtMs: nowMs - 1 })
  const old = stored('ready', { bornAtMs: nowMs - minute })
  const { retire } = planFor({ stored: [young, old], target: 1 })
  expect(retire.map(({ entry }) => entry)).toEqual([old.entry])
})

test('two who tend one queue, and see different parts of it, leave as many as are wanted', () => {
  const target = 4
  const waiting = ready(12, { bornAtMs: nowMs - minute })
  for (let parts = 0; parts < 50; parts++) {
    const retired = new Set<unknown>()
    for (let tender = 0; tender < 2; tender++) {
      const seen = waiting.toSorted(() => Math.random() - 0.5).slice(0, 3 + (parts % 10))
      const { retire } = planFor({ target, stored: seen, unseen: waiting.length - seen.length })
      for (const { entry } of retire) retired.add(entry)
    }
    expect(waiting.length - retired.size).toBeGreaterThanOrEqual(target)
  }
})

test.each([
  ['when the next beat is due', {}, 8 * minute],
  ['when a session has to be replaced that soon will be too old', { retireAtMs: nowMs + minute }, minute - 3_000],
  ['when that retires', { retireAtMs: nowMs + 2_000 }, 2_000],
  ['when a session may have idled out', { touchedAtMs: nowMs - 10 * minute }, 4 * minute],
])('the next look is %s', (_, about, inMs) => {
  expect(planFor({ stored: [...ready(1), ...ready(1, about)] }).nextAtMs).toBe(nowMs + inMs)
})
