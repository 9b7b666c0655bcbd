import type { LedgerEntry } from '@warm-agent/proxy'
import { expect, test } from 'vitest'
import { endingEntry, unstoppedEntry } from '../src/ledger/ending.ts'
import { answeringMs, type HoldNews, heldEntry, isOutlived } from '../src/ledger/hold.ts'

/** A page's beat is overdue after 80 s. */
const rules = { idleTimeoutMs: 100_000, maxLifetimeMs: 1_000_000, unsentHoldMs: 500_000, beatMs: 60_000 }

const session = { id: 's', qualifier: 'DEFAULT' }
const ticket = { session, agent: 'default', callerId: 'ann', bornAt: 0, touchedAt: 0, isSent: false, isWarm: true }

/** What instance `one` writes at `nowMs`. */
function written(stored: LedgerEntry | undefined, news: Partial<HoldNews> & { nowMs: number }): LedgerEntry {
  const usual = { ticket, change: 'noted', holder: 'one', atMs: news.nowMs, isAnswering: false, warmTimeoutMs: 30_000 }
  const entry = heldEntry(stored, { ...usual, ...news } as HoldNews, rules)
  if (!entry) throw new Error('expected an entry')
  return entry
}

/** A session that its page touched last at 10 s, by way of instance `two`. */
const touched = written(undefined, { change: 'touched', holder: 'two', nowMs: 10_000 })

test('only the page says that it stays or leaves: what is just noted does not count as heard', () => {
  const heardAt = (change: HoldNews['change']) => written(touched, { change, nowMs: 50_000 }).heardAt
  expect(heardAt('noted')).toBe(10_000)
  expect(heardAt('touched')).toBe(50_000)
  expect(heardAt({ parkedUntil: 60_000 })).toBe(50_000)
  expect(written(undefined, { nowMs: 50_000 })).not.toHaveProperty('heardAt')
})

test.each([
  // when it is written, until when it is held
  [0, 80_000],
  [74_999, 80_000],
  [75_001, 80_001],
  [90_000, 95_000],
  [99_000, 100_000],
])(
  'an unsent session that is noted at %i is held until %i: whoever notes it may still be calling it',
  (nowMs, until) => {
    expect(written(undefined, { nowMs })).toMatchObject({ reason: 'unsent', heldUntil: until })
  },
)

test.each([
  // how long a warm-up may take, the hold, until when it is held
  [30_000, 500_000, 80_000],
  [30_000, 50_000, 50_000],
  [90_000, 500_000, 90_000],
  [200_000, 500_000, 200_000],
])(
  'a session whose warm-up may take %i, with a hold of %i, is held until %i when its page has vanished',
  (warmTimeoutMs, unsentHoldMs, until) => {
    const news = { ticket: { ...ticket, isWarm: false }, nowMs: 0, atMs: 0, warmTimeoutMs, isAnswering: false }
    const entry = heldEntry(undefined, { ...news, change: 'touched', holder: 'one' }, { ...rules, unsentHoldMs })
    expect(entry).toMatchObject({ reason: 'warming', heldUntil: until })
  },
)

test.each([
  // when its page left, when that is written, whether it counts against a touch that was heard at 10 s
  [8_000, 9_000, true],
  [8_000, 9_001, false],
  [9_999, 20_000, false],
  [10_000, 20_000, true],
])('a page that left at %i, written down at %i, has left: %s', (atMs, nowMs, isParked) => {
  const { reason } = written(touched, { change: { parkedUntil: 60_000 }, atMs, nowMs })
  expect(reason).toBe(isParked ? 'parked' : 'unsent')
})

test.each([
  // when it came back, whether it counts against a leaving that was heard at 10 s
  [4_999, false],
  [5_000, true],
])('in case of doubt a page stays: one that came back at %i, written down at 20000, stays: %s', (atMs, stays) => {
  const parked = written(undefined, { change: { parkedUntil: 60_000 }, nowMs: 10_000 })
  const { reason } = written(parked, { change: 'touched', atMs, nowMs: 20_000 })
  expect(reason).toBe(stays ? 'unsent' : 'parked')
})

test('an answer that another passes on keeps a session from being stopped, for as long as that instance renews it', () => {
  const entry = { ...touched, holder: 'one', answering: { two: 30_000 } }
  const endingBy = (nowMs: number) => endingEntry(entry, { holder: 'one' }, nowMs, 60_000)
  expect(endingBy(29_999)).toBe('held')
  expect(endingBy(30_000)).toMatchObject({ state: 'ending', heldUntil: 90_000 })
})

test('an entry does not grow by everybody who has ever answered', () => {
  const answered = written(touched, { isAnswering: true, nowMs: 10_000 })
  expect(answered.answering).toEqual({ one: 10_000 + answeringMs })
  expect(written(answered, { holder: 'two', isAnswering: true, nowMs: 30_000 }).answering).toEqual({ two: 50_000 })
  expect(written(answered, { nowMs: 20_000 })).not.toHaveProperty('answering')
})

test('a page that leaves does not park its session under a message that came for it elsewhere', () => {
  const parkedBy = (holder: string, unlessSent: boolean) => {
    const sent = { ...ticket, isSent: true }
    const stored = written(undefined, { ticket: sent, change: 'touched', holder: 'two', nowMs: 10_000 })
    return written(stored, { change: { parkedUntil: 60_000, unlessSent }, holder, nowMs: 20_000 }).reason
  }
  expect(parkedBy('one', true)).toBe('conversation')
  expect(parkedBy('one', false)).toBe('parked')
  expect(parkedBy('two', true)).toBe('parked')
})

test('a ticket may know less than the ledger, or more', () => {
  const later = written(undefined, { ticket: { ...ticket, bornAt: 5_000, touchedAt: 6_000 }, nowMs: 10_000 })
  expect(written(later, { nowMs: 20_000 })).toMatchObject({ bornAt: 5_000, touchedAt: 6_000, endsAt: 106_000 })
  const claimed = written(undefined, { ticket: { ...ticket, touchedAt: 450_000, heldSince: 40_000 }, nowMs: 450_000 })
  expect(claimed).toMatchObject({ heldSince: 40_000, heldUntil: 530_000 })
})

test.each([
  ['ended', true, 1, true],
  ['ended', true, 0, false],
  ['ended', false, 1, false],
  ['ending', true, 1, false],
  ['held', true, 1, false],
] as const)(
  'what is %s, with a ticket (warm: %s) that was born %i ms later, is outlived: %s',
  (state, isWarm, bornAt, is) => {
    expect(isOutlived({ ...touched, state }, { ...ticket, isWarm, bornAt })).toBe(is)
  },
)

test('a stop that failed is made again five seconds later, unless nobody is ending the session any more', () => {
  const ending = { ...touched, state: 'ending', heldUntil: 90_000 } as const
  expect(unstoppedEntry(ending, 20_000)).toMatchObject({ version: 2, state: 'ending', heldUntil: 25_000 })
  expect(unstoppedEntry({ ...ending, state: 'ended' }, 20_000)).toBeUndefined()
  // It was started again under its old id.
  expect(unstoppedEntry(touched, 20_000)).toBeUndefined()
})
