import { redisStore } from '@warm-agent/pool/redis'
import { Redis } from 'ioredis'
import { expect, test, vi } from 'vitest'
import { startRedis } from '../../../test/support/redis.ts'
import { redisForEachTest } from './redis-for-each-test.ts'
import { aMember, anEntry, fill, gate } from './stores.ts'

const { connect, server, closeLater } = redisForEachTest()

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
    closeLater(anyNode)
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
    const user = new Redis(server().url, { username: name, password: 'x', enableReadyCheck: false })
    closeLater(user)
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

test('what a Redis remembers wrongly after a restart is not handed out a second time', async () => {
  const { client, store } = connect()
  const entries = [anEntry(), anEntry(), anEntry()]
  await fill(store, entries)
  await client.save()
  const { entry } = await store.claim(gate())
  expect(entry).toEqual(entries[0])
  // It comes back as it was before the claim, as after a failover or with an append-only file that is written once a second.
  await server().restart()
  expect(await client.zcard('{test}:ready')).toBe(3)
  expect((await store.claim(gate())).entry).toBeNull()
  await store.join(aMember())
  expect((await store.look()).entries).toEqual([])
})

test('a claim that a restarted Redis forgot is not handed out either when another pool has brought its scripts there before', async () => {
  const { client, store } = connect()
  const other = connect('other')
  await fill(store, [anEntry()])
  await fill(other.store, [anEntry()])
  await client.save()
  await store.claim(gate())
  await server().restart()
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
  await server().restart()
  await store.join(aMember())
  expect((await store.look()).entries).toEqual([])
})

test('claims that a restarted Redis has forgotten are not told a second time, as a flood', async () => {
  const { client, store } = connect()
  const member = aMember()
  await store.join({ ...member, arrivals: 5, misses: 1 })
  await client.save()
  await store.join({ ...member, arrivals: 1_000, misses: 9 })
  await server().restart()
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
  await server().restart()
  const { fence: after = 0 } = await store.join(aMember())
  expect(after).toBeGreaterThan(before)
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
