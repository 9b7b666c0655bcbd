import { expect, test, vi } from 'vitest'
import { createOutage } from '../src/ledger/outage.ts'
import { fakeTime } from './fake-time.ts'

fakeTime()

/** Writes to a store that may be away, or take a while. */
function createWrites() {
  const store = { isAway: false, tookMs: 0 }
  const asked: string[] = []
  const written: string[] = []
  const told: unknown[] = []
  const outage = createOutage(cause => told.push(cause))
  let atOnce = 0
  let mostAtOnce = 0

  function write(key: string, what = key, matters = true): Promise<void> {
    return outage.write(key, matters, async () => {
      asked.push(what)
      mostAtOnce = Math.max(mostAtOnce, ++atOnce)
      const { isAway } = store
      if (store.tookMs > 0) await new Promise(resolve => setTimeout(resolve, store.tookMs))
      atOnce--
      if (isAway) throw new Error('away')
      written.push(what)
    })
  }

  return { store, asked, written, told, write, mostAtOnce: () => mostAtOnce }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

test.each([
  ['the newer', 'which both matter', true, true],
  ['the newer', 'neither of which matters', false, false],
  ['the newer', 'of which it alone matters', false, true],
  ['the older', 'of which it alone matters', true, false],
])('%s of two is owed, %s', async (which, _, olderMatters, newerMatters) => {
  const { store, written, write } = createWrites()
  store.isAway = true
  await write('key', 'the older', olderMatters)
  await write('key', 'the newer', newerMatters)
  store.isAway = false
  await pass(10_000)
  expect(written).toEqual([which])
})

test('one that fails late does not replace a newer one', async () => {
  const { store, written, write } = createWrites()
  store.isAway = true
  store.tookMs = 1_000
  const late = write('key', 'the older')
  store.tookMs = 0
  await write('key', 'the newer')
  await pass(1_000)
  await late
  store.isAway = false
  await pass(10_000)
  expect(written).toEqual(['the newer'])
})

test('what is owed is written before what is new, and that is not lost', async () => {
  const { store, written, write } = createWrites()
  store.isAway = true
  await write('probe')
  await write('key', 'owed')
  store.isAway = false
  await pass(1_999)
  store.tookMs = 1_000
  // The probe takes until 3 s, what is owed then until 4 s: the store is not away by then.
  await pass(1_501)
  store.tookMs = 0
  await write('key', 'new')
  expect(written).toEqual(['probe'])
  await pass(1_000)
  expect(written).toEqual(['probe', 'owed', 'new'])
})

test('a newer one that comes while the older is tried again is not lost when that fails', async () => {
  const { store, written, write } = createWrites()
  store.isAway = true
  await write('key', 'the older')
  store.tookMs = 1_000
  await pass(2_500)
  await write('key', 'the newer')
  await pass(1_000)
  store.isAway = false
  await pass(10_000)
  expect(written).toEqual(['the newer'])
})

test('a store that is away is asked by one write every two seconds; once it answers, by fifty at a time', async () => {
  const { store, asked, written, write, mostAtOnce } = createWrites()
  store.isAway = true
  for (let key = 0; key < 200; key++) await write(`${key}`)
  expect(asked).toHaveLength(1)
  await pass(1_999)
  expect(asked).toHaveLength(1)
  await pass(4_000)
  expect(asked).toHaveLength(3)
  expect(mostAtOnce()).toBe(1)
  store.isAway = false
  store.tookMs = 1
  await pass(3_000)
  expect(mostAtOnce()).toBe(50)
  expect(written).toHaveLength(200)
})

test('no more than ten thousand are owed: the oldest are given up', async () => {
  const { store, written, write } = createWrites()
  store.isAway = true
  for (let key = 0; key <= 10_000; key++) await write(`${key}`)
  store.isAway = false
  await pass(10_000)
  expect(written).toHaveLength(10_000)
  expect(written).not.toContain('0')
})

test('an outage is told once, however many writes it meets, and the next one again', async () => {
  const { store, told, write } = createWrites()
  for (const outages of [1, 2]) {
    store.isAway = true
    await Promise.all([write('one'), write('two')])
    await write('three')
    await pass(10_000)
    expect(told).toHaveLength(outages)
    store.isAway = false
    await pass(10_000)
  }
})
