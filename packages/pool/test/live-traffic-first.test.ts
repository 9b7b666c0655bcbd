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

test('so it does for those who are asked elsewhere in the fleet', async () => {
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
