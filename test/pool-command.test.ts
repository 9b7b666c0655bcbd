import { redisStore } from '@warm-agent/pool/redis'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stopAll, warmAgentOnce } from './support/command.ts'
import { startFleet } from './support/fleet.ts'
import { createPage } from './support/page.ts'
import { type RedisServer, startRedis } from './support/redis.ts'

let redis: RedisServer
let fleet: Awaited<ReturnType<typeof startFleet>>
let client: Redis
let settings: Record<string, string>

beforeAll(async () => {
  redis = await startRedis()
  client = new Redis(redis.url)
  settings = { WARM_AGENT_POOL_STORE: redis.url }
  fleet = await startFleet(2, { ...settings, WARM_AGENT_POOL: '2' })
  settings = { ...settings, AGENT_RUNTIME_ARN: fleet.env.AGENT_RUNTIME_ARN ?? '' }
}, 60_000)
afterAll(async () => {
  await stopAll()
  client.disconnect()
  await redis.stop()
})

/** Not by the command: each of its runs takes as long as a process takes to start. */
const waiting = async () => {
  const store = redisStore({ client }).ofRuntime?.(settings.AGENT_RUNTIME_ARN ?? '')
  return (await store?.look())?.entries.map(({ state }) => state)
}
const started = async () => (await fleet.books()).vms.length
const live = async () => (await fleet.books()).vms.filter(({ state }) => state !== 'ended').length

test('two proxies share a pool: pages are given its sessions, it is filled again, shown and drained', async () => {
  await expect.poll(waiting, { timeout: 10_000 }).toEqual(['ready', 'ready'])
  expect(await started()).toBe(2)

  const pages = fleet.proxies.map(createPage)
  const opened = await Promise.all(pages.map(async page => (await page.open()).end))
  expect(opened).toMatchObject([{ data: { source: 'pool' } }, { data: { source: 'pool' } }])
  for (const page of pages) expect(await page.send({ prompt: 'hi' })).toMatchObject({ outcome: 'warm' })
  await expect.poll(waiting, { timeout: 10_000 }).toEqual(['ready', 'ready'])
  expect(await started()).toBe(4)

  const [table, lines] = await Promise.all([
    warmAgentOnce(['pool'], settings),
    warmAgentOnce(['pool', '--json'], settings),
  ])
  const described = lines.stdout.trim().split('\n')
  expect(described.map(line => JSON.parse(line))).toMatchObject([{ state: 'ready' }, { state: 'ready', version: '1' }])
  const { stdout } = table
  expect(stdout).toMatch(
    /^SESSION +ENDPOINT +STATE +VERSION +AGE +TOUCHED +EVIDENCE\n.+ +DEFAULT +ready +1 +\d+s +\d+s +observed\n/,
  )
  expect(stdout).toMatch(/\n2 of 2 sessions can be claimed\.\n$/)
  for (const { sessionId } of (await fleet.books()).vms) expect(stdout + lines.stdout).not.toContain(sessionId)

  const another = { ...fleet.env, ...settings, AGENT_RUNTIME_ARN: `${settings.AGENT_RUNTIME_ARN?.slice(0, -1)}z` }
  expect(await warmAgentOnce(['pool', '--drain'], another)).toMatchObject({
    code: 0,
    stdout: '0 sessions were taken out of the pool and stopped.\n',
  })
  expect(await waiting()).toEqual(['ready', 'ready'])

  const drained = await warmAgentOnce(['pool', '--drain'], { ...fleet.env, ...settings })
  expect(drained).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d sessions? w.+ taken out of the pool and stopped\.\n$/),
  })
  // Both of the pages live on; the pool is filled again by the proxies.
  await expect.poll(waiting, { timeout: 10_000 }).toEqual(['ready', 'ready'])
  expect(await started()).toBeGreaterThanOrEqual(6)

  for (const { stop } of fleet.processes) expect(await stop()).toBe(0)
  // The last proxy has stopped what waited; the two conversations idle out, unless their pages close them.
  expect(await live()).toBe(2)
}, 60_000)

test('a store that cannot be reached is one sentence without its password, and the process ends', async () => {
  const unreachable = { ...settings, WARM_AGENT_POOL_STORE: 'redis://:hunter2@127.0.0.1:1' }
  const { code, stderr } = await warmAgentOnce(['pool'], unreachable)
  expect(stderr).toMatch(/^Could not look into the pool: Redis does not answer[^\n]+\n$/)
  expect(stderr).not.toContain('hunter2')
  expect(code).toBe(2)
})
