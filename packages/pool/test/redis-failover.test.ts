import { redisStore } from '@warm-agent/pool/redis'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type RedisServer, startRedis } from '../../../test/support/redis.ts'
import { aMember, anEntry, fill, gate } from './stores.ts'

let servers: RedisServer[]
let first: Redis
let second: Redis
let master: Redis

beforeEach(async () => {
  servers = await Promise.all([startRedis(), startRedis()])
  ;[first, second] = servers.map(({ url }) => new Redis(url)) as [Redis, Redis]
  master = first
})
afterEach(async () => {
  for (const client of [first, second]) client.disconnect()
  for (const server of servers) await server.stop()
})

/** Another process, whose client knows who is master. */
const open = () => redisStore({ client: { call: (name, ...args) => master.call(name, ...args) }, prefix: 'test' })
const ready = (node: Redis) => node.zcard('{test}:ready')

/** The one becomes a replica of the other, and has what that has. */
async function follow(replica: Redis, leader: Redis) {
  await leader.config('SET', 'repl-diskless-sync-delay', '0')
  await replica.replicaof('127.0.0.1', servers[leader === first ? 0 : 1]?.port ?? 0)
  const isInStep = async () => {
    expect(await replica.info('replication')).toContain('master_link_status:up')
    expect(await ready(replica)).toBe(await ready(leader))
  }
  await vi.waitFor(isInStep, { timeout: 5_000, interval: 20 })
}

const lead = (replica: Redis) => replica.replicaof('NO', 'ONE')

test('what a replica handed out after it had taken over is not handed out by the master of before, when that takes over again', async () => {
  const [store, sleeper] = [open(), open()]
  await fill(sleeper, [anEntry(), anEntry(), anEntry()])
  await sleeper.claim(gate())
  await follow(second, first)

  await lead(second)
  master = second
  expect((await store.claim(gate())).entry).toBeNull()
  const entries = [anEntry(), anEntry(), anEntry()]
  await fill(store, entries)
  await follow(first, second)
  // From now on the first hears of nothing.
  await lead(first)
  expect((await store.claim(gate())).entry).toEqual(entries[0])

  master = first
  expect(await ready(first)).toBe(3)
  // It never lost the scripts of its first reign, which who slept knows too.
  for (const member of [sleeper, store, open()]) expect((await member.claim(gate())).entry).toBeNull()
  const [member, fresh] = [aMember(), anEntry()]
  await store.join(member)
  expect((await store.look()).entries).toEqual([])
  await fill(store, [fresh], member)
  expect((await sleeper.claim(gate())).entry).toEqual(fresh)
})

test('a master does not hand out again what a replica, which had not heard of it, made it forget', async () => {
  const store = open()
  await fill(store, [anEntry(), anEntry()])
  await follow(second, first)
  await lead(second)
  await store.look()
  expect((await store.claim(gate())).entry).not.toBeNull()
  await follow(first, second)
  await lead(first)
  expect(await ready(first)).toBe(2)
  expect((await store.claim(gate())).entry).toBeNull()
})

test('a first replica, or a backup that attaches as one, makes nobody forget anything', async () => {
  const [store, entry] = [open(), anEntry()]
  await fill(store, [entry])
  const replid = async () => /master_replid:\w+/.exec(await first.info('replication'))?.[0]
  const before = await replid()
  await follow(second, first)
  expect(await replid()).not.toBe(before)
  await store.look()
  expect((await store.claim(gate())).entry).toEqual(entry)
})
