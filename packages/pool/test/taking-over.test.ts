import { adaptiveTarget, memoryStore, type PoolStore, type PoolTarget } from '@warm-agent/pool'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createFakeAgents } from './fake-agents.ts'
import { startPool } from './start-pool.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const minute = 60_000

test.each(['1', '2'])(
  'who takes an adaptive pool over, with version %s, stops nothing of it at once',
  async version => {
    const { pool, store, agents } = await startPool({ target: 30, newSessionsPerSecond: 1_000 })
    const target = adaptiveTarget({ floor: 0, shrinkHalfLifeMs: 2 * minute })
    const next = await startPool({ store, target, version, newSessionsPerSecond: 1_000 }, agents)
    await pool.close()
    await vi.advanceTimersByTimeAsync(10)
    expect(next.pool.stats()).toMatchObject({ isTending: true, ready: 30, target: 30 })
    await vi.advanceTimersByTimeAsync(2 * minute)
    expect(next.pool.stats()).toMatchObject({ ready: 15, target: 15 })
    await next.pool.close()
  },
)

test.each([
  ['', 3_000, 1_000],
  [' one by one', 100, 1],
])(
  'an adaptive pool keeps its size, however often it is taken over while a new version boots%s',
  async (_, bootMs, rate) => {
    const agents = createFakeAgents({ bootMs })
    const start = async (version: string, newSessionsPerSecond: number, store?: PoolStore) => {
      const target = adaptiveTarget({ floor: store ? 0 : 20 })
      return startPool({ ...(store && { store }), target, version, newSessionsPerSecond }, agents)
    }
    let { pool, store } = await start('1', 1_000)
    await vi.advanceTimersByTimeAsync(10_000)
    for (let takeover = 0; takeover < 12; takeover++) {
      const next = await start('2', rate, store)
      await pool.close({ sessions: 'keep' })
      pool = next.pool
      await vi.advanceTimersByTimeAsync(1_000)
      const { target } = pool.stats()
      // It shrinks as it always does.
      expect(target).toBeGreaterThan(20 * 0.5 ** ((takeover + 2) / 120) - 1.5)
      expect(target).toBeLessThan(21)
    }
    await pool.close()
  },
)

test('after a deploy old sessions are not handed out, and drain one for one', async () => {
  const store = memoryStore()
  const agents = createFakeAgents({ bootMs: 1_000 })
  await startPool({ store, version: 'one' }, agents)
  await vi.advanceTimersByTimeAsync(2_000)
  const old = agents.running()
  const { pool } = await startPool({ store, version: 'two' }, agents)
  expect(await pool.claim()).toBeNull()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(agents.running()).toHaveLength(3)
  expect(agents.running().filter(id => old.includes(id))).toEqual([])
  const session = await pool.claim()
  expect(old).not.toContain(session?.runtimeSessionId)
})

test('old sessions are all stopped at once, before their successors are warm, when the pool is told to', async () => {
  const store = memoryStore()
  const agents = createFakeAgents()
  await startPool({ store, version: 'one' }, agents)
  agents.hang(true)
  await startPool({ store, version: 'two', drain: 'at once' }, agents)
  expect(agents.running()).toEqual([])
})

test('a process of the old version that is restarted during a deploy does not take the pool back', async () => {
  const store = memoryStore()
  const agents = createFakeAgents()
  await startPool({ store, version: 'one' }, agents)
  const { pool } = await startPool({ store, version: 'two' }, agents)
  await vi.advanceTimersByTimeAsync(1_000)
  await startPool({ store, version: 'one' }, agents)
  await vi.advanceTimersByTimeAsync(10 * minute)
  expect(pool.stats()).toMatchObject({ isTending: true, ready: 3 })
  expect(agents.running()).toHaveLength(3)
})

test('one of several members tends, and another goes on when that one leaves', async () => {
  const store = memoryStore()
  const agents = createFakeAgents({ bootMs: 1_000 })
  const first = await startPool({ store }, agents)
  const second = await startPool({ store }, agents)
  expect([first.pool.stats().isTending, second.pool.stats().isTending]).toEqual([true, false])
  const closed = first.pool.close()
  await vi.advanceTimersByTimeAsync(2_000)
  await closed
  await second.pool.claim()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(second.pool.stats()).toMatchObject({ isTending: true, ready: 3 })
})

test('the last member stops what waits, unless it is told to keep it', async () => {
  const store = memoryStore()
  const agents = createFakeAgents()
  const { pool } = await startPool({ store }, agents)
  await pool.close({ sessions: 'keep' })
  expect(agents.running()).toHaveLength(3)
  const next = await startPool({ store }, agents)
  expect(agents.count('started')).toBe(3)
  await next.pool.close()
  expect(agents.running()).toEqual([])
})

test('who tends the pool hears of the claims of the others too', async () => {
  const store = memoryStore()
  const agents = createFakeAgents()
  const arrivals: number[] = []
  const target: PoolTarget = { sizeAt: () => 4, noteArrival: atMs => void arrivals.push(atMs) }
  const { pool } = await startPool({ store, target }, agents)
  const other = await startPool({ store, target: 4, tends: false }, agents)
  await pool.claim()
  expect(arrivals).toHaveLength(1)
  expect(await other.pool.claim()).not.toBeNull()
  expect(await other.pool.claim()).not.toBeNull()
  await vi.advanceTimersByTimeAsync(minute)
  await pool.claim()
  expect(arrivals).toHaveLength(4)
})
