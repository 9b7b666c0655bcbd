import { once } from 'node:events'
import { createServer } from 'node:net'
import { redisStore } from '@warm-agent/pool/redis'
import type { SessionLedger } from '@warm-agent/proxy'
import { redisLedger } from '@warm-agent/proxy/ledger-redis'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { listenLocally } from '../../../test/support/listen-locally.ts'
import { type RedisServer, startRedis } from '../../../test/support/redis.ts'
import { aMember, anEntry, fill } from '../../pool/test/stores.ts'
import { connectToRedis } from '../src/redis.ts'
import { runCaptured } from './run-captured.ts'

let redis: RedisServer
let client: Redis

beforeAll(async () => {
  redis = await startRedis()
  client = new Redis(redis.url)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
})
afterAll(async () => {
  client.disconnect()
  await redis.stop()
})

const arn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5'

function stub(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
}

const commands: [variable: string, ...args: string[]][] = [
  ['WARM_AGENT_REDIS_URL', 'sessions', '--stop', 'all', '--wait-seconds', '1'],
  ['WARM_AGENT_REDIS_URL', 'proxy'],
  ['WARM_AGENT_REDIS_URL', 'doctor', '--free'],
  ['WARM_AGENT_POOL_STORE', 'pool', '--drain'],
  ['WARM_AGENT_POOL_STORE', 'proxy', '--pool', '1'],
]

async function refusalOf(url: string, [variable, ...args]: (typeof commands)[number]): Promise<string> {
  vi.unstubAllEnvs()
  stub({ AGENT_RUNTIME_ARN: arn, WARM_AGENT_SECRET: 'thirty-two bytes or more of something random', PORT: '0' })
  stub({ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', [variable]: url })
  const { status, stderr } = await runCaptured(...args)
  expect(status).toBe(2)
  expect(stderr).toMatch(new RegExp(`^Could not [^\n]*${variable}[^\n]*\n$`))
  expect(stderr).not.toContain('hunter2')
  return stderr
}

const session = { id: 'warm-11111111-1111-4111-8111-111111111111', qualifier: 'DEFAULT' }

async function hold(ledger: SessionLedger): Promise<void> {
  const now = Date.now()
  const times = { bornAt: now, touchedAt: now, heldUntil: now + 600_000, endsAt: now + 600_000, isSent: false }
  const whose = { agent: 'default', callerId: 'ann', holder: 'a proxy', session }
  await ledger.write({ ...times, ...whose, version: 1, isWarm: true, reason: 'unsent', state: 'held' })
}

test.each(['/abc', '/-1', '/0/1', '/%', '?db=abc'])('a URL that ends in %s is refused', async end => {
  for (const command of commands) {
    expect(await refusalOf(`redis://:hunter2@127.0.0.1:1${end}`, command)).toMatch(/no URL of a Redis/)
  }
})

test.each(['redis:6379', 'redis://:hunter2%@127.0.0.1:1'])('%s is refused', async url => {
  for (const command of commands) expect(await refusalOf(url, command)).toMatch(/no URL of a Redis/)
})

test.each(commands.map(command => [command.slice(1).join(' '), command] as const))(
  '%s refuses a database that Redis does not have, and leaves that of another fleet alone',
  async (_, command) => {
    await client.flushall()
    const ledger = redisLedger({ client })
    await hold(ledger)
    const store = redisStore({ client }).ofRuntime?.(arn)
    if (store) await fill(store, [anEntry()])
    const before = (await client.keys('*')).sort()
    expect(await refusalOf(`${redis.url}/99`, command)).toMatch(/does not give its database 99 .*out of range/)
    expect((await client.keys('*')).sort()).toEqual(before)
    expect(await ledger.read(session)).toMatchObject({ state: 'held' })
    expect(await store?.look()).toMatchObject({ entries: [{ state: 'ready' }] })
  },
)

test.each([
  ['a wrong password', ':hunter2@'],
  ['no password', ''],
])('%s is told in a sentence', async (_, password) => {
  const locked = await startRedis()
  const admin = new Redis(locked.url)
  await admin.config('SET', 'requirepass', 'a password')
  for (const command of commands) {
    expect(await refusalOf(locked.url.replace('//', `//${password}`), command)).toMatch(
      /refuses its user or its password/,
    )
  }
  admin.disconnect()
  await locked.stop()
})

test('a Redis that goes away while a command waits is told in a sentence', async () => {
  const leaving = await startRedis()
  const admin = new Redis(leaving.url)
  admin.on('error', () => {})
  const ledger = redisLedger({ client: admin })
  await hold(ledger)
  const stopping = refusalOf(leaving.url, ['WARM_AGENT_REDIS_URL', 'sessions', '--stop', 'all'])
  await vi.waitUntil(async () => (await ledger.read(session))?.state === 'ending')
  await leaving.restart()
  expect(await stopping).toMatch(/Could not see whether the sessions are stopped: Redis does not answer/)

  const store = redisStore({ client: admin }).ofRuntime?.(arn)
  const { fence = 0 } = (await store?.join(aMember())) ?? {}
  await store?.begin([anEntry()], fence)
  const draining = refusalOf(leaving.url, ['WARM_AGENT_POOL_STORE', 'pool', '--drain'])
  const [members = ''] = await admin.keys('*:members')
  await vi.waitUntil(async () => (await admin.zcard(members)) === 2)
  await leaving.kill()
  expect(await draining).toMatch(/Could not drain the pool: Redis does not answer/)
  admin.disconnect()
  await leaving.stop()
})

test('what is no session in the pool of a fleet is dropped and told, by the command that shows the pool too', async () => {
  await client.flushall()
  const store = redisStore({ client }).ofRuntime?.(arn) ?? redisStore({ client })
  await fill(store, [anEntry()])
  const [ready = ''] = await client.keys('*:ready')
  await client.zadd(ready, 1, '[null]')
  stub({ AGENT_RUNTIME_ARN: arn, WARM_AGENT_POOL_STORE: redis.url })
  const first = await runCaptured('pool')
  expect(first.stdout).toMatch(/1 of 1 sessions can be claimed/)
  expect(first.stderr).toMatch(/^Dropped from the pool: 1 value without the shape of a session\. Let /)
  expect((await runCaptured('pool')).stderr).toBe('')
})

test('a database that is refused when it is connected to again is not exchanged for database 0', async () => {
  await client.flushall()
  await client.acl('SETUSER', 'app', 'on', '>password', '~*', '+@all')
  const app = await connectToRedis(`${redis.url.replace('//', '//app:password@')}/3`, 'X', true)
  await app.set('a', 'before')
  await client.acl('SETUSER', 'app', '-select')
  const lost = once(app, 'close')
  await client.client('KILL', 'USER', 'app')
  await lost
  await expect(app.set('a', 'meanwhile')).rejects.toThrow()
  expect(await client.dbsize()).toBe(0)
  await client.acl('SETUSER', 'app', '+select')
  await vi.waitFor(() => app.set('a', 'after'), { timeout: 10_000 })
  expect(await client.dbsize()).toBe(0)
  app.disconnect()
})

test('a server does not wait for a Redis that accepts and says nothing', async () => {
  const silent = createServer(socket => socket.resume())
  const { port } = await listenLocally(silent)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const connecting = connectToRedis(`redis://127.0.0.1:${port}`, 'X', true)
  let isOver = false
  void connecting.then(() => {
    isOver = true
  })
  while (!isOver) await vi.advanceTimersByTimeAsync(1_000)
  const app = await connecting
  app.disconnect()
  silent.close()
})
