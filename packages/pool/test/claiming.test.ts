import { createWarmPool, memoryStore, type WarmPoolOptions } from '@warm-agent/pool'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createFakeAgents, failure } from './fake-agents.ts'
import { startPool } from './start-pool.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const minutes = 60_000

test('a claim gives a live session, with all that a lease needs', async () => {
  const { pool, agents } = await startPool()
  const session = await pool.claim()
  expect(session).toMatchObject({ qualifier: 'DEFAULT', evidence: 'observed', nonce: expect.any(String) })
  expect(agents.running()).toContain(session?.runtimeSessionId)
  expect(session?.touchedAtMs).toBeGreaterThanOrEqual(session?.bornAtMs ?? Number.NaN)
})

test('a claim is refilled', async () => {
  const { pool, agents } = await startPool()
  await pool.claim()
  await vi.advanceTimersByTimeAsync(10)
  expect(agents.running()).toHaveLength(4)
  expect(pool.stats()).toMatchObject({ ready: 3, target: 3, hits: 1, misses: 0, hitRatio: 1 })
})

test('an empty pool gives null at once, and does not wait for the warm-up in flight', async () => {
  const { pool, news } = await startPool({}, createFakeAgents({ bootMs: 3_000 }))
  expect(await pool.claim()).toBeNull()
  expect(news('claim-missed')).toMatchObject([{ cause: 'empty', tookMs: 0 }])
})

test('a target that throws costs no claim any time: the pool goes by what it said last', async () => {
  const broken = {
    sizeAt(): number {
      throw new Error('broken')
    },
  }
  const { pool, news } = await startPool({ target: broken })
  const claimed = pool.claim()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await claimed).toBeNull()
  expect(news('claim-missed')).toMatchObject([{ cause: 'empty', tookMs: 0 }])
  expect(news('store-failed')[0]).toMatchObject({
    during: 'asking the target for its size',
    cause: new Error('broken'),
  })

  let asked = 0
  const breaking = { sizeAt: () => (asked++ === 0 ? 2 : broken.sizeAt()) }
  const { pool: another } = await startPool({ target: breaking })
  const found = another.claim()
  await vi.advanceTimersByTimeAsync(100)
  expect(await found).not.toBeNull()
  expect(another.stats()).toMatchObject({ target: 2, ready: 2 })
})

test('a claim gives null before the start and after the close', async () => {
  const agents = createFakeAgents()
  const pool = createWarmPool({ runtime: agents.runtime, store: memoryStore(), target: 1 })
  expect(await pool.claim()).toBeNull()
  await pool.start()
  await vi.advanceTimersByTimeAsync(10)
  await pool.close()
  expect(await pool.claim()).toBeNull()
  expect(pool.stats().missesByCause.closed).toBe(2)
})

test('closing stops what waits (tarn #81: a pool that hangs after destroy)', async () => {
  const { pool, agents } = await startPool()
  await pool.close()
  expect(agents.running()).toEqual([])
  expect(agents.count('stopped')).toBe(3)
})

test('closing while sessions are warming leaves none behind (tarn #48: a late create is leaked)', async () => {
  const { pool, agents } = await startPool({}, createFakeAgents({ bootMs: 5_000 }))
  const closed = pool.close()
  await vi.advanceTimersByTimeAsync(10_000)
  await closed
  expect(agents.running()).toEqual([])
})

test('a session that is claimed while the pool closes is stopped, and its claim gives null', async () => {
  const { pool, agents } = await startPool({ trustMs: 0 })
  await vi.advanceTimersByTimeAsync(1_000)
  const [claimed] = await Promise.all([pool.claim(), pool.close()])
  expect(claimed).toBeNull()
  expect(agents.running()).toEqual([])
})

test('a session that answered a moment ago is handed out untouched (HikariCP: alive within its bypass window)', async () => {
  const { pool, agents } = await startPool()
  await pool.claim()
  expect(agents.count('touched')).toBe(0)
})

test('a session that has not answered lately is touched first', async () => {
  const { pool, agents, news } = await startPool()
  await vi.advanceTimersByTimeAsync(2 * minutes)
  expect(await pool.claim()).toMatchObject({ touchedAtMs: Date.now() })
  expect(agents.count('touched')).toBe(1)
  expect(news('session-claimed')).toMatchObject([{ wasValidated: true }])
})

test('a dead session is dropped, the VM that its touch started is stopped, and the next one is tried', async () => {
  const { pool, agents, news } = await startPool()
  const [first] = agents.started
  agents.kill(first?.id ?? '')
  await vi.advanceTimersByTimeAsync(2 * minutes)
  const session = await pool.claim()
  expect(session).not.toBeNull()
  expect(session?.runtimeSessionId).not.toBe(first?.id)
  expect(news('session-dropped')).toHaveLength(1)
  expect(agents.running()).not.toContain(first?.id)
})

test('a claim tries as many sessions as it may, and no more', async () => {
  const { pool, agents } = await startPool({ target: 6, claimTries: 3 })
  agents.kill(...agents.running())
  await vi.advanceTimersByTimeAsync(2 * minutes)
  expect(await pool.claim()).toBeNull()
  expect(pool.stats()).toMatchObject({ missesByCause: { dead: 1 }, retiredUnused: { dropped: 3 } })
})

test('a touch that gets no answer does not hold the claim up', async () => {
  const { pool, agents } = await startPool({ validateTimeoutMs: 500, claimTries: 1 })
  await vi.advanceTimersByTimeAsync(2 * minutes)
  agents.hang(true)
  const claim = pool.claim()
  await vi.advanceTimersByTimeAsync(500)
  expect(await claim).toBeNull()
})

test('a session that the platform may have ended is not touched: that would start it again', async () => {
  // Nobody tends this pool after it was filled: as if the process that beats had died.
  const store = memoryStore()
  const { agents } = await startPool({ store })
  const { pool } = await startPool({ store, tends: false }, agents)
  agents.failFromNowOn(failure('unreachable'))
  await vi.advanceTimersByTimeAsync(14.6 * minutes)
  agents.failFromNowOn(undefined)
  expect(await pool.claim()).toBeNull()
  expect(agents.count('touched')).toBe(0)
})

test('half of the longest life is left for the user', async () => {
  const { pool, agents } = await startPool({}, createFakeAgents({ maxLifetimeMs: 60 * minutes }))
  for (let hour = 0; hour < 12; hour++) {
    await vi.advanceTimersByTimeAsync(10 * minutes)
    const session = await pool.claim()
    expect(Date.now() - (session?.bornAtMs ?? 0)).toBeLessThanOrEqual(30 * minutes)
  }
  expect(agents.count('started')).toBeGreaterThan(12)
})

test('an agent that echoes nothing is served too, and nobody claims that it was observed', async () => {
  const { pool } = await startPool({}, createFakeAgents({ echoes: false }))
  await vi.advanceTimersByTimeAsync(20 * minutes)
  expect(await pool.claim()).toMatchObject({ evidence: 'assumed', nonce: undefined })
})

test('a store that fails is told by the miss alone', async () => {
  const store = memoryStore()
  const { pool, news } = await startPool({ store })
  store.claim = () => Promise.reject(new Error('away'))
  expect(await pool.claim()).toBeNull()
  await vi.advanceTimersByTimeAsync(10)
  expect(news('claim-missed')).toMatchObject([{ cause: 'store', error: { message: 'away' } }])
  expect(news('store-failed')).toEqual([])
})

test('a store that does not answer costs a claim no more than its time limit, and what comes late is put back', async () => {
  const store = memoryStore()
  const claim = store.claim
  let answer = () => {}
  const { pool, news, agents } = await startPool({ store, claimTimeoutMs: 100 })
  store.claim = gate =>
    new Promise(resolve => {
      answer = () => resolve(claim(gate))
    })
  const claimed = pool.claim()
  await vi.advanceTimersByTimeAsync(100)
  expect(await claimed).toBeNull()
  expect(news('claim-missed')).toMatchObject([{ cause: 'store' }])
  answer()
  await vi.advanceTimersByTimeAsync(10)
  store.claim = claim
  expect(pool.stats().ready).toBe(3)
  expect((await store.look()).entries.filter(({ state }) => state === 'ready')).toHaveLength(3)
  expect(agents.count('started')).toBe(3)
})

test.each([
  ['claim', 'in time', 0],
  ['claim', 'too late', 200],
  ['canary', 'in time', 0],
] as const)('when a store gives a %s, %s, sessions that are too old, they are stopped', async (method, _, answerMs) => {
  const store = memoryStore()
  const { claim } = store
  const { pool, agents } = await startPool({ store, claimTimeoutMs: 100 })
  const old = agents.running()
  store.claim = async gate => {
    store.claim = claim
    await new Promise(resolve => setTimeout(resolve, answerMs))
    return claim({ ...gate, touchedSinceMs: Date.now() })
  }
  void pool[method]()
  await vi.advanceTimersByTimeAsync(300)
  expect(agents.running().filter(id => old.includes(id))).toEqual([])
})

test('a canary claim finds a live session and puts it back, as one that has just answered', async () => {
  const { pool, agents, store } = await startPool()
  await vi.advanceTimersByTimeAsync(minutes)
  expect(await pool.canary()).toMatchObject({ isWarm: true })
  const touches = (await store.look()).entries.map(({ entry }) => entry.touchedAtMs)
  expect(Math.max(...touches)).toBe(Date.now())
  expect(pool.stats()).toMatchObject({ hits: 0, canary: { isWarm: true } })
  expect(agents.running()).toHaveLength(3)
  expect(await pool.claim()).not.toBeNull()
})

test('a canary claim tells of a pool whose sessions are dead, and stops the VM that its touch started', async () => {
  const { pool, agents } = await startPool()
  const dead = agents.running()
  agents.kill(...dead)
  expect(await pool.canary()).toMatchObject({ isWarm: false })
  await vi.advanceTimersByTimeAsync(10)
  expect(agents.running().filter(id => dead.includes(id))).toEqual([])
})

test('no event tells a whole session id', async () => {
  const { pool, agents, events } = await startPool()
  await pool.claim()
  await pool.canary()
  await pool.close()
  const told = JSON.stringify(events)
  for (const { id } of agents.started) expect(told).not.toContain(id)
})

test.each([
  ['target', -1, '-1'],
  ['target', 2.5, '2.5'],
  ['target', Number.NaN, 'NaN'],
  ['target', null, 'null'],
  ['store', {}, 'an object'],
  ['runtime', undefined, 'undefined'],
  ['drain', 'slowly', '"slowly"'],
  ['userShare', 1, '1'],
  ['beatMs', 900_000, '900000'],
  ['trustMs', -5, '-5'],
  ['claimTries', 0, '0'],
  ['newSessionsPerSecond', Number.POSITIVE_INFINITY, 'Infinity'],
  ['onEvent', ['log'], 'a list'],
  ['sizee', 20, '20'],
  ['breaker', { pause: 3 }, '3', 'breaker.pause'],
  ['breaker', { firstPauseMs: 600_000 }, '600000', 'breaker.firstPauseMs'],
])('the option %s of %s is refused by name and value', (name, value, shown, path = name) => {
  const { runtime } = createFakeAgents()
  const options = { runtime, store: memoryStore(), target: 1, [name]: value } as WarmPoolOptions
  expect(() => createWarmPool(options)).toThrow(
    new RegExp(`^Could not create the pool: option ${path} is ${shown}: .+ See WarmPoolOptions\\.$`),
  )
})
