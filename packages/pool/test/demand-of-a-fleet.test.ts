import {
  adaptiveTarget,
  createWarmPool,
  memoryStore,
  type PoolEvent,
  type PoolStore,
  type PoolTarget,
} from '@warm-agent/pool'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { createFakeAgents } from './fake-agents.ts'
import { closeServers, storeKinds } from './stores.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each()
})
afterAll(closeServers)

const shared = Object.entries(storeKinds).filter(([kind]) => kind !== 'sqs')

test('a process that slept does not take what it missed for a burst', async () => {
  const shared = memoryStore()
  const { runtime } = createFakeAgents()
  let arrivals = 0
  let wakeUp = () => {}
  let sleep: Promise<void> | undefined
  const join: PoolStore['join'] = async member => {
    await sleep
    return shared.join(member)
  }
  const sleepy = createWarmPool({
    runtime,
    store: { ...shared, lookEveryMs: 20, join },
    target: { sizeAt: () => 0, noteArrival: () => arrivals++ },
    leaseMs: 100,
  })
  const claimer = createWarmPool({ runtime, store: { ...shared, lookEveryMs: 20 }, target: 0, tends: false })
  undo.push(
    () => sleepy.close(),
    () => claimer.close(),
  )
  await sleepy.start()
  await claimer.start()
  await claimer.claim()
  await vi.waitFor(() => expect(arrivals).toBe(1))

  sleep = new Promise(resolve => {
    wakeUp = resolve
  })
  for (let claims = 0; claims < 50; claims++) await claimer.claim()
  const told = async () => (await shared.join({ id: 'x', version: '1', tends: false, leaseMs: 1 })).arrivals
  await vi.waitFor(async () => expect(await told()).toBe(51))
  const sleptAtMs = Date.now()
  await vi.waitFor(() => expect(Date.now() - sleptAtMs).toBeGreaterThan(200))
  wakeUp()
  sleep = undefined
  // What comes from now on counts again.
  await vi.waitFor(async () => {
    await claimer.claim()
    expect(arrivals).toBeGreaterThan(1)
  })
  expect(arrivals).toBeLessThan(50)
})

describe.each(shared)('a fleet on one %s store', (_, openStore) => {
  /** One process that tends the pool and is asked for nothing, and one that only claims. */
  async function startFleet(target: number | PoolTarget) {
    const open = await openStore()
    undo.push(open.close)
    const agents = createFakeAgents()
    const events: PoolEvent[] = []
    const start = async (tends: boolean) => {
      const pool = createWarmPool({
        runtime: agents.runtime,
        store: await open.connect(),
        target,
        tends,
        leaseMs: 1_000,
        // Claims are repeated here until one finds a session: each that does not would take its part of it.
        newSessionsPerSecond: 1_000,
        onEvent: event => events.push(event),
      })
      undo.push(() => pool.close())
      await pool.start()
      return pool
    }
    return { tender: await start(true), claimer: await start(false), another: () => start(true), events }
  }

  test('claims that find the pool empty elsewhere make it grow', async () => {
    const { tender, claimer } = await startFleet(adaptiveTarget({ floor: 0 }))
    expect(await claimer.claim()).toBeNull()
    await vi.waitFor(async () => expect(await claimer.claim()).not.toBeNull(), { timeout: 5_000 })
    expect(tender.stats()).toMatchObject({ hits: 0, misses: 0, isTending: true })
    expect(tender.stats().target).toBeGreaterThan(0)
  })

  test('the target is told of every claim once, whoever was asked, and whether it found a session or not', async () => {
    let arrivals = 0
    const { tender, claimer } = await startFleet({ sizeAt: () => 2, noteArrival: () => arrivals++ })
    const own = 4
    const elsewhere = 9
    // The claimer's own target is the same one.
    const expected = own + 2 * elsewhere + own
    await Promise.all(Array.from({ length: own }, () => tender.claim()))
    await Promise.all(Array.from({ length: elsewhere }, () => claimer.claim()))
    await vi.waitFor(() => expect(arrivals).toBe(expected), { timeout: 5_000 })
    await claimer.close()
    expect(arrivals).toBe(expected)
  })

  test('what is claimed elsewhere is refilled, and by another process when the first one closes', async () => {
    const { tender, claimer, another } = await startFleet(3)
    const takeThree = () =>
      vi.waitFor(async () => {
        const claimed = [await claimer.claim(), await claimer.claim(), await claimer.claim()]
        expect(claimed).not.toContain(null)
      })
    for (let rounds = 0; rounds < 3; rounds++) await takeThree()
    const successor = await another()
    expect(successor.stats().isTending).toBe(false)
    await takeThree()
    await tender.close()
    await vi.waitFor(() => expect(successor.stats().isTending).toBe(true), { timeout: 5_000 })
    await takeThree()
  })

  test('the alarm of whoever tends rings for the misses of the others', async () => {
    const { tender, claimer } = await startFleet(0)
    for (let claims = 0; claims < 20; claims++) await claimer.claim()
    await vi.waitFor(() => expect(tender.stats().alarms).toHaveProperty('hit-ratio-low'), { timeout: 5_000 })
  })
})
