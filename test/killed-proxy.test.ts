import { afterAll, beforeAll, expect, test } from 'vitest'
import { stopAll } from './support/command.ts'
import { startFleet } from './support/fleet.ts'
import { createPage } from './support/page.ts'
import { type RedisServer, startRedis } from './support/redis.ts'

let redis: RedisServer
let fleet: Awaited<ReturnType<typeof startFleet>>

beforeAll(async () => {
  redis = await startRedis()
  fleet = await startFleet(2, { WARM_AGENT_REDIS_URL: redis.url })
}, 60_000)
afterAll(async () => {
  await stopAll()
  await redis.stop()
})

test('a fleet keeps what is touched anywhere, and stops what a proxy held that was killed', async () => {
  const [one = '', two = ''] = fleet.proxies
  const live = async () => (await fleet.books()).vms.filter(({ state }) => state !== 'ended')
  const [staying, leaving] = [createPage(one), createPage(one)]
  for (const page of [staying, leaving]) {
    await (await page.open()).end
    expect((await page.post('/sessions/close?afterMs=6000')).status).toBe(204)
  }
  expect((await staying.post('/sessions/beat', undefined, two)).status).toBe(200)
  await fleet.processes[0]?.stop('SIGKILL')
  expect(await live()).toHaveLength(2)
  await expect.poll(live, { timeout: 30_000 }).toHaveLength(1)
  expect((await staying.send({ prompt: 'hi' }, two)).outcome).toBe('warm')
  expect((await fleet.books()).totals.resurrected).toBe(0)
}, 60_000)
