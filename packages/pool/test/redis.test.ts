import { createWarmPool, type PoolEvent } from '@warm-agent/pool'
import { redisStore } from '@warm-agent/pool/redis'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type RedisServer, startRedis } from '../../../test/support/redis.ts'
import { createFakeAgents } from './fake-agents.ts'
import { aMember, anEntry, fill, gate } from './stores.ts'

let server: RedisServer
let clients: Redis[] = []

beforeEach(async () => {
  server = await startRedis()
})
afterEach(async () => {
  for (const client of clients) client.disconnect()
  clients = []
  await server.stop()
})

function connect(prefix = 'test') {
  const client = new Redis(server.url, { retryStrategy: () => 20 })
  client.on('error', () => {})
  clients.push(client)
  return { client, store: redisStore({ client, prefix }) }
}

function startPool(agents = createFakeAgents(), target = 3) {
  const events: PoolEvent[] = []
  const { client, store } = connect()
  const pool = createWarmPool({
    runtime: agents.runtime,
    store,
    target,
    leaseMs: 500,
    onEvent: event => events.push(event),
  })
  const isReady = (count: number) =>
    vi.waitFor(() => expect(pool.stats().ready).toBe(count), { timeout: 5_000, interval: 10 })
  return { pool, agents, client, store, isReady, events }
}

test('a claim is one round trip', async () => {
  const { client, store } = connect()
  await fill(store, [anEntry(), anEntry()])
  await store.claim(gate())
  const sent = vi.spyOn(client, 'call')
  expect((await store.claim(gate())).entry).not.toBeNull()
  expect(sent).toHaveBeenCalledTimes(1)
})

test('scripts that an administrator flushed are loaded again, and nothing is lost', async () => {
  const { client, store } = connect()
  const entries = [anEntry(), anEntry()]
  await fill(store, entries)
  await client.script('FLUSH')
  expect((await store.claim(gate())).entry).toEqual(entries[0])
})

test('a cluster whose other nodes are asked whatever names no key: nothing is lost, and nothing goes unloaded', async () => {
  const other = await startRedis()
  try {
    const { client: owner } = connect()
    const anyNode = new Redis(other.url)
    clients.push(anyNode)
    // As a cluster's client of ioredis routes.
    const call = (name: string, ...args: string[]) => (name.startsWith('EVAL') ? owner : anyNode).call(name, ...args)
    const store = redisStore({ client: { call }, prefix: 'test' })
    const entries = [anEntry(), anEntry()]
    await fill(store, entries)
    expect((await store.claim(gate())).entry).toEqual(entries[0])
    await owner.script('FLUSH')
    await store.join(aMember())
    expect((await store.claim(gate())).entry).toEqual(entries[1])
  } finally {
    await other.stop()
  }
})

test('a user of its own needs no more than the README says, and hears what is missing', async () => {
  const { client } = connect()
  const storeOf = async (name: string, ...rights: string[]) => {
    await client.call('ACL', 'SETUSER', name, 'on', '>x', '~{test}:*', '+@all', '-@dangerous', ...rights)
    const user = new Redis(server.url, { username: name, password: 'x', enableReadyCheck: false })
    clients.push(user)
    return redisStore({ client: user, prefix: 'test' })
  }
  await expect((await storeOf('blind')).join(aMember())).rejects.toThrow(
    'Could not use the pool: Redis does not tell its run_id and master_replid. Let the client run INFO.',
  )
  const store = await storeOf('seeing', '+info')
  const entry = anEntry()
  await fill(store, [entry])
  expect((await store.claim(gate())).entry).toEqual(entry)
  await store.giveBack(entry)
  expect((await store.look()).entries).toHaveLength(1)
})

test('a pool goes on after a restart of Redis that forgot everything', async () => {
  const { pool, isReady } = startPool()
  await pool.start()
  await isReady(3)
  await server.restart()
  await vi.waitFor(async () => expect(await pool.claim()).not.toBeNull(), { timeout: 5_000 })
  await isReady(3)
  await pool.close()
})

test('a claim while Redis is down gives null in time, and the message goes cold', async () => {
  const { pool, isReady } = startPool()
  await pool.start()
  await isReady(3)
  await server.kill()
  const startedAt = performance.now()
  expect(await pool.claim()).toBeNull()
  expect(performance.now() - startedAt).toBeLessThan(3_000)
  expect(pool.stats().missesByCause.store).toBe(1)
  await server.restart()
  await pool.close()
})

test('what a Redis remembers wrongly after a restart is not handed out a second time', async () => {
  const { client, store } = connect()
  const entries = [anEntry(), anEntry(), anEntry()]
  await fill(store, entries)
  await client.save()
  const { entry } = await store.claim(gate())
  expect(entry).toEqual(entries[0])
  // It comes back as it was before the claim, as after a failover or with an append-only file that is written once a second.
  await server.restart()
  expect(await client.zcard('{test}:ready')).toBe(3)
  expect((await store.claim(gate())).entry).toBeNull()
  await store.join(aMember())
  expect((await store.look()).entries).toEqual([])
})

test('also when another pool has brought its own scripts there before', async () => {
  const { client, store } = connect()
  const other = connect('other')
  await fill(store, [anEntry()])
  await fill(other.store, [anEntry()])
  await client.save()
  await store.claim(gate())
  await server.restart()
  expect((await other.store.claim(gate())).entry).toBeNull()
  expect((await store.claim(gate())).entry).toBeNull()
})

test('a warm-up that Redis remembers wrongly is not gone on with: it may have been claimed', async () => {
  const { client, store } = connect()
  const entry = anEntry()
  const { fence = 0 } = await store.join(aMember())
  await store.begin([entry], fence)
  await client.save()
  await store.add(entry, fence)
  await store.claim(gate())
  await server.restart()
  await store.join(aMember())
  expect((await store.look()).entries).toEqual([])
})

test('claims that a restarted Redis has forgotten are not told a second time, as a flood', async () => {
  const { client, store } = connect()
  const member = aMember()
  await store.join({ ...member, arrivals: 5, misses: 1 })
  await client.save()
  await store.join({ ...member, arrivals: 1_000, misses: 9 })
  await server.restart()
  expect(await store.join({ ...member, arrivals: 1_003, misses: 9 })).toMatchObject({ arrivals: 3, misses: 0 })
})

test('a session that is given back is ready once, also when the client sends that again after the next one claimed it', async () => {
  const { client, store } = connect()
  await fill(store, [anEntry()])
  const { entry } = await store.claim(gate())
  const sending = vi.spyOn(client, 'call')
  if (entry) await store.giveBack(entry)
  const sent = sending.mock.lastCall as [string, ...string[]]
  sending.mockRestore()
  const other = connect().store
  expect((await other.claim(gate())).entry).toEqual(entry)
  // ioredis does that with what had no answer when the connection was lost.
  await client.call(...sent)
  expect((await store.claim(gate())).entry).toBeNull()
  await store.join(aMember())
  await client.call(...sent)
  expect((await store.claim(gate())).entry).toBeNull()
})

test('the fence of a restarted Redis is newer than all before', async () => {
  const { store } = connect()
  const { fence: before = 0 } = await store.join(aMember())
  await server.restart()
  const { fence: after = 0 } = await store.join(aMember())
  expect(after).toBeGreaterThan(before)
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
  const { pool, isReady } = startPool(agents, 1)
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
  const { pool } = startPool(agents, 0)
  await pool.start()
  await vi.waitFor(async () => expect((await store.look()).entries).toEqual([]), { timeout: 3_000 })
  expect(agents.log).toEqual(['nothing to stop'])
  await pool.close()
})

test('processes of two versions: the newer one’s sessions are handed out, also by the older process', async () => {
  const agents = createFakeAgents()
  const first = startPool(agents, 2)
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
    const started = startPool({ ...agents, runtime: { ...agents.runtime, identity } }, 2)
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
  const { pool, isReady, agents } = startPool()
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
  const { pool, isReady, events } = startPool(agents, 2)
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

test.each([
  ['client', {}],
  ['prefix', 'a{b'],
  ['prefix', ''],
  ['lookEveryMs', 0],
  ['url', 'redis://localhost'],
])('the option %s of %j is refused by name', (name, value) => {
  const { client } = connect()
  expect(() => redisStore({ client, [name]: value } as never)).toThrow(`Could not create the store: option ${name} is`)
})
