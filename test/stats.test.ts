import { afterAll, expect, test } from 'vitest'
import { startDataPlane } from '../packages/cli/test/bench/a-data-plane.ts'
import { stopAll } from './support/command.ts'
import { createPage } from './support/page.ts'
import { startRedis } from './support/redis.ts'
import { startProxy } from './support/start-proxy.ts'

afterAll(stopAll)

/** A proxy as a process of its own, with an admin port. */
async function startWithStats(env: Record<string, string>) {
  const { origin, lineMatching } = await startProxy({ WARM_AGENT_ADMIN_PORT: '0', ...env })
  const [, url = ''] = await lineMatching(/^warm-agent statistics: (.+)$/)
  return { origin, url, stats: async () => (await fetch(url)).json() }
}

test('the proxy’s admin port tells what its first messages found, and a hold-out of everybody warms nobody', async () => {
  const plane = await startDataPlane()
  const start = (more: Record<string, string>) => startWithStats({ ...plane.env, ...more })

  const warming = await start({})
  const page = createPage(warming.origin)
  await (await page.open()).end
  expect((await page.send({ prompt: 'hi' })).outcome).toBe('warm')
  await page.send({ prompt: 'again' })
  expect(await warming.stats()).toMatchObject({
    firstMessages: { total: 1, heldOut: 0, warm: 1 },
    warmUps: { started: 1, used: 1, unused: 0 },
  })

  const holdingOut = await start({ WARM_AGENT_HOLD_OUT: '1' })
  const calls = plane.calls.length
  const heldOut = createPage(holdingOut.origin)
  const refused = await fetch(`${holdingOut.origin}/api/agent/sessions`, { method: 'POST' })
  expect(refused.status).toBe(429)
  expect((await heldOut.send({ prompt: 'hi' })).outcome).toBe('cold')
  expect(plane.calls.slice(calls).filter(({ isWarmUp }) => isWarmUp)).toEqual([])
  expect(await holdingOut.stats()).toMatchObject({ firstMessages: { total: 1, heldOut: 1, cold: 0 } })
  await plane.close()
})

test('what a proxy’s own pool holds is part of its figures', async () => {
  const plane = await startDataPlane()
  const { origin, stats } = await startWithStats({ ...plane.env, WARM_AGENT_POOL: '2' })
  // It is told when the pool is looked at, which each page that takes a session out of it brings about.
  const afterAnotherPage = async () => {
    await (await createPage(origin).open()).end
    const { dollars } = await stats()
    return { isWhole: dollars.isWhole, isPaid: dollars.pool > 0 }
  }
  await expect.poll(afterAnotherPage, { interval: 200 }).toEqual({ isWhole: true, isPaid: true })
  await plane.close()
})

test('of a fleet every admin port tells the same: a page that one proxy opened and another answered is one warm visit', async () => {
  const plane = await startDataPlane()
  const redis = await startRedis()
  const env = {
    ...plane.env,
    WARM_AGENT_REDIS_URL: redis.url,
    WARM_AGENT_DOLLARS_PER_GB_HOUR: '0.5',
    WARM_AGENT_MEMORY_GB: '2',
  }
  const [one, other] = await Promise.all([startWithStats(env), startWithStats(env)])
  const page = createPage(one.origin)
  await (await page.open()).end
  expect((await page.send({ prompt: 'hi' }, other.origin)).outcome).toBe('warm')
  await page.send({ prompt: 'again' }, one.origin)
  const seen = {
    scope: 'fleet',
    firstMessages: { total: 1, warm: 1, cold: 0 },
    warmUps: { started: 1, used: 1, unused: 0, waiting: 0 },
    dollars: { pricesOf: 'yours' },
  }
  await expect.poll(one.stats).toMatchObject(seen)
  expect(await other.stats()).toMatchObject(seen)
  expect(await (await fetch(new URL('/', other.url))).text()).toContain('of the whole fleet')
  await redis.stop()
  const away = await fetch(one.url)
  expect(away.status).toBe(503)
  expect(await away.text()).toMatch(/^Could not read the statistics: [^\n]+\n$/)
  await plane.close()
})
