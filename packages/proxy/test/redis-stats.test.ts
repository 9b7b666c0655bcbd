import type { ProxyEvent } from '@warm-agent/proxy'
import { redisStats } from '@warm-agent/proxy/stats-redis'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RedisServer, startRedis } from '../../../test/support/redis.ts'

let redis: RedisServer
const closing: (() => unknown)[] = []

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(async () => {
  for (const close of closing) close()
  await redis.stop()
})

/** A process of the fleet, with a connection of its own. */
function instance(prefix: string, more: Partial<Parameters<typeof redisStats>[0]> = {}) {
  const client = new Redis(redis.url)
  closing.push(() => client.disconnect())
  const stats = redisStats({ client, prefix, ...more })
  return {
    stats,
    /** Tells an event, and waits until Redis has it: commands of one connection keep their order. */
    async tell(sessionTag: string, event: object) {
      stats.onEvent({ agent: 'default', qualifier: 'DEFAULT', sessionTag, atMs: Date.now(), ...event } as ProxyEvent)
      await client.ping()
    },
    client,
  }
}
const answered = (agentMs: number, isFirst = true, outcome = 'warm') => ({
  type: 'message-answered',
  outcome,
  joinMs: 0,
  agentMs,
  isFirst,
})

test('a visit whose page, messages and end reach three processes is one visit, whoever of them is asked', async () => {
  const [first, second, third] = [instance('visit'), instance('visit'), instance('visit')]
  await first.tell('warm-00000001', { type: 'warm-started' })
  await first.tell('warm-00000001', { type: 'warm-succeeded', tookMs: 2_900, evidence: 'observed' })
  await second.tell('warm-00000001', answered(0))
  await third.tell('warm-00000001', answered(7, false))
  await first.tell('warm-00000001', { type: 'session-closed' })
  await first.tell('warm-00000002', { type: 'warm-started' })
  await third.tell('warm-00000002', { type: 'session-closed' })
  const { scope, firstMessages, warmUps, waitMs } = await third.stats.report()
  expect(scope).toBe('fleet')
  expect(firstMessages).toEqual({ total: 1, heldOut: 0, warm: 1, joined: 0, rewarmed: 0, cold: 0 })
  expect(warmUps).toMatchObject({ started: 2, used: 1, unused: 1, waiting: 0 })
  expect(waitMs.warmed).toEqual({ p50: 0, p95: 0 })
  const bySecond = await second.stats.report()
  expect(bySecond).toEqual(await third.stats.report())
})

test('a verdict is drawn of what all have seen, where none of them has seen enough', async () => {
  const fleet = Array.from({ length: 4 }, () => instance('verdict'))
  for (const [index, { tell, stats }] of fleet.entries()) {
    for (let visit = 0; visit < 6; visit++) {
      const tag = `warm-${index}${visit}`
      await tell(tag, { type: 'warm-started' })
      await tell(tag, { type: 'warm-succeeded', tookMs: 3_000, evidence: 'observed' })
      await tell(tag, answered(100))
    }
    expect((await stats.report()).firstMessages.warm).toBe(6 * (index + 1))
  }
  const { verdict, savedMs, baseline } = (await fleet[0]?.stats.report()) ?? {}
  expect(verdict?.advice).toBe('keep')
  expect(baseline).toBe('warm-ups')
  expect(savedMs?.p50).toBe(3_000)
})

test('a process that starts anew knows what was told before, by the client of another package too', async () => {
  const old = instance('restart')
  await old.tell('warm-00000001', { type: 'warm-started' })
  old.client.disconnect()
  const client = createClient({ url: redis.url })
  await client.connect()
  closing.push(() => client.destroy())
  const stats = redisStats({ client, prefix: 'restart' })
  const { warmUps, sinceMs } = await stats.report()
  expect(warmUps.started).toBe(1)
  expect(Math.abs(Date.now() - sinceMs)).toBeLessThan(600_000)
})

test('the oldest events are forgotten, and more of them than one page are read', async () => {
  const { stats, client, tell } = instance('many', { keepEvents: 1_500 })
  for (let visit = 0; visit < 2_000; visit++) {
    stats.onEvent({ type: 'warm-started', agent: 'a', qualifier: 'D', sessionTag: `warm-${visit}`, atMs: 0 })
    if (visit % 500 === 0) await client.ping()
  }
  await tell('warm-2000', { type: 'warm-started' })
  const { started } = (await stats.report()).warmUps
  expect(started).toBeGreaterThanOrEqual(1_500)
  expect(started).toBeLessThan(1_700)
})

test('a fleet report tells since when it counts, and each event once, those at the border of two pages too', async () => {
  const { client, stats } = instance('pages')
  const event = JSON.stringify({ type: 'warm-refused', limit: 'warmUpsPerSecond' })
  for (let number = 0; number < 501; number++) {
    client.xadd('{pages}:stats', `${1_000 + number}-0`, 'event', event).catch(() => undefined)
  }
  await client.ping()
  const { sinceMs, warmUps } = await stats.report()
  expect([sinceMs, warmUps.refused]).toEqual([1_000, 501])
})

test('of a fleet too a warm-up that moved to another endpoint is one', async () => {
  const { tell, stats } = instance('moved')
  await tell('warm-00000001', { type: 'warm-started', qualifier: 'blue' })
  await tell('warm-00000001', { ...answered(7), qualifier: 'green' })
  expect((await stats.report()).warmUps).toMatchObject({ started: 1, used: 1, waiting: 0 })
})

test('what others have put between the events is not counted, and told', async () => {
  const failures: unknown[] = []
  const { tell, client, stats } = instance('nonsense', { onFailed: cause => failures.push(cause) })
  await tell('warm-00000001', { type: 'warm-started' })
  for (const text of ['null', '7', 'not JSON']) await client.xadd('{nonsense}:stats', '*', 'event', text)
  await tell('warm-00000002', { type: 'warm-started' })
  expect((await stats.report()).warmUps.started).toBe(2)
  expect(failures).toEqual([expect.any(SyntaxError)])
})

test('nothing that is kept tells a cause, and beats are not kept', async () => {
  const { tell, client } = instance('private')
  await tell('warm-00000001', { type: 'warm-failed', code: 'agent_failed', cause: new Error('a secret') })
  await tell('warm-00000001', { type: 'beat-succeeded' })
  const kept = JSON.stringify(await client.xrange('{private}:stats', '-', '+'))
  expect(kept).toContain('warm-failed')
  expect(kept).not.toMatch(/secret|beat/)
})

test('while Redis is away nothing is thrown, that is told once, and a report says so by rejecting', async () => {
  const told: unknown[] = []
  const client = new Redis(redis.url, { lazyConnect: true, maxRetriesPerRequest: 0, enableOfflineQueue: false })
  closing.push(() => client.disconnect())
  const stats = redisStats({ client, onFailed: cause => told.push(cause) })
  const event: ProxyEvent = { type: 'warm-started', agent: 'a', qualifier: 'D', sessionTag: 'warm-1', atMs: 0 }
  stats.onEvent(event)
  stats.onEvent(event)
  await expect(stats.report()).rejects.toThrow()
  expect(told).toHaveLength(1)
})

test.each([
  [{ prefix: 'a b' }, /prefix is "a b"/],
  [{ keepEvents: 0 }, /keepEvents is 0/],
  [{ keep: 5 }, /there is no option keep/],
  [{ costs: { gb: -1 } }, /costs.gb is -1/],
  [{ client: {} }, /none of|no known kind/],
])('%j is refused', (options, message) => {
  expect(() => redisStats({ client: { call: async () => null }, ...options } as never)).toThrow(message)
})
