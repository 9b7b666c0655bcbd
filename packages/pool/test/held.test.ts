import type { PoolEvent } from '@warm-agent/pool'
import { createStats } from '@warm-agent/proxy/stats'
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
type Held = Extract<PoolEvent, { type: 'sessions-held' }>
const sum = (told: PoolEvent[]) => (told as Held[]).reduce((all, { heldMs }) => all + heldMs, 0)

test('what a pool holds is told at the first look, ever more rarely, once a minute in the end, and when it closes', async () => {
  const { pool, news } = await startPool({ target: 3 })
  expect(news('sessions-held')).toMatchObject([{ heldMs: 0, others: 0 }])
  await vi.advanceTimersByTimeAsync(60 * minute)
  // All but the last minute.
  expect(sum(news('sessions-held'))).toBeGreaterThanOrEqual(3 * 59 * minute)
  expect(sum(news('sessions-held'))).toBeLessThanOrEqual(3 * 60 * minute)
  const times = news('sessions-held').map(({ atMs }) => atMs)
  expect(times.length).toBeLessThan(160)
  for (const [index, atMs] of times.entries()) {
    expect(atMs - (times[index - 1] ?? atMs)).toBeLessThanOrEqual(minute)
  }
  await vi.advanceTimersByTimeAsync(minute / 2)
  await pool.close()
  expect(sum(news('sessions-held'))).toBe(pool.stats().warmSeconds * 1_000)
  expect(sum(news('sessions-held'))).toBeGreaterThanOrEqual(3 * 60.5 * minute)
})

test('a session counts from the start of its boot, also one that takes the place of another', async () => {
  const { pool, news, agents } = await startPool({ target: 2 }, createFakeAgents({ bootMs: 3_000 }))
  await vi.advanceTimersByTimeAsync(3_000)
  for (let claims = 0; claims < 20; claims++) {
    expect(await pool.claim()).not.toBeNull()
    await vi.advanceTimersByTimeAsync(10_000)
  }
  await pool.close()
  expect(agents.count('started')).toBe(22)
  // Two at any time, but for the moment from a claim to the next look.
  expect(sum(news('sessions-held')) / 203_000).toBeGreaterThan(1.99)
  expect(sum(news('sessions-held')) / 203_000).toBeLessThanOrEqual(2.001)
})

test('a pool that gives its events to the statistics has its price there, used or not', async () => {
  const stats = createStats({ costs: { prices: { dollarsPerGbHour: 1, dollarsPerVcpuHour: 0 }, gb: 1 } })
  const { pool } = await startPool({ target: 6, onEvent: stats.onPoolEvent })
  await vi.advanceTimersByTimeAsync(60 * minute)
  expect(stats.report().dollars).toMatchObject({ unused: 0, isWhole: true })
  expect(stats.report().dollars.pool).toBeCloseTo(6, 0)
  await pool.close()
  const { dollars, warmUps } = stats.report()
  expect(warmUps).toMatchObject({ started: 6, used: 0, unused: 6, unclaimed: 6, waiting: 0 })
  expect(dollars.total).toBeCloseTo(6, 1)
  expect(dollars.unused).toBeCloseTo(dollars.total)
})
