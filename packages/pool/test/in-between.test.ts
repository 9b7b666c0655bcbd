import { memoryStore, type PoolStore } from '@warm-agent/pool'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createFakeAgents, failure } from './fake-agents.ts'
import { startPool } from './start-pool.ts'
import { aMember, anEntry, fill } from './stores.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const minute = 60_000

const later = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

const fail = () => {
  throw new Error('the log is down')
}

/** As far as the clock is let run. */
async function hasSettled(work: Promise<unknown>, ms: number): Promise<boolean> {
  let isSettled = false
  void work.finally(() => {
    isSettled = true
  })
  await vi.advanceTimersByTimeAsync(ms)
  return isSettled
}

test('a pool whose store was never there closes, also after a claim that waited for it', async () => {
  const store = memoryStore()
  store.join = () => Promise.reject(new Error('down'))
  const { pool } = await startPool({ store })
  const claimed = pool.claim()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await claimed).toBeNull()
  expect(await hasSettled(pool.close(), 1_000)).toBe(true)
})

test.each([
  ['throws', () => fail()],
  ['rejects', async () => fail()],
])('a listener that %s, as onEvent or as a part of the target, is told of and disturbs nothing', async (_, onEvent) => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
  const target = { sizeAt: () => 2, noteArrival: onEvent, noteReplenishment: onEvent, noteTakeover: onEvent }
  const { pool } = await startPool({ target, onEvent })
  expect(await pool.claim()).not.toBeNull()
  await pool.close()
  for (const name of ['onEvent', 'the target']) {
    expect(printed).toHaveBeenCalledWith(
      expect.stringMatching(`^Could not tell ${name}: `),
      new Error('the log is down'),
    )
  }
  printed.mockRestore()
})

test('closing waits for a claim that the store is just answering, and for the end of what it took', async () => {
  const { pool, store, agents } = await startPool()
  const { claim } = store
  store.claim = async gate => {
    const taken = await claim(gate)
    await later(50)
    return taken
  }
  const claimed = pool.claim()
  const leftBehind = pool.close().then(() => agents.running())
  await vi.advanceTimersByTimeAsync(100)
  expect(await claimed).toBeNull()
  expect(await leftBehind).toEqual([])
})

test('closing waits for a canary that holds a session', async () => {
  const { pool, store, agents } = await startPool()
  const { giveBack } = store
  store.giveBack = async entry => {
    await later(50)
    await giveBack(entry)
  }
  const canary = pool.canary()
  await vi.advanceTimersByTimeAsync(10)
  const leftBehind = pool.close().then(() => agents.running())
  await vi.advanceTimersByTimeAsync(100)
  expect(await canary).toMatchObject({ isWarm: true })
  expect(await leftBehind).toEqual([])
})

test('a canary stops no session of which nobody knows whether it is back: it may be somebody’s by now', async () => {
  const { pool, store, agents } = await startPool({ target: 1 })
  const { giveBack } = store
  store.giveBack = async entry => {
    await giveBack(entry)
    throw new Error('the answer was lost')
  }
  expect(await pool.canary()).toMatchObject({ isWarm: false })
  const session = await pool.claim()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(agents.running()).toContain(session?.runtimeSessionId)
})

test('a canary waits for a store that does not answer no longer than a claim, and puts back what comes late', async () => {
  const { pool, store } = await startPool({ target: 1, claimTimeoutMs: 100 })
  const { claim } = store
  store.claim = async gate => {
    const taken = await claim(gate)
    await later(minute)
    return taken
  }
  expect(await hasSettled(pool.canary(), 100)).toBe(true)
  await vi.advanceTimersByTimeAsync(minute)
  store.claim = claim
  expect((await store.look()).entries.map(({ state }) => state)).toContain('ready')
})

test('a warm-up that may have started something in an earlier attempt is stopped when it fails', async () => {
  const agents = createFakeAgents()
  const { invoke } = agents.runtime
  let calls = 0
  agents.runtime.invoke = async (...call) => {
    if (calls++ > 0) throw failure('quota')
    await invoke(...call)
    throw failure('unreachable', true)
  }
  await startPool({ target: 1 }, agents)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(agents.count('started')).toBe(1)
  expect(agents.running()).toEqual([])
})

test('a warm-up that somebody else began is stopped when going on with it fails', async () => {
  const store = memoryStore()
  const agents = createFakeAgents()
  const [member, entry] = [aMember(), anEntry()]
  const { fence = 0 } = await store.join(member)
  await store.begin([entry], fence)
  const request = agents.runtime.warmUpRequest(entry.nonce ?? '')
  await agents.runtime.invoke(
    { id: entry.runtimeSessionId, qualifier: 'DEFAULT' },
    request,
    new AbortController().signal,
  )
  await store.leave(member)
  agents.failFromNowOn(failure('quota'))
  await startPool({ store, target: 1 }, agents)
  expect(agents.running()).toEqual([])
})

test('a session that its store lost sight of while it was warmed is stopped', async () => {
  const { store, agents, news } = await startPool({ target: 1 }, createFakeAgents({ bootMs: 1_000 }))
  const [lost] = agents.started
  await store.forget((await store.look()).entries.map(({ entry }) => entry))
  await vi.advanceTimersByTimeAsync(1_500)
  expect(news('warm-up-wasted')).toHaveLength(1)
  expect(agents.running()).not.toContain(lost?.id)
})

test('one of which the store did not say whether it took it is not stopped: it may be somebody’s by now', async () => {
  const store = memoryStore()
  const { add } = store
  let calls = 0
  store.add = async (...added) => {
    if (calls++ > 0) return 'unknown'
    await add(...added)
    throw new Error('the answer was lost')
  }
  const { pool, agents } = await startPool({ store, target: 1 })
  const session = await pool.claim()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(calls).toBeGreaterThan(1)
  expect(agents.running()).toContain(session?.runtimeSessionId)
})

test('a store that takes no news of a beat is not asked in a tight loop, nor is the agent', async () => {
  const { pool, store, agents } = await startPool({ target: 1 })
  const { update } = store
  let refused = 0
  store.update = entries => (refused++ < 500 ? Promise.reject(new Error('read only')) : update(entries))
  await vi.advanceTimersByTimeAsync(10 * minute)
  expect(agents.count('touched')).toBeGreaterThan(0)
  expect(agents.count('touched')).toBeLessThan(20)
  expect(await pool.claim()).not.toBeNull()
})

test('a beat that was answered was not missed, whatever the store says', async () => {
  const { store, news } = await startPool({ target: 1 })
  const { update } = store
  let fails = 1
  store.update = async entries => {
    await update(entries)
    if (fails-- > 0) throw new Error('the answer was lost')
  }
  await vi.advanceTimersByTimeAsync(10 * minute)
  expect(news('beat-missed')).toEqual([])
  const [waiting] = (await store.look()).entries
  expect(waiting?.entry).toMatchObject({ missedBeats: 0 })
  expect(waiting?.entry.touchedAtMs).toBeGreaterThan(waiting?.entry.bornAtMs ?? Number.NaN)
})

test('a session that a canary put back is no claim of anybody: the alarm for a pool that nobody uses rings', async () => {
  const { pool } = await startPool()
  for (let minutes = 0; minutes < 70; minutes++) {
    await pool.canary()
    await vi.advanceTimersByTimeAsync(minute)
  }
  expect(pool.stats().alarms).toHaveProperty('never-used')
})

test('a count of claims that goes down by what was put back is no store that lost its memory', async () => {
  const store = memoryStore()
  const { join } = store
  let claims = 500
  store.join = async member => ({ ...(await join(member)), claims })
  const { pool } = await startPool({ store })
  claims = 501
  await pool.canary()
  await vi.advanceTimersByTimeAsync(10 * minute)
  claims = 500
  await vi.advanceTimersByTimeAsync(60 * minute)
  expect(pool.stats().alarms).toHaveProperty('never-used')
})

test('a closed pool holds nothing, and nothing is counted on', async () => {
  const { pool } = await startPool()
  await pool.close()
  const { warmSeconds, isTending, ready } = pool.stats()
  expect({ isTending, ready }).toEqual({ isTending: false, ready: undefined })
  await vi.advanceTimersByTimeAsync(60 * minute)
  expect(pool.stats().warmSeconds).toBe(warmSeconds)
})

test('who drains a pool that it must not tend stops what waits there, too old or not, and waits for nothing else', async () => {
  const store = { ...memoryStore(), lookEveryMs: 1_000 }
  const fence = await fill(store, [anEntry({ touchedAtMs: 0 }), anEntry()])
  await store.begin([anEntry()], fence)
  const { pool, agents } = await startPool({ store, tends: false })
  expect(await hasSettled(pool.drain(), 100)).toBe(true)
  expect(agents.log).toEqual(['nothing to stop', 'nothing to stop'])
})

const methods = ['join', 'look', 'begin', 'add', 'update', 'retire', 'forget', 'leave'] as const

test.each(methods)('a store whose %s is never answered keeps nobody waiting for ever', async method => {
  const store = memoryStore()
  const agents = createFakeAgents()
  const { pool } = await startPool({ store, target: 2 }, agents)
  const answering = store[method]
  store[method] = () => new Promise<never>(() => {})
  await pool.claim()
  await vi.advanceTimersByTimeAsync(11 * minute)
  Object.assign<PoolStore, Partial<PoolStore>>(store, { [method]: answering })
  await vi.advanceTimersByTimeAsync(2 * minute)
  expect(pool.stats().ready).toBe(2)
  store[method] = () => new Promise<never>(() => {})
  expect(await hasSettled(pool.close(), 5 * minute)).toBe(true)
})
