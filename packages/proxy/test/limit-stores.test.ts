import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LimitStore } from '@warm-agent/proxy'
import { redisLimits } from '@warm-agent/proxy/limits-redis'
import { Redis } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import { createClient } from 'redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryLimits } from '../src/limits/memory-limits.ts'
import { createTestProxy, outcomeOf } from './browser.ts'
import { createFakeRuntime } from './fake-runtime.ts'

const undo: (() => unknown)[] = []
let path = ''

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'warm-agent-limits-'))
  undo.push(() => rm(folder, { recursive: true }))
  path = join(folder, 'redis.sock')
  const server = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--save', '', '--dir', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  undo.push(() => server.kill())
  for await (const line of server.stdout) if (String(line).includes('eady to accept connections')) break
})
afterAll(async () => {
  for (const each of undo.reverse()) await each()
})

function ioredis() {
  const client = new Redis(path)
  undo.push(() => client.disconnect())
  return client
}

const stores: [string, () => LimitStore | Promise<LimitStore>][] = [
  ['memory', memoryLimits],
  ['ioredis', () => redisLimits({ client: ioredis(), prefix: 'a' })],
  [
    'iovalkey',
    () => {
      const client = new Valkey(path)
      undo.push(() => client.disconnect())
      return redisLimits({ client, prefix: 'b' })
    },
  ],
  [
    'redis',
    async () => {
      const client = await createClient({ socket: { path, tls: false } }).connect()
      undo.push(() => client.destroy())
      return redisLimits({ client, prefix: 'c' })
    },
  ],
]

test.each(stores)('%s: a counter adds up, gives back, and can be read', async (_, create) => {
  const store = await create()
  expect(await store.add('one', 3, 60)).toBe(3)
  expect(await store.add('one', 2, 60)).toBe(5)
  expect(await store.add('one', -1, 60)).toBe(4)
  expect(await store.add('one', 0, 60)).toBe(4)
  expect(await store.add('another', 0, 60)).toBe(0)
})

test.each(stores)('%s: of many who come at once, as many as there are places get one', async (_, create) => {
  const store = await create()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, member) => store.hold('crowd', `${member}`, 60_000, 7)),
  )
  expect(answers.filter(left => left === 0)).toHaveLength(7)
  expect(answers.filter(left => left === undefined)).toHaveLength(13)
})

test.each(stores)('%s: who has a place keeps it, moves its end, and gives it up', async (_, create) => {
  const store = await create()
  expect(await store.hold('room', 'ann', 60_000, 1)).toBe(0)
  expect(await store.hold('room', 'bob', 60_000, 1)).toBeUndefined()
  const left = await store.hold('room', 'ann', 120_000, 1)
  expect(left).toBeGreaterThan(0)
  expect(left).toBeLessThanOrEqual(60_000)
  expect(await store.hold('room', 'ann', 0, 1)).toBeGreaterThan(60_000)
  expect(await store.hold('room', 'ann', 0, 1)).toBe(0)
  expect(await store.hold('room', 'bob', 60_000, 1)).toBe(0)
})

test.each(stores)('%s: with no places, who has one moves its end, and nobody else gets one', async (_, create) => {
  const store = await create()
  expect(await store.hold('leaving', 'ann', 60_000, 0)).toBeUndefined()
  await store.hold('leaving', 'ann', 60_000, 1)
  expect(await store.hold('leaving', 'ann', 1_000, 0)).toBeGreaterThan(50_000)
  expect(await store.hold('leaving', 'ann', 0, 0)).toBeLessThanOrEqual(1_000)
  expect(await store.hold('leaving', 'ann', 0, 0)).toBe(0)
})

test.each(stores)('%s: a place whose time is over is free', async (_, create) => {
  const store = await create()
  await store.hold('short', 'ann', 1, 1)
  await expect.poll(() => store.hold('short', 'bob', 60_000, 1)).toBe(0)
  expect(await store.hold('short', 'ann', 0, 1)).toBe(0)
})

test.each(stores)('%s: any number of places may be Infinity', async (_, create) => {
  expect(await (await create()).hold('hall', 'ann', 1000, Number.POSITIVE_INFINITY)).toBe(0)
})

test.each([
  [{ prefixx: 'a' }, 'Could not count in Redis: there is no option prefixx. See RedisLimitsOptions.'],
  [
    { client: undefined },
    'Could not use the Redis client: it is of no known kind. Give one of ioredis, iovalkey or redis.',
  ],
])('options %j of the store in Redis are refused', (wrong, message) => {
  const client = { call: async () => null }
  expect(() => redisLimits({ client, ...wrong } as never)).toThrow(message)
})

test.each(stores)('%s: what is added while a counter comes to nothing is not lost', async (_, create) => {
  const store = await create()
  await store.add('both', 5, 60)
  await Promise.all([store.add('both', -5, 60), store.add('both', 7, 60)])
  expect(await store.add('both', 0, 60)).toBe(7)
})

test('in Redis a room is kept until the last of its places ends, whoever came last', async () => {
  const client = ioredis()
  const store = redisLimits({ client, prefix: 'ends' })
  await store.hold('room', 'ann', 60_000, 2)
  await store.hold('room', 'bob', 1_000, 2)
  expect(await client.pttl('ends:room:room')).toBeGreaterThan(50_000)
})

test('two proxies with one Redis share the limits, and nothing that could be used is kept there', async () => {
  const { runtime, sessions } = createFakeRuntime()
  const client = ioredis()
  const shared = () => ({ store: redisLimits({ client, prefix: 'fleet' }), liveSessionsPerCaller: 2 })
  const [one, two] = [createTestProxy({ runtime, limits: shared() }), createTestProxy({ runtime, limits: shared() })]
  const { ticket } = await one.openWarm()
  await two.openWarm()
  expect((await one.open()).response.status).toBe(429)
  expect(outcomeOf(await one.send('hi'))).toBe('cold')
  await two.post('/sessions/close', { ticket })
  await expect.poll(async () => client.zcard('fleet:room:live:ann')).toBe(2)
  const kept: unknown[] = await client.keys('fleet:*')
  for (const key of kept.filter(each => String(each).includes(':room:')))
    kept.push(await client.zrange(String(key), '0', '-1'))
  expect(JSON.stringify(kept)).toContain('warm-')
  for (const { id } of sessions) expect(JSON.stringify(kept)).not.toContain(id)
  const ttls = await Promise.all((await client.keys('fleet:*')).map(key => client.pttl(key)))
  expect(Math.min(...ttls), 'everything that is kept ends').toBeGreaterThan(0)
})

test('of two proxies with one Redis, neither counts again what ended at the other, nor touches what the other has touched often enough', async () => {
  const { runtime, log } = createFakeRuntime()
  const client = ioredis()
  const limits = () => ({ store: redisLimits({ client, prefix: 'shared' }) })
  const [one, two] = [createTestProxy({ runtime, limits: limits() }), createTestProxy({ runtime, limits: limits() })]
  const { ticket } = await one.openWarm()
  const touched = await one.beat(ticket)
  for (const proxy of [one, two, one, two]) expect(await proxy.beat(touched.ticket)).toMatchObject({ status: 'warm' })
  expect(
    log.filter(line => line === 'vm 1 warmed'),
    'to start it, and by three beats',
  ).toHaveLength(4)
  await one.post('/sessions/close', { ticket })
  await expect.poll(() => client.zcard('shared:room:live:ann')).toBe(0)
  await two.post('/sessions/close?afterMs=900000', { ticket })
  // Whatever that notes is written before this.
  await client.ping()
  const rooms = await Promise.all(['live:ann', 'unsent:0', 'unsent:1'].map(room => client.zcard(`shared:room:${room}`)))
  expect(rooms).toEqual([0, 0, 0])
  await two.proxy.close()
})

test('a Redis that is gone keeps nobody waiting: the proxy counts for itself', async () => {
  const client = new Redis({ path: join(path, 'nowhere'), enableOfflineQueue: false, lazyConnect: true })
  client.on('error', () => {})
  undo.push(() => client.disconnect())
  const { runtime } = createFakeRuntime()
  const { openWarm, open, send, events } = createTestProxy({
    runtime,
    limits: { store: redisLimits({ client }), liveSessionsPerCaller: 1 },
  })
  const { ticket } = await openWarm()
  expect(outcomeOf(await send('hi', ticket))).toBe('warm')
  expect((await open()).response.status).toBe(429)
  expect(events.filter(({ type }) => type === 'limits-failed')).toHaveLength(1)
})
