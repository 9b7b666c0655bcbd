import { memoryStore, type PoolEvent } from '@warm-agent/pool'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createFakeAgents, failure } from './fake-agents.ts'
import { startPool } from './start-pool.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const minute = 60_000

test('sessions are held past the idle timeout, for as long as they are wanted', async () => {
  const { pool, agents } = await startPool()
  await vi.advanceTimersByTimeAsync(60 * minute)
  expect(agents.running()).toHaveLength(3)
  expect(agents.count('started')).toBe(3)
  expect(await pool.claim()).not.toBeNull()
})

test('beats drift apart, and none comes later than it should (agentcore-rl-toolkit #51: heartbeat storms)', async () => {
  const { news } = await startPool({ target: 20 })
  await vi.advanceTimersByTimeAsync(10 * minute)
  const times = news('beat-succeeded').map(({ atMs }) => atMs)
  const startMs = news('tending-started')[0]?.atMs ?? 0
  expect(times).toHaveLength(20)
  expect(new Set(times).size).toBeGreaterThan(15)
  for (const atMs of times) {
    expect(atMs - startMs).toBeGreaterThan(0.53 * 15 * minute)
    expect(atMs - startMs).toBeLessThan(0.61 * 15 * minute)
  }
})

test('lives end apart from each other, at half of the longest', async () => {
  const agents = createFakeAgents({ maxLifetimeMs: 120 * minute })
  const { news } = await startPool({ target: 20 }, agents)
  await vi.advanceTimersByTimeAsync(61 * minute)
  const retired = news('session-retired') as Extract<PoolEvent, { type: 'session-retired' }>[]
  expect(retired).toHaveLength(20)
  expect(new Set(retired.map(({ atMs }) => atMs)).size).toBeGreaterThan(15)
  for (const { ageMs } of retired) {
    expect(ageMs).toBeGreaterThan(58.4 * minute)
    expect(ageMs).toBeLessThan(60.1 * minute)
  }
})

test('a session that did not answer a beat is asked again before it is given up (eliza #18941)', async () => {
  const { agents, news } = await startPool({ target: 1 })
  agents.failNext(failure('throttled'), failure('unavailable', true))
  await vi.advanceTimersByTimeAsync(12 * minute)
  expect(news('beat-missed')).toHaveLength(2)
  expect(news('beat-succeeded')).toHaveLength(1)
  expect(agents.count('started')).toBe(1)
})

test('a session that answers no beat is given up after as many as may be missed, before it has idled out', async () => {
  const { agents, news } = await startPool({ target: 1 })
  agents.failFromNowOn(failure('throttled'))
  await vi.advanceTimersByTimeAsync(14.5 * minute)
  expect(news('beat-missed').map(event => 'missedBeats' in event && event.missedBeats)).toEqual([1, 2, 3, 4])
  expect(news('session-retired')).toMatchObject([{ reason: 'unreachable' }])
})

test('a beat that was answered makes up for those that were missed before', async () => {
  const { agents } = await startPool({ target: 1 })
  for (let times = 0; times < 6; times++) {
    agents.failNext(failure('throttled'))
    await vi.advanceTimersByTimeAsync(12 * minute)
  }
  expect(agents.count('failed')).toBe(6)
  expect(agents.count('started')).toBe(1)
})

test('a session whose microVM was replaced is stopped, and a new one warmed', async () => {
  const { agents, news } = await startPool({ target: 1 })
  agents.kill(...agents.running())
  await vi.advanceTimersByTimeAsync(10 * minute)
  expect(news('session-retired')).toMatchObject([{ reason: 'replaced' }])
  expect(agents.running()).toHaveLength(1)
  expect(agents.running()[0]).toBe(agents.started.at(-1)?.id)
})

test('a beat takes no session out of reach: a claim at the same moment gets it', async () => {
  const { pool, agents } = await startPool({ target: 1 })
  await vi.advanceTimersByTimeAsync(8 * minute)
  agents.hang(true)
  await vi.advanceTimersByTimeAsync(minute)
  agents.hang(false)
  expect(await pool.claim()).not.toBeNull()
})

test('an alarm rings for a pool that nobody uses, and ends with the first use', async () => {
  const { pool, news } = await startPool()
  await vi.advanceTimersByTimeAsync(70 * minute)
  expect(news('alarm-raised')).toMatchObject([
    { alarm: 'never-used', message: expect.stringContaining('nobody claimed one') },
  ])
  await pool.claim()
  await vi.advanceTimersByTimeAsync(10)
  expect(news('alarm-cleared')).toMatchObject([{ alarm: 'never-used' }])
})

test('the books tell what was held and what it cost', async () => {
  const { pool } = await startPool({ target: 2, dollarsPerSessionHour: 0.02 })
  await vi.advanceTimersByTimeAsync(60 * minute)
  const { warmSeconds, dollars, replenishmentMs, ageAtClaimMs } = pool.stats()
  expect(warmSeconds).toBeCloseTo(2 * 3_600, -2)
  expect(dollars).toBeCloseTo(0.04, 3)
  expect(replenishmentMs).toMatchObject({ count: 2 })
  expect(ageAtClaimMs).toEqual({ count: 0, p50: undefined, p99: undefined, max: undefined })
})

test('a store that fails is tried again, and nothing is lost by it', async () => {
  const store = memoryStore()
  const { look } = store
  store.look = () => Promise.reject(new Error('down'))
  const { agents, news } = await startPool({ store })
  expect(news('store-failed').length).toBeGreaterThan(0)
  store.look = look
  await vi.advanceTimersByTimeAsync(2_000)
  expect(agents.running()).toHaveLength(3)
})

test('a session whose place in the store is unsure is neither stopped nor forgotten', async () => {
  const store = memoryStore()
  const { add } = store
  let fails = 2
  store.add = async (...call) => {
    const outcome = await add(...call)
    if (fails-- > 0) throw new Error('the answer was lost')
    return outcome
  }
  const { agents, pool } = await startPool({ store, target: 1 })
  await vi.advanceTimersByTimeAsync(2_000)
  expect(agents.count('stopped')).toBe(0)
  expect(await pool.claim()).not.toBeNull()
})
