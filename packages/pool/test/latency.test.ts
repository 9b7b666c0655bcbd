import { createWarmPool, memoryStore, type PoolStore } from '@warm-agent/pool'
import { redisStore } from '@warm-agent/pool/redis'
import { Redis } from 'ioredis'
import { afterAll, expect, test, vi } from 'vitest'
import { type RedisServer, startRedis } from '../../../test/support/redis.ts'
import { createFakeAgents } from './fake-agents.ts'
import { anEntry, fill } from './stores.ts'

let server: RedisServer | undefined
afterAll(() => server?.stop())

/** A pool that has `count` sessions and refills none. */
async function fullPool(store: PoolStore, count: number) {
  await fill(
    store,
    Array.from({ length: count }, () => anEntry()),
  )
  const pool = createWarmPool({ runtime: createFakeAgents().runtime, store, target: 0, tends: false })
  await pool.start()
  return pool
}

const median = (times: number[]) => times.toSorted((one, other) => one - other)[times.length >> 1] ?? Number.NaN

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

test('a claim from memory takes less than 0.05 ms, as a median', async () => {
  const pool = await fullPool(memoryStore(), 2_000)
  const times: number[] = []
  for (let claims = 0; claims < 2_000; claims++) times.push(await timeOf(() => pool.claim()))
  expect(pool.stats().hits).toBe(2_000)
  expect(median(times)).toBeLessThan(0.05)
})

test('a claim from a big pool that tends itself takes no longer: looks wait for the claims, not claims for the looks', async () => {
  const { runtime } = createFakeAgents()
  const pool = createWarmPool({ runtime, store: memoryStore(), target: 2_000, newSessionsPerSecond: 10_000 })
  await pool.start()
  await vi.waitFor(() => expect(pool.stats().ready).toBe(2_000), { timeout: 10_000 })
  const times: number[] = []
  for (let claims = 0; claims < 1_000; claims++) times.push(await timeOf(() => pool.claim()))
  expect(pool.stats().hits).toBe(1_000)
  expect(median(times)).toBeLessThan(0.05)
  await pool.close()
})

test('a claim from Redis takes less than twice as long as one bare command, as a median of its quietest stretch', async () => {
  server ??= await startRedis()
  const client = new Redis(server.url)
  const pool = await fullPool(redisStore({ client }), 1_500)
  // A bare command that brings as many bytes.
  await client.set('an entry', JSON.stringify(Object.values(anEntry())))
  const claims: number[] = []
  const commands: number[] = []
  for (let round = 0; round < 1_500; round++) {
    commands.push(await timeOf(() => client.get('an entry')))
    claims.push(await timeOf(() => pool.claim()))
  }
  expect(pool.stats().hits).toBe(1_500)
  // The first third warms up what compiles. Of the rest the quietest stretch counts: other tests run beside this one.
  const ratios = Array.from({ length: 10 }, (_, stretch) => {
    const [from, to] = [500 + stretch * 100, 600 + stretch * 100]
    return median(claims.slice(from, to)) / median(commands.slice(from, to))
  })
  expect(Math.min(...ratios)).toBeLessThan(2)
  await pool.close()
  client.disconnect()
})

test('200 claims a second are served from Redis, each session once', async () => {
  server ??= await startRedis()
  const client = new Redis(server.url)
  const pool = await fullPool(redisStore({ client, prefix: 'rate' }), 400)
  const claims: Promise<string | undefined>[] = []
  const startedAt = performance.now()
  while (claims.length < 400) {
    const due = Math.min(400, Math.ceil((performance.now() - startedAt) / 5))
    while (claims.length < due) claims.push(pool.claim().then(session => session?.runtimeSessionId))
    await new Promise(setImmediate)
  }
  const claimed = await Promise.all(claims)
  expect(new Set(claimed).size).toBe(400)
  expect(claimed).not.toContain(undefined)
  await pool.close()
  client.disconnect()
})
