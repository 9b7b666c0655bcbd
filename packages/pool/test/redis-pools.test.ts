import { createWarmPool, type PoolEvent } from '@warm-agent/pool'
import { redisStore } from '@warm-agent/pool/redis'
import { expect, test, vi } from 'vitest'
import { createFakeAgents } from './fake-agents.ts'
import { redisForEachTest } from './redis-for-each-test.ts'
import { aMember, anEntry, fill, unreadable } from './stores.ts'

const { connect, server } = redisForEachTest()

function createPool(agents = createFakeAgents(), target = 3) {
  const events: PoolEvent[] = []
  const pool = createWarmPool({
    runtime: agents.runtime,
    store: connect().store,
    target,
    leaseMs: 500,
    onEvent: event => events.push(event),
  })
  const isReady = (count: number) =>
    vi.waitFor(() => expect(pool.stats().ready).toBe(count), { timeout: 5_000, interval: 10 })
  return { pool, agents, isReady, events }
}

test('a pool goes on after a restart of Redis that forgot everything', async () => {
  const { pool, isReady } = createPool()
  await pool.start()
  await isReady(3)
  await server().restart()
  await vi.waitFor(async () => expect(await pool.claim()).not.toBeNull(), { timeout: 5_000 })
  await isReady(3)
  await pool.close()
})

test('a claim while Redis is down gives null in time, and the message goes cold', async () => {
  const { pool, isReady } = createPool()
  await pool.start()
  await isReady(3)
  await server().kill()
  const startedAt = performance.now()
  expect(await pool.claim()).toBeNull()
  expect(performance.now() - startedAt).toBeLessThan(3_000)
  expect(pool.stats().missesByCause.store).toBe(1)
  await server().restart()
  await pool.close()
})

test('a warm-up that its member did not live to end is gone on with: same session, one VM', async () => {
  const { store } = connect()
  const agents = createFakeAgents()
  const orphan = anEntry({ nonce: 'the first nonce' })
  const { fence = 0 } = await store.join(aMember({ leaseMs: 100 }))
  await store.begin([orphan], fence)
  await agents.runtime.invoke(
    { id: orphan.runtimeSessionId, qualifier: 'DEFAULT' },
    agents.runtime.warmUpRequest('the first nonce'),
    new AbortController().signal,
  )
  const { pool, isReady } = createPool(agents, 1)
  await pool.start()
  await isReady(1)
  expect(await pool.claim()).toMatchObject({ runtimeSessionId: orphan.runtimeSessionId, evidence: 'observed' })
  await pool.close()
})

test('what its member did not live to stop is stopped', async () => {
  const { store } = connect()
  const agents = createFakeAgents()
  const left = anEntry()
  const fence = await fill(store, [left], aMember({ leaseMs: 100 }))
  await store.retire([left], fence)
  const { pool } = createPool(agents, 0)
  await pool.start()
  await vi.waitFor(async () => expect((await store.look()).entries).toEqual([]), { timeout: 3_000 })
  expect(agents.log).toEqual(['nothing to stop'])
  await pool.close()
})

test('processes of two versions: the newer one’s sessions are handed out, also by the older process', async () => {
  const agents = createFakeAgents()
  const first = createPool(agents, 2)
  await first.pool.start()
  await first.isReady(2)
  const old = agents.running()
  const { client, store } = connect()
  const second = createWarmPool({ runtime: agents.runtime, store, target: 2, version: '2', leaseMs: 500 })
  await second.start()
  await vi.waitFor(() => expect(second.stats().ready).toBe(2), { timeout: 5_000 })
  await vi.waitFor(() => expect(agents.running()).toHaveLength(2), { timeout: 5_000 })
  const claimed = [await first.pool.claim(), await second.claim()]
  for (const session of claimed) expect(old).not.toContain(session?.runtimeSessionId ?? old[0])
  expect(await client.get('{test}:current')).toBe('2')
  await Promise.all([first.pool.close(), second.close()])
  expect(agents.running().toSorted()).toEqual(claimed.map(session => session?.runtimeSessionId).toSorted())
})

test('a deploy to another runtime begins a pool of its own; the last process of the former stops what waits there', async () => {
  const start = async (identity: string) => {
    const agents = createFakeAgents()
    const started = createPool({ ...agents, runtime: { ...agents.runtime, identity } }, 2)
    await started.pool.start()
    await started.isReady(2)
    return started
  }
  const former = await start('arn:former')
  const next = await start('arn:next')
  const ids = next.agents.running()
  for (let claims = 0; claims < 2; claims++) expect(ids).toContain((await next.pool.claim())?.runtimeSessionId)
  await vi.waitFor(() => expect(next.agents.running()).toHaveLength(4), { timeout: 5_000 })
  await former.pool.close()
  expect(former.agents.running()).toEqual([])
  expect(next.agents.running()).toHaveLength(4)
  await next.pool.close()
})

test.each([
  ['strings', (answer: unknown) => answer],
  ['buffers', toBuffers],
])('a client that answers with %s leaves nothing behind', async (_, read) => {
  const { client } = connect()
  const agents = createFakeAgents()
  const sendCommand = async ([name = '', ...args]: string[]) => read(await client.call(name, ...args))
  const store = redisStore({ client: { sendCommand } })
  const pool = createWarmPool({ runtime: agents.runtime, store, target: 2 })
  await pool.start()
  await vi.waitFor(() => expect(pool.stats().ready).toBe(2), { timeout: 5_000 })
  const claimed = await pool.claim()
  await pool.close()
  expect(agents.running()).toEqual([claimed?.runtimeSessionId])
})

function toBuffers(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(toBuffers)
  return typeof answer === 'string' ? Buffer.from(answer) : answer
}

test('another process can drain what the one that tends has filled', async () => {
  const { pool, isReady, agents } = createPool()
  await pool.start()
  await isReady(3)
  const { store } = connect()
  const operator = createWarmPool({ runtime: agents.runtime, store, target: 0, tends: false })
  expect(await operator.drain()).toBe(3)
  expect(agents.count('stopped')).toBe(3)
  await operator.close()
  await pool.close()
})

test('a pool whose last tender was killed is drained to the end: also what it was warming, and what is old', async () => {
  const { store } = connect()
  const agents = createFakeAgents()
  const killed = aMember({ leaseMs: 300 })
  await fill(store, [anEntry()], aMember({ leaseMs: 1 }))
  const fence = await fill(store, [anEntry({ version: '2' })], { ...killed, version: '2' })
  await store.begin([anEntry({ version: '2' })], fence)
  const states = async () => (await store.look()).entries.map(({ state }) => state)
  expect(await states()).toEqual(['ready', 'warming', 'old'])
  const operator = createWarmPool({ runtime: agents.runtime, store, target: 0, version: '2', leaseMs: 500 })
  expect(await operator.drain()).toBe(3)
  expect(await states()).toEqual([])
  await operator.close()
})

test('a drain that is closed in the middle stops what it has taken, and takes no more', async () => {
  const { store } = connect()
  const { runtime } = createFakeAgents()
  await fill(store, [anEntry(), anEntry(), anEntry()])
  let begin = () => {}
  let end = () => {}
  const hasBegun = new Promise<void>(resolve => (begin = resolve))
  const mayEnd = new Promise<void>(resolve => (end = resolve))
  const stop = async () => {
    begin()
    await mayEnd
  }
  const operator = createWarmPool({ runtime: { ...runtime, stop }, store, target: 0, leaseMs: 500 })
  const drained = operator.drain()
  await hasBegun
  const closed = operator.close({ sessions: 'keep' })
  end()
  expect(await drained).toBe(1)
  await closed
  expect((await store.look()).entries.map(({ state }) => state)).toEqual(['ready', 'ready'])
})

test('draining a pool that a living process tends takes what that warms when it is ready, and not its lease', async () => {
  const agents = createFakeAgents({ bootMs: 300 })
  const { pool, isReady, events } = createPool(agents, 2)
  await pool.start()
  const { store } = connect()
  const states = async () => (await store.look()).entries.map(({ state }) => state)
  expect(await states()).toEqual(['warming', 'warming'])
  const operator = createWarmPool({ runtime: agents.runtime, store, target: 0, leaseMs: 2_000 })
  expect(await operator.drain()).toBe(2)
  await operator.close({ sessions: 'keep' })
  await isReady(2)
  expect(agents.count('started')).toBe(4)
  expect(events.map(({ type }) => type)).not.toContain('tending-ended')
  await pool.close()
})

const droppedAtClaim = {
  type: 'store-failed',
  during: 'a claim',
  cause: new Error(
    'Could not use all that the store held: 1 entry had not the shape of a session, and went. Let nothing but pools write there.',
  ),
}

test.each(unreadable)(
  'what cannot be a session, %j, is dropped by a claim, told, and the next one is handed out',
  async bad => {
    const { pool, isReady, events } = createPool(createFakeAgents(), 1)
    await pool.start()
    await isReady(1)
    const { client } = connect()
    await client.zadd('{test}:ready', 1, bad)
    expect(await pool.claim()).toMatchObject({ qualifier: 'DEFAULT' })
    expect(events).toContainEqual(expect.objectContaining(droppedAtClaim))
    await isReady(1)
    await pool.close()
  },
)

test('what cannot be a session does not stand in the way of filling, draining and closing, wherever it lies, and is gone', async () => {
  const { client } = connect()
  const poison = async () => {
    for (const bad of unreadable) await client.zadd('{test}:ready', 1, bad)
    for (const hash of ['entries', 'warming', 'old', 'stopping']) {
      for (const [index, bad] of unreadable.entries()) await client.hset(`{test}:${hash}`, `id ${index}`, bad)
    }
  }
  const left = async () => {
    const values = await Promise.all(
      ['entries', 'warming', 'old', 'stopping'].map(hash => client.hvals(`{test}:${hash}`)),
    )
    return [...values.flat(), ...(await client.zrange('{test}:ready', '0', '-1'))].filter(each =>
      unreadable.includes(each),
    )
  }
  const { pool, agents, isReady, events } = createPool(createFakeAgents(), 2)
  await connect().store.join(aMember({ leaseMs: 1 }))
  await poison()
  await pool.start()
  await isReady(2)
  await vi.waitFor(async () => expect(await left()).toEqual([]), { timeout: 3_000 })
  expect(events).toContainEqual(expect.objectContaining({ type: 'store-failed', during: 'a look at the pool' }))
  await poison()
  expect(await pool.drain()).toBeGreaterThanOrEqual(2)
  expect(await left()).toEqual([])
  await isReady(2)
  await poison()
  await pool.close()
  expect(await left()).toEqual([])
  expect(agents.running()).toEqual([])
})

test('a process that does not tend the pool drains it past what cannot be a session', async () => {
  const { pool, isReady, agents } = createPool()
  await pool.start()
  await isReady(3)
  const { client, store } = connect()
  for (const bad of unreadable) await client.zadd('{test}:ready', 1, bad)
  const operator = createWarmPool({ runtime: agents.runtime, store, target: 0, tends: false })
  expect(await operator.drain()).toBe(3)
  await operator.close()
  await pool.close()
})
