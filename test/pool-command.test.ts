import { afterAll, beforeAll, expect, test } from 'vitest'
import { stopAll, warmAgentOnce } from './support/command.ts'
import { startFleet } from './support/fleet.ts'
import { createPage } from './support/page.ts'
import { type RedisServer, startRedis } from './support/redis.ts'

let redis: RedisServer
let fleet: Awaited<ReturnType<typeof startFleet>>
let store: Record<string, string>

beforeAll(async () => {
  redis = await startRedis()
  store = { WARM_AGENT_POOL_STORE: redis.url }
  fleet = await startFleet(2, { ...store, WARM_AGENT_POOL: '2' })
}, 30_000)
afterAll(async () => {
  await stopAll()
  await redis.stop()
})

const waiting = async () => {
  const { stdout } = await warmAgentOnce(['pool', '--json'], store)
  return stdout
    .split('\n')
    .filter(Boolean)
    .map(line => (JSON.parse(line) as { state: string }).state)
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

  const { stdout } = await warmAgentOnce(['pool'], store)
  expect(stdout).toMatch(
    /^SESSION +ENDPOINT +STATE +VERSION +AGE +TOUCHED +EVIDENCE\n.+ +DEFAULT +ready +1 +\d+s +\d+s +observed\n/,
  )
  expect(stdout).toMatch(/\n2 of 2 sessions can be claimed\.\n$/)
  for (const { sessionId } of (await fleet.books()).vms) expect(stdout).not.toContain(sessionId)

  const drained = await warmAgentOnce(['pool', '--drain'], { ...fleet.env, ...store })
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

test.each([
  ['pool', [], {}, /WARM_AGENT_POOL_STORE .* is not set/],
  ['pool', [], { WARM_AGENT_POOL_STORE: 'http://user:hunter2@localhost' }, /no URL of a Redis/],
  ['pool', [], { WARM_AGENT_POOL_STORE: 'redis://:hunter2@127.0.0.1:1' }, /Redis does not answer/],
  ['pool', ['--drain'], { WARM_AGENT_POOL_STORE: 'redis://127.0.0.1:1' }, /AGENT_RUNTIME_ARN .* is not set/],
  ['proxy', ['--pool', '0'], {}, /"0" is not a whole number from 1/],
  ['proxy', ['--pool', 'lots'], {}, /"lots" is not a whole number/],
  ['proxy', ['--pool', 'adaptive', '--pool-ceiling', '0'], {}, /ceiling/],
  ['proxy', ['--pool-ceiling', '7'], {}, /Could not use --pool-ceiling: there is no pool/],
] as const)('%s %j with %j is one clear sentence, status 2, and no password', async (command, args, more, message) => {
  const base = {
    AGENT_RUNTIME_ARN: fleet.env.AGENT_RUNTIME_ARN ?? '',
    WARM_AGENT_SECRET: 'a secret that is long enough for it',
    PORT: '0',
  }
  const { code, stderr } = await warmAgentOnce([command, ...args], { ...(command === 'proxy' && base), ...more })
  expect(stderr).toMatch(message)
  expect(code).toBe(2)
  expect(stderr).toMatch(/^Could not .+\n$/)
  expect(stderr).not.toContain('hunter2')
})
