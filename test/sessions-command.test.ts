import { redisLedger } from '@warm-agent/proxy/ledger-redis'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stopAll, warmAgentOnce } from './support/command.ts'
import { startFleet } from './support/fleet.ts'
import { createPage } from './support/page.ts'
import { type RedisServer, startRedis } from './support/redis.ts'

let redis: RedisServer
let fleet: Awaited<ReturnType<typeof startFleet>>
let env: Record<string, string>

beforeAll(async () => {
  redis = await startRedis()
  env = { WARM_AGENT_REDIS_URL: redis.url }
  fleet = await startFleet(2, env)
}, 60_000)
afterAll(async () => {
  await stopAll()
  await redis.stop()
})

const sessionsOf = async () => {
  const { stdout } = await warmAgentOnce(['sessions', '--json'], env)
  return stdout
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as { session: string; reason: string })
}
const live = async () => (await fleet.books()).vms.filter(({ state }) => state !== 'ended')

test('warm-agent sessions lists what the fleet holds, without whole ids, and stops one or all', async () => {
  expect((await warmAgentOnce(['sessions'], env)).stdout).toBe('0 sessions are held.\n')
  const [one = '', two = ''] = fleet.proxies
  const talking = createPage(one)
  await (await talking.open()).end
  await talking.send({ prompt: 'hi' })
  await (await createPage(two).open()).end
  await expect.poll(async () => (await sessionsOf()).map(({ reason }) => reason)).toEqual(['conversation', 'unsent'])

  const { stdout } = await warmAgentOnce(['sessions'], env)
  expect(stdout).toMatch(/^SESSION +AGENT +ENDPOINT +CALLER +STARTED +HELD UNTIL +WHY\n/)
  expect(stdout).toMatch(/\nwarm-[0-9a-f]{8} +default +DEFAULT +anonymous:.+ago +in 1\d?m \d+s +conversation\n/)
  for (const { sessionId } of (await fleet.books()).vms) expect(stdout).not.toContain(sessionId)

  const [first] = await sessionsOf()
  const stopped = await warmAgentOnce(['sessions', '--stop', first?.session ?? ''], env)
  expect(stopped).toMatchObject({ code: 0, stdout: `${first?.session} stopped\n` })
  expect(await live()).toHaveLength(1)
  expect((await warmAgentOnce(['sessions', '--stop', 'all'], env)).code).toBe(0)
  expect(await live()).toEqual([])
}, 60_000)

test('a session that a proxy has begun to stop and could not is stopped too', async () => {
  await (await createPage(fleet.proxies[0] ?? '').open()).end
  const client = new Redis(redis.url)
  const ledger = redisLedger({ client })
  const giveUp = async () => {
    for await (const entry of ledger.list()) {
      const heldUntil = Date.now() + 120_000
      const { is } = await ledger.write({ ...entry, version: entry.version + 1, state: 'ending', heldUntil })
      return is
    }
  }
  // Its warm-up may just be being written down.
  await expect.poll(giveUp).toBe('written')
  client.disconnect()
  const { code, stdout } = await warmAgentOnce(['sessions', '--stop', 'all', '--wait-seconds', '8'], env)
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^warm-[0-9a-f]{8} stopped\n$/)])
  expect(await live()).toEqual([])
}, 60_000)

test.each([
  [{}, [], /WARM_AGENT_REDIS_URL .* is not set/],
  [{ WARM_AGENT_REDIS_URL: 'http://user:hunter2@localhost' }, [], /no URL of a Redis/],
  [{ WARM_AGENT_REDIS_URL: 'redis://:hunter2@127.0.0.1:1' }, [], /Redis does not answer/],
] as const)('with %j it is one clear sentence, status 2, and no password', async (variables, args, message) => {
  const { code, stderr } = await warmAgentOnce(['sessions', ...args], { ...variables })
  expect(code).toBe(2)
  expect(stderr).toMatch(message)
  expect(stderr).toMatch(/^Could not .+\n$/)
  expect(stderr).not.toContain('hunter2')
})

test('a session that is not held cannot be stopped', async () => {
  expect(await warmAgentOnce(['sessions', '--stop', 'warm-00000000'], env)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Could not stop warm-00000000: no such session is held.'),
  })
})
