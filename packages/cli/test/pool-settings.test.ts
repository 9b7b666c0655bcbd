import { createServer } from 'node:net'
import { redisStore } from '@warm-agent/pool/redis'
import { Redis } from 'ioredis'
import { afterEach, expect, test, vi } from 'vitest'
import { listenLocally } from '../../../test/support/listen-locally.ts'
import { startRedis } from '../../../test/support/redis.ts'
import { anEntry } from '../../pool/test/stores.ts'
import { runCaptured } from './run-captured.ts'

afterEach(() => void vi.unstubAllEnvs())

const proxy = {
  AGENT_RUNTIME_ARN: 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5',
  WARM_AGENT_SECRET: 'thirty-two bytes or more of something random',
  PORT: '0',
}
const nowhere = { WARM_AGENT_POOL_STORE: 'redis://:hunter2@127.0.0.1:1' }

test.each([
  [['pool'], proxy, /WARM_AGENT_POOL_STORE .* is not set/],
  [['pool'], { ...proxy, WARM_AGENT_POOL_STORE: 'http://user:hunter2@localhost' }, /no URL of a Redis/],
  [['pool'], { ...proxy, ...nowhere }, /Redis does not answer/],
  [['pool'], nowhere, /AGENT_RUNTIME_ARN .* is not set/],
  [
    ['pool', '--drain', '--agent-runtime-auth', 'oauth'],
    { ...proxy, ...nowhere },
    /drain.*Set AGENT_RUNTIME_TOKEN_FILE/,
  ],
  [['proxy', '--pool', '3', '--agent-runtime-auth', 'oauth'], proxy, /use WARM_AGENT_POOL .*AGENT_RUNTIME_TOKEN_FILE/],
  [['pool', '--drain'], { ...proxy, ...nowhere }, /Redis does not answer/],
  [['proxy', '--pool', '0'], proxy, /"0" is not a whole number from 1/],
  [['proxy', '--pool', 'lots'], proxy, /"lots" is not a whole number/],
  [['proxy', '--pool', 'adaptive', '--pool-ceiling', '0'], proxy, /--pool-ceiling\): "0" is not a whole number from 1/],
  [
    ['proxy', '--pool', '20', '--pool-ceiling', '5'],
    proxy,
    /Could not use WARM_AGENT_POOL_CEILING \(or --pool-ceiling\): .*Give --pool adaptive/,
  ],
  [['proxy', '--pool', '20', '--pool-miss-rate', '0.01'], proxy, /-miss-rate\): .*adaptive/],
  [['proxy', '--pool', '2', '--pool-new-sessions-per-second', '0'], proxy, /--pool-new-sessions-per-second\): "0"/],
  [['proxy', '--pool-new-sessions-per-second', '5'], proxy, /-new-sessions-per-second\): there is no pool/],
  [['proxy', '--pool', '2', '--pool-prefix', '{a}'], { ...proxy, ...nowhere }, /--pool-prefix\): "\{a\}"/],
  [['proxy', '--pool', '2', '--pool-prefix', ''], { ...proxy, ...nowhere }, /--pool-prefix\): ""/],
  [['proxy', '--pool', '2', '--pool-version', ''], { ...proxy, ...nowhere }, /--pool-version\): it has 0 char/],
  [['proxy', '--pool', '2', '--pool-version', 'x'.repeat(201)], { ...proxy, ...nowhere }, /it has 201 characters/],
  [['pool', '--pool-prefix', 'a b'], { ...proxy, ...nowhere }, /--pool-prefix\): "a b"/],
  [['proxy', '--pool', 'adaptive', '--pool-miss-rate', '1'], proxy, /miss-rate/i],
  [['proxy', '--pool-ceiling', '7'], proxy, /-pool-ceiling\): there is no pool/],
  [['proxy'], { ...proxy, WARM_AGENT_POOL_CEILING: '7' }, /use WARM_AGENT_POOL_CEILING \(or --pool-ceiling\): there/],
  [['proxy', '--pool-store', 'redis://:hunter2@localhost'], proxy, /-pool-store\): there is no pool/],
] as const)('%j with %j is one clear sentence, status 2, and no password', async (args, env, message) => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const { status, stderr } = await runCaptured(...args)
  expect(stderr).toMatch(message)
  expect(stderr).toMatch(/^Could not [^\n]+\n$/)
  expect(stderr).not.toContain('hunter2')
  expect(status).toBe(2)
})

test.each([
  [['pool'], 'WARM_AGENT_POOL_STORE'],
  [['sessions'], 'WARM_AGENT_REDIS_URL'],
])('%j ends when Redis accepts and says nothing, with one clear sentence', async (args, variable) => {
  const silent = createServer(socket => socket.resume())
  const { port } = await listenLocally(silent)
  vi.stubEnv('AGENT_RUNTIME_ARN', proxy.AGENT_RUNTIME_ARN)
  vi.stubEnv(variable, `redis://127.0.0.1:${port}`)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  let isRunning = true
  const running = runCaptured(...args).finally(() => {
    isRunning = false
  })
  while (isRunning) await vi.advanceTimersByTimeAsync(1_000)
  vi.useRealTimers()
  expect(await running).toMatchObject({ status: 2, stderr: expect.stringContaining('Redis does not answer') })
  silent.close()
})

test('a proxy that cannot start leaves the pool to those who can, and no connection open: it would keep the process up', async () => {
  const redis = await startRedis()
  const client = new Redis(redis.url)
  const store = redisStore({ client })
  const { fence = 0 } = await store.join({ id: 'another', version: 'before', tends: true, leaseMs: 60_000 })
  const session = anEntry({ version: 'before' })
  await store.begin([session], fence)
  await store.add(session, fence)
  const taken = createServer()
  const { port } = await listenLocally(taken)
  const settings = {
    ...proxy,
    PORT: `${port}`,
    WARM_AGENT_POOL: '1',
    WARM_AGENT_POOL_VERSION: 'after',
    WARM_AGENT_POOL_STORE: redis.url,
  }
  const noAws = {
    AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: 'http://127.0.0.1:1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  }
  for (const [name, value] of Object.entries({ ...settings, ...noAws, WARM_AGENT_REDIS_URL: redis.url })) {
    vi.stubEnv(name, value)
  }
  expect(await runCaptured('proxy')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Could not listen on'),
  })
  expect(await client.get('{warm-agent}:current')).toBe('before')
  expect((await store.look()).entries).toEqual([{ state: 'ready', entry: session }])
  await vi.waitFor(async () =>
    expect(
      String(await client.client('LIST'))
        .trim()
        .split('\n'),
    ).toHaveLength(1),
  )
  client.disconnect()
  taken.close()
  await redis.stop()
})
