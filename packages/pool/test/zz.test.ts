import { createWarmPool } from '@warm-agent/pool'
import { redisStore } from '@warm-agent/pool/redis'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { startRedis } from '../../../test/support/redis.ts'
import { createFakeAgents } from './fake-agents.ts'
import { anEntry, fill, gate } from './stores.ts'
const median = (times: number[]) => times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0
const timeOf = async (w: () => Promise<unknown>) => { const t = performance.now(); await w(); return performance.now() - t }
test('x', async () => {
  const server = await startRedis()
  const client = new Redis(server.url)
  const store = redisStore({ client })
  await fill(store, Array.from({ length: 1500 }, () => anEntry()))
  const pool = createWarmPool({ runtime: createFakeAgents().runtime, store, target: 0, tends: false, leaseMs: 60000 })
  await pool.start()
  const sha = await client.script('LOAD', 'return 1') as string
  const sha2 = await client.script('LOAD', "local i = redis.call('ZPOPMIN', KEYS[1])[1]; local j=redis.call('HGET', KEYS[2], i); redis.call('HDEL', KEYS[2], i); return j") as string
  const all: Record<string, number[]> = {}
  const m = async (n: string, w: () => Promise<unknown>) => { (all[n] ??= []).push(await timeOf(w)) }
  for (let r = 0; r < 500; r++) {
    await m('get', () => client.get('x'))
    await m('call get', () => client.call('GET', 'x'))
    await m('evalsha 1', () => client.call('EVALSHA', sha, '0'))
    await m('pop', () => client.call('EVALSHA', sha2, '2', '{warm-agent}:ready', '{warm-agent}:entries'))
    await m('store', () => store.claim(gate()))
    await m('pool', () => pool.claim())
  }
  console.log(Object.fromEntries(Object.entries(all).map(([k, v]) => [k, median(v)])))
  await server.stop()
  client.disconnect()
  expect(1).toBe(1)
})
