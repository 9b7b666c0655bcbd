import type { PoolTarget } from '@warm-agent/pool'
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

test('the rate of new sessions is kept, however large the pool', async () => {
  const { agents } = await startPool({ target: 100, newSessionsPerSecond: 10 })
  expect(agents.count('started')).toBe(10)
  await vi.advanceTimersByTimeAsync(3_000)
  expect(agents.count('started')).toBeLessThanOrEqual(41)
  await vi.advanceTimersByTimeAsync(8_000)
  expect(agents.count('started')).toBe(100)
})

test('when warm-ups fail, refilling stops, with an event, and is tried again ever more rarely (daytona #3289)', async () => {
  const { agents, news, pool } = await startPool({ target: 10 }, refusingAgents())
  await vi.advanceTimersByTimeAsync(60 * minute)
  expect(agents.count('failed')).toBeLessThan(90)
  expect(news('breaker-opened').length).toBeGreaterThan(3)
  expect(pool.stats()).toMatchObject({ isBreakerOpen: true, alarms: { 'cannot-refill': expect.any(String) } })
  agents.failFromNowOn(undefined)
  await vi.advanceTimersByTimeAsync(6 * minute)
  expect(news('breaker-closed')).toHaveLength(1)
  expect(pool.stats()).toMatchObject({ ready: 10, isBreakerOpen: false, alarms: {} })
})

test('an agent that takes long to start is waited for: nothing is started in its place (eliza #18364)', async () => {
  const { pool, agents, news } = await startPool({}, createFakeAgents({ bootMs: 55_000 }))
  await vi.advanceTimersByTimeAsync(minute)
  expect(pool.stats()).toMatchObject({ ready: 3, isBreakerOpen: false })
  expect(agents.count('started')).toBe(3)
  expect(news('warm-up-failed')).toEqual([])
})

test('a quota stops refilling at once: real messages need the room', async () => {
  const agents = createFakeAgents()
  agents.failFromNowOn(failure('quota'))
  const { news } = await startPool({ target: 10, newSessionsPerSecond: 1 }, agents)
  await vi.advanceTimersByTimeAsync(500)
  expect(news('warm-up-failed')).toHaveLength(1)
  expect(news('breaker-opened')).toHaveLength(1)
})

test('a warm-up that may have started something is stopped when it failed', async () => {
  const agents = createFakeAgents()
  const { runtime } = agents
  const { invoke } = runtime
  let calls = 0
  runtime.invoke = async (...call) => {
    const answer = await invoke(...call)
    if (calls++ < 2) throw failure('agent', true)
    return answer
  }
  const { pool } = await startPool({ target: 1 }, agents)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(agents.running()).toHaveLength(1)
  expect(pool.stats().ready).toBe(1)
})

test('a warm-up that got no answer in time is stopped: it may have started something', async () => {
  const agents = createFakeAgents()
  agents.hang(true)
  await startPool({ target: 1, warmTimeoutMs: 5_000 }, agents)
  await vi.advanceTimersByTimeAsync(6_000)
  expect(agents.count('nothing to stop')).toBeGreaterThan(0)
})

test('a warm-up that was refused leaves nothing in the store, and nothing to stop', async () => {
  const agents = createFakeAgents()
  agents.failFromNowOn(failure('quota'))
  const { store } = await startPool({ target: 1 }, agents)
  expect((await store.look()).entries).toEqual([])
  expect(agents.log).toEqual(['failed'])
})

test('a stop that fails is made again, but not in a tight loop', async () => {
  const agents = createFakeAgents()
  const { runtime } = agents
  const { stop } = runtime
  let refused = 0
  runtime.stop = session => (refused++ < 2 ? Promise.reject(failure('refused')) : stop(session))
  const { pool, news } = await startPool({ target: 1 }, agents)
  const drained = pool.drain()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(news('stop-failed')).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(minute)
  expect(await drained).toBe(1)
  expect(agents.count('stopped')).toBe(1)
})

test('what cannot be stopped is forgotten once it has idled out', async () => {
  const agents = createFakeAgents()
  agents.runtime.stop = () => Promise.reject(failure('refused'))
  const { pool, store } = await startPool({ target: 1 }, agents)
  void pool.drain()
  await vi.advanceTimersByTimeAsync(14 * minute)
  const states = async () => (await store.look()).entries.map(({ state }) => state)
  expect(await states()).toContain('stopping')
  await vi.advanceTimersByTimeAsync(2 * minute)
  expect(await states()).not.toContain('stopping')
})

test('the target is followed, and told what comes and what refilling takes', async () => {
  let size = 2
  const told: string[] = []
  const target: PoolTarget = {
    sizeAt: () => size,
    noteArrival: () => told.push('arrival'),
    noteReplenishment: tookMs => told.push(`replenished in ${tookMs}`),
  }
  const { pool, agents } = await startPool({ target }, createFakeAgents({ bootMs: 3_000 }))
  await vi.advanceTimersByTimeAsync(3_000)
  size = 4
  await vi.advanceTimersByTimeAsync(5_000)
  expect(agents.running()).toHaveLength(4)
  size = 1
  await vi.advanceTimersByTimeAsync(5_000)
  expect(agents.running()).toHaveLength(1)
  await pool.claim()
  expect(told).toEqual([...Array(4).fill('replenished in 3000'), 'arrival'])
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, -3])('a target that says %s counts as 0', async size => {
  const { agents } = await startPool({ target: { sizeAt: () => size } })
  await vi.advanceTimersByTimeAsync(5_000)
  expect(agents.count('started')).toBe(0)
})

function refusingAgents() {
  const agents = createFakeAgents()
  agents.failFromNowOn(failure('agent', true))
  return agents
}
