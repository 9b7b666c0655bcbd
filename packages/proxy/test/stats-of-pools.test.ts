import { bootVcpuSeconds } from '@warm-agent/protocol/prices'
import type { ProxyEvent } from '@warm-agent/proxy'
import { createStats, type StatsCosts, type StatsPoolEvent } from '@warm-agent/proxy/stats'
import { redisStats } from '@warm-agent/proxy/stats-redis'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { startRedis } from '../../../test/support/redis.ts'
import { createTestProxy } from './browser.ts'
import { createFakeRuntime } from './fake-runtime.ts'

/** A session costs $0.001 a second. */
const costs: StatsCosts = { prices: { dollarsPerVcpuHour: 0, dollarsPerGbHour: 3.6 }, gb: 1 }

type Collector = { onEvent(event: ProxyEvent): void; onPoolEvent(event: StatsPoolEvent): void }

/** A minute of a site with a pool: 30 pages get a session of it and write after a second, 30 callers are held out. */
function tellOfMinute({ onEvent, onPoolEvent }: Collector, atMs: number, pool: Partial<StatsPoolEvent> | undefined) {
  const tell = (sessionTag: string, afterMs: number, event: object) =>
    onEvent({ agent: 'default', qualifier: 'DEFAULT', sessionTag, atMs: atMs + afterMs, ...event } as ProxyEvent)
  if (pool) onPoolEvent({ type: 'sessions-held', atMs, others: 0, ...pool })
  for (let visit = 0; visit < 30; visit++) {
    const answer = { type: 'message-answered', joinMs: 0, isFirst: true }
    tell(`${atMs} ${visit}`, 0, { type: 'session-claimed', tookMs: 1, ageMs: 20_000, evidence: 'observed' })
    tell(`${atMs} ${visit}`, 1_100, { ...answer, outcome: 'warm', agentMs: 100 })
    tell(`${atMs} held ${visit}`, 3_100, { ...answer, outcome: 'cold', agentMs: 3_100, isHeldOut: true })
  }
}

function reportOf(...minutes: (Partial<StatsPoolEvent> | undefined)[]) {
  const stats = createStats({ costs })
  for (const [index, pool] of minutes.entries()) tellOfMinute(stats, index * 60_000, pool)
  return stats.report()
}

test('what waits in a pool is paid for, whether it was taken out or waits still, and the verdict knows', () => {
  const { dollars, verdict, leadMs } = reportOf({ heldMs: 900_000 })
  // $0.90 for what was held, and a second for each page.
  expect(dollars).toMatchObject({ isWhole: true, unused: 0 })
  expect(dollars.pool).toBeCloseTo(0.9)
  expect(dollars.total).toBeCloseTo(0.93)
  expect(dollars.perSecondSaved).toBeCloseTo(0.93 / 90)
  expect(verdict.advice).toBe('switch-off')
  expect(verdict.reason).toMatch(
    /\$0\.01033, more than the \$0\.01 that it may\. Most of it is for what waits in the pool/,
  )
  // The page opened when the session was taken out, however long that had waited.
  expect(leadMs?.p50).toBe(1_000)
  expect(reportOf({ heldMs: 600_000 }).verdict).toMatchObject({ advice: 'keep' })
})

test('a session that ended in the pool is a warm-up that was never used, with its boot', () => {
  const oneDollarPerBoot = { dollarsPerVcpuHour: 3_600 / bootVcpuSeconds, dollarsPerGbHour: 3.6 }
  const stats = createStats({ costs: { prices: oneDollarPerBoot, gb: 1 } })
  const atMs = 60_000
  stats.onPoolEvent({ type: 'sessions-held', atMs, heldMs: 100_000, others: 0 })
  stats.onPoolEvent({ type: 'session-retired', atMs, ageMs: 40_000 })
  stats.onPoolEvent({ type: 'session-dropped', atMs })
  stats.onPoolEvent({ type: 'warm-up-wasted', atMs })
  // Told by the proxy as well, and of no matter here.
  stats.onPoolEvent({ type: 'session-claimed', atMs, ageMs: 9_999 })
  const { warmUps, dollars } = stats.report()
  expect(warmUps).toMatchObject({ started: 3, used: 0, unused: 3, unclaimed: 3, waiting: 0 })
  expect(dollars.unused).toBeCloseTo(0.04 + 3)
  expect(dollars.pool).toBeCloseTo(0.1 + 3)
  expect(dollars.total).toBeCloseTo(0.1 + 3)
})

test('of what a session waited that ended in the pool, only that counts which this collector has seen', () => {
  const stats = createStats({ costs })
  stats.onPoolEvent({ type: 'sessions-held', atMs: 0, heldMs: 10_000, others: 0 })
  stats.onPoolEvent({ type: 'session-retired', atMs: 0, ageMs: 25_000_000 })
  const { unused, pool } = stats.report().dollars
  expect(unused).toBeCloseTo(pool)
})

test('of a pool that nobody tells of, what its sessions had waited is the least; no second has a price, and nothing is kept for it', () => {
  const { dollars, verdict } = reportOf(undefined)
  expect(dollars).toMatchObject({ isWhole: false, perSecondSaved: null })
  expect(dollars.total).toBeCloseTo(30 * 0.021)
  expect(verdict.advice).toBe('wait')
  expect(verdict.reason).toMatch(/what that costs is not known.*onPoolEvent.*redisStats/)
})

test('a process of several that share a pool cannot tell what its own part of it costs', () => {
  for (const others of [1, undefined]) {
    const { dollars, verdict } = reportOf({ heldMs: 300_000, others })
    expect(dollars).toMatchObject({ isWhole: false, perSecondSaved: null })
    expect(dollars.total).toBeCloseTo(30 * 0.021)
    expect(verdict.advice).toBe('wait')
  }
})

test('a pool that falls silent is not seen any more; a process that leaves it for another does no harm', () => {
  const minutes = Array.from({ length: 60 }, () => ({ heldMs: 100_000, others: 0 }))
  expect(reportOf(...minutes.map((each, index) => (index < 30 ? each : undefined))).dollars.isWhole).toBe(false)
  expect(reportOf(...minutes.map((each, index) => (index === 30 ? undefined : each))).dollars.isWhole).toBe(true)
  const handedOver = minutes.map((each, index) => (index < 2 ? { ...each, others: 1 } : each))
  expect(reportOf(...handedOver).dollars.isWhole).toBe(true)
})

test('of a fleet the pool is seen whole, whoever tends it, whoever takes from it and whoever is asked', async () => {
  const redis = await startRedis()
  const clients = [new Redis(redis.url), new Redis(redis.url)] as const
  const [tending, other] = clients.map(client => redisStats({ client, costs })) as [
    Collector,
    Collector & { report(): unknown },
  ]
  const onPoolEvent = (event: StatsPoolEvent) => tending.onPoolEvent(event)
  onPoolEvent({ type: 'beat-succeeded', atMs: 0 })
  onPoolEvent({ type: 'session-retired', atMs: 0, ageMs: 5_000 })
  onPoolEvent({ type: 'sessions-held', atMs: 0, heldMs: 900_000, others: 3 })
  await clients[0].ping()
  tellOfMinute(other, 0, undefined)
  await clients[1].ping()
  expect(await other.report()).toMatchObject({
    scope: 'fleet',
    dollars: { isWhole: true, pool: expect.closeTo(0.9), unused: expect.closeTo(0.005) },
    warmUps: { started: 31, used: 30, unused: 1, unclaimed: 1 },
  })
  expect(await clients[0].xlen('{warm-agent}:stats')).toBe(92)
  for (const client of clients) client.disconnect()
  await redis.stop()
})

test('a proxy tells how long a session had waited in the pool', async () => {
  const { runtime } = createFakeRuntime()
  const nowMs = Date.now()
  const session = {
    runtimeSessionId: 'a-pooled-session-of-a-certain-age',
    qualifier: 'DEFAULT',
    evidence: 'assumed',
  } as const
  const pool = { claim: async () => ({ ...session, bornAtMs: nowMs - 3_600_000, touchedAtMs: nowMs }) }
  const { openWarm, events } = createTestProxy({ runtime, pool })
  await openWarm()
  const [claimed] = events.filter(({ type }) => type === 'session-claimed') as { ageMs: number }[]
  expect(claimed?.ageMs).toBeGreaterThanOrEqual(3_600_000)
  expect(claimed?.ageMs).toBeLessThan(3_660_000)
})
