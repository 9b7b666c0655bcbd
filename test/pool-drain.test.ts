import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { redisStore } from '@warm-agent/pool/redis'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anEntry, fill } from '../packages/pool/test/stores.ts'
import { stopAll, warmAgent, warmAgentOnce } from './support/command.ts'
import { startEmulate } from './support/emulate.ts'
import { listenLocally } from './support/listen-locally.ts'
import { type RedisServer, startRedis } from './support/redis.ts'

let redis: RedisServer
let client: Redis
let env: Record<string, string>

beforeAll(async () => {
  redis = await startRedis()
  client = new Redis(redis.url)
  env = { ...(await startEmulate()).env, WARM_AGENT_POOL_STORE: redis.url }
}, 60_000)
afterAll(async () => {
  await stopAll()
  client.disconnect()
  await redis.stop()
})

function storeOf(prefix: string) {
  const store = redisStore({ client, prefix }).ofRuntime?.(env.AGENT_RUNTIME_ARN ?? '')
  if (!store) throw new Error('no store')
  return store
}

/** A proxy that warms a session, and says nothing more. */
async function beginWarming(prefix: string, leaseMs: number) {
  const store = storeOf(prefix)
  const { fence = 0 } = await store.join({ id: 'a proxy', version: '7', tends: true, leaseMs })
  await store.begin([anEntry({ version: '7' })], fence)
}

test('draining takes also what killed proxies were warming; what living ones warm is told, with status 1', async () => {
  await Promise.all([beginWarming('killed', 300), beginWarming('living', 60_000)])
  const drain = (prefix: string) => warmAgentOnce(['pool', '--drain', '--pool-prefix', prefix], env)
  const [killed, living] = await Promise.all([drain('killed'), drain('living')])
  expect(killed).toMatchObject({ code: 0, stdout: '1 session was taken out of the pool and stopped.\n' })
  const stdout = '0 sessions were taken out of the pool and stopped.\nLeft to whoever tends it: 1 warming.\n'
  expect(living).toMatchObject({ code: 1, stdout })
  const [current = ''] = await client.keys('{living}:*:current')
  expect(await client.get(current)).toBe('7')
}, 60_000)

test('draining that is interrupted finishes the stop that it has begun, takes no more, and ends with 130', async () => {
  const store = storeOf('interrupted')
  await fill(store, [anEntry(), anEntry(), anEntry()])
  const stops: ServerResponse[] = []
  const platform = createServer((_, response) => {
    stops.push(response)
    platform.emit('asked')
  })
  const { origin } = await listenLocally(platform)
  const url = origin
  const asked = once(platform, 'asked')
  const drain = warmAgent(['pool', '--drain', '--pool-prefix', 'interrupted'], {
    ...env,
    AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: url,
  })
  await asked
  const ended = drain.stop('SIGINT')
  await expect.poll(drain.stderr).toMatch(/Finishing the stop/)
  stops[0]?.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  expect(await ended).toBe(130)
  expect(drain.stdout()).toBe(
    '1 session was taken out of the pool and stopped.\nLeft in the pool, as it was interrupted: 2 ready.\n',
  )
  expect(stops).toHaveLength(1)
  expect((await store.look()).entries).toMatchObject([{ state: 'ready' }, { state: 'ready' }])
  platform.close()
})
