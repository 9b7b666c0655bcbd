import { adaptiveTarget, memoryStore, type PoolEvent, type PoolStore, type PoolTarget } from '@warm-agent/pool'
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

test('one whose microVM was replaced is stopped, and a new one warmed', async () => {
  const { agents, news } = await startPool({ target: 1 })
  agents.kill(...agents.running())
  await vi.advanceTimersByTimeAsync(10 * minute)
  expect(news('session-retired')).toMatchObject([{ reason: 'replaced' }])
  expect(agents.running()).toHaveLength(1)
  expect(agents.running()[0]).toBe(agents.started.at(-1)?.id)
})

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

test('a beat takes no session out of reach: a claim at the same moment gets it', async () => {
  const { pool, agents } = await startPool({ target: 1 })
  await vi.advanceTimersByTimeAsync(8 * minute)
  agents.hang(true)
  await vi.advanceTimersByTimeAsync(minute)
  agents.hang(false)
  expect(await pool.claim()).not.toBeNull()
})

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

test('or at once', async () => {
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

function refusingAgents() {
  const agents = createFakeAgents()
  agents.failFromNowOn(failure('agent', true))
  return agents
}

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
