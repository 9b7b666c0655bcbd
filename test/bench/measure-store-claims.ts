import { createWarmPool } from '@warm-agent/pool'
import { redisStore } from '@warm-agent/pool/redis'
import { Redis } from 'ioredis'
import { createFakeAgents } from '../../packages/pool/test/fake-agents.ts'
import { anEntry, closeServers, fill, storeKinds } from '../../packages/pool/test/stores.ts'
import { startRedisProcess } from '../support/redis-process.ts'
import { quantile } from './quantile.ts'

const claims = 1_000

/** What a claim takes from a pool of each store, and from Redis also as a ratio to one bare command of the same run. */
export async function measureStoreClaims() {
  const claimP50Ms: Record<string, number> = {}
  for (const kind of ['memory', 'sqs'] as const) {
    const opened = await storeKinds[kind]?.()
    if (!opened) continue
    claimP50Ms[kind] = round(quantile(await timesOf(await opened.connect()), 0.5))
    await opened.close()
  }
  await closeServers()
  const server = await startRedisProcess(process.env.REDIS_SERVER_PATH ?? 'redis-server')
  const client = new Redis(server.port)
  try {
    const commands: number[] = []
    const times = await timesOf(redisStore({ client }), async () => {
      const startedAt = performance.now()
      await client.get('nothing')
      commands.push(performance.now() - startedAt)
    })
    claimP50Ms.redis = round(quantile(times, 0.5))
    const bareP50Ms = round(quantile(commands, 0.5))
    return { claims, claimP50Ms, redisCommandP50Ms: bareP50Ms, redisRatio: round(claimP50Ms.redis / bareP50Ms) }
  } finally {
    client.disconnect()
    await server.stop()
  }
}

async function timesOf(store: Parameters<typeof fill>[0], before: () => Promise<void> = async () => {}) {
  await fill(
    store,
    Array.from({ length: claims }, () => anEntry()),
  )
  const pool = createWarmPool({ runtime: createFakeAgents().runtime, store, target: 0, tends: false, leaseMs: 60_000 })
  await pool.start()
  const times: number[] = []
  for (let claim = 0; claim < claims; claim++) {
    await before()
    const startedAt = performance.now()
    const claimed = await pool.claim()
    times.push(performance.now() - startedAt)
    if (!claimed) throw new Error(`Could not measure: the ${store.name} store gave no session for claim ${claim}.`)
  }
  await pool.close()
  return times
}

function round(ms: number): number {
  return Math.round(ms * 10_000) / 10_000
}
