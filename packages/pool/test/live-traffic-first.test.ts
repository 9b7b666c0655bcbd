import { memoryStore } from '@warm-agent/pool'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createFakeAgents } from './fake-agents.ts'
import { startPool } from './start-pool.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('whoever finds the pool empty starts a session of their own, and the pool begins one less for it', async () => {
  const { pool, agents } = await startPool(
    { target: 100, newSessionsPerSecond: 20 },
    createFakeAgents({ bootMs: 600_000 }),
  )
  const atFirst = agents.count('started')
  for (let misses = 0; misses < 150; misses++) {
    await vi.advanceTimersByTimeAsync(1_000 / 15)
    expect(await pool.claim()).toBeNull()
  }
  const byThePool = agents.count('started') - atFirst
  expect(byThePool + 150).toBeLessThanOrEqual(201)
  // What is left is the pool's: it fills.
  expect(byThePool).toBeGreaterThanOrEqual(48)
})

test('the pool begins one less for a claim in vain elsewhere in the fleet too', async () => {
  let size = 0
  const store = memoryStore()
  const { agents } = await startPool({ store, target: { sizeAt: () => size }, newSessionsPerSecond: 5 })
  const { pool: elsewhere } = await startPool({ store, target: 0, tends: false })
  for (let misses = 0; misses < 10; misses++) expect(await elsewhere.claim()).toBeNull()
  size = 3
  await vi.advanceTimersByTimeAsync(1_000)
  expect(agents.count('started')).toBe(0)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(agents.count('started')).toBe(3)
})

test('an empty pool fills, however often somebody asks whether it has', async () => {
  const { pool } = await startPool({ target: 5, newSessionsPerSecond: 1 }, createFakeAgents({ bootMs: 1 }))
  let hits = 0
  for (let asked = 0; asked < 600; asked++) {
    await vi.advanceTimersByTimeAsync(100)
    if (await pool.claim()) hits++
  }
  expect(hits).toBeGreaterThanOrEqual(6)
})

/** A full pool whose sessions take 3 s, and how many claims in vain such traffic makes there. */
async function startFullPool(target: number) {
  const { pool } = await startPool({ target, newSessionsPerSecond: 20 }, createFakeAgents({ bootMs: 3_000 }))
  await vi.advanceTimersByTimeAsync(60_000)
  return async (seconds: number, perSecond: number) => {
    const before = pool.stats().misses
    for (let asked = 0; asked < seconds * perSecond; asked++) {
      await vi.advanceTimersByTimeAsync(1_000 / perSecond)
      await pool.claim()
    }
    return pool.stats().misses - before
  }
}

test('a little more traffic than the pool may begin is a few misses, and no collapse', async () => {
  const missesIn = await startFullPool(86)
  // Of 21 a second it can replace 20.
  expect(await missesIn(250, 21)).toBeLessThan(0.1 * 250 * 21)
})

test('a burst that empties the pool is over when it is over', async () => {
  const missesIn = await startFullPool(70)
  expect(await missesIn(60, 30)).toBeGreaterThan(300)
  expect(await missesIn(20, 18)).toBeLessThan(18)
})

test.each([
  ['', 0],
  [', also when the wall clock is set back', 3_600_000],
])('a pool that others leave nothing begins a tenth of its rate%s', async (_, setBackMs) => {
  // None of them is ready meanwhile: nothing is handed out, and so nothing is to be replaced.
  const agents = createFakeAgents({ bootMs: 50_000 })
  const { pool } = await startPool({ target: 100, newSessionsPerSecond: 20 }, agents)
  for (let asked = 0; asked < 100; asked++) await pool.claim()
  vi.setSystemTime(Date.now() - setBackMs)
  const atFirst = agents.count('started')
  for (let asked = 0; asked < 400; asked++) {
    await vi.advanceTimersByTimeAsync(25)
    await pool.claim()
  }
  // One every half a second, for ten.
  expect(agents.count('started') - atFirst).toBeGreaterThanOrEqual(19)
  expect(agents.count('started') - atFirst).toBeLessThanOrEqual(21)
})
