import { redisLedger } from '@warm-agent/proxy/ledger-redis'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { startRedis } from '../../../../test/support/redis.ts'
import { diagnose, emulate } from './diagnose.ts'

async function aLedger() {
  const redis = await startRedis()
  const client = new Redis(redis.url)
  onTestFinished(async () => {
    client.disconnect()
    await redis.stop()
  })
  const ledger = redisLedger({ client })
  const write = (id: string, heldUntil: number) => {
    const now = Date.now()
    const times = { bornAt: now - 600_000, touchedAt: now - 600_000, heldUntil, endsAt: now + 600_000, isSent: false }
    const whose = {
      agent: 'default',
      callerId: 'ann',
      holder: 'an instance that died',
      session: { id, qualifier: 'DEFAULT' },
    }
    return ledger.write({ ...times, ...whose, version: 1, isWarm: true, reason: 'unsent', state: 'held' })
  }
  return { url: redis.url, write }
}

test('sessions in the ledger that nobody holds are named, without their whole ids', async () => {
  const { env } = await emulate()
  const { url, write } = await aLedger()
  const [orphan, held] = ['warm-11111111-1111-4111-8111-111111111111', 'warm-22222222-2222-4222-8222-222222222222']
  await write(held, Date.now() + 600_000)
  const variables = { ...env, WARM_AGENT_REDIS_URL: url }
  expect((await diagnose(variables, '--free')).ids).toEqual([])
  await write(orphan, Date.now() - 300_000)
  const { findings, status, stdout } = await diagnose(variables, '--free')
  expect(findings).toMatchObject([
    { id: 'orphans', what: expect.stringMatching(/1 session \(warm-11111111\).* 5 min ago/) },
  ])
  expect(status).toBe(1)
  for (const id of [orphan, held]) expect(stdout).not.toContain(id)
})

test('a Redis that does not answer is a wrong setting, told without its password', async () => {
  const { env } = await emulate()
  const { status, stderr } = await diagnose({ ...env, WARM_AGENT_REDIS_URL: 'redis://:hunter2@127.0.0.1:1' }, '--free')
  expect(status).toBe(2)
  expect(stderr).toMatch(/Could not read the ledger: Redis does not answer/)
  expect(stderr).not.toContain('hunter2')
})
