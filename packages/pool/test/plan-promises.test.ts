import { bootVcpuSeconds, prices } from '@warm-agent/protocol/prices'
import { expect, test } from 'vitest'
import { type DemandOptions, planWarmth } from '../src/plan/index.ts'

/** Callers without a page, so that the pool is the rung. */
function planPool(demand: Partial<DemandOptions> = {}) {
  const plan = planWarmth({
    ratePerSecond: 10,
    replenishmentMs: 3_000,
    hasPage: false,
    conversationMs: 1_000,
    ...demand,
  })
  const adviceOn = (what: string) => plan.recommendations.find(each => each.what === what)
  return { ...plan, adviceOn, aboutTheRate: plan.warnings.filter(text => text.includes('newSessionsPerSecond')) }
}

test.each([
  ['up to 80 % of it the default of the pool will do', {}, 20, []],
  ['so it will at just 80 %', { ratePerSecond: 16 }, 20, []],
  [
    'from there on it is to be raised',
    { ratePerSecond: 17 },
    22,
    [/newSessionsPerSecond: 22\b.*default of 20.*empty more/],
  ],
  [
    'never over the quota, and then chance alone goes over it',
    { ratePerSecond: 22 },
    25,
    [/22 of 25 .*Ask AWS for more/, /newSessionsPerSecond: 25\b/],
  ],
  ['a higher quota allows more', { ratePerSecond: 40, quotas: { newSessionsPerSecond: 100 } }, 50, [/: 50\b/]],
  [
    'so it is for those that retire unused',
    { ratePerSecond: 1, replenishmentMs: 540_000, maxLifetimeMs: 60_000, idleTimeoutMs: 60_000 },
    25,
    [/newSessionsPerSecond: 25\b.*default of 20.*empty more/],
  ],
  [
    'it is told without what floating points add',
    { ratePerSecond: 0.01, otherSessionsPerSecond: 19.9 },
    5.1,
    [/newSessionsPerSecond: 5\.1 /],
  ],
  [
    'what other traffic starts is not to be had',
    { ratePerSecond: 4, otherSessionsPerSecond: 15 },
    10,
    [/newSessionsPerSecond: 10\b.*default of 20.*over the quota/],
  ],
] as const)('the rate at which the pool may refill: %s', (_, demand, rate, warnings) => {
  const { adviceOn, aboutTheRate } = planPool(demand)
  expect(adviceOn('refill')).toMatchObject({ value: rate, text: expect.stringContaining(`${rate}`) })
  expect(aboutTheRate).toHaveLength(warnings.length)
  for (const [index, warning] of warnings.entries()) expect(aboutTheRate[index]).toMatch(warning)
})

test('an empty pool fills with what the pool may begin, not with the whole quota', () => {
  const { adviceOn, pool } = planPool()
  expect(pool.size).toBe(47)
  // 47 at 20 − 10 per second, and 3 s for the last of them.
  expect(adviceOn('refill')?.reason).toContain('takes about 7.7 s')
})

test('what retires unused leaves less to fill it with, and may leave nothing', () => {
  const shortLived = { replenishmentMs: 540_000, maxLifetimeMs: 60_000, idleTimeoutMs: 60_000 }
  const { adviceOn } = planPool({ ...shortLived, ratePerSecond: 1 })
  expect(adviceOn('refill')?.formula).toMatch(/\(25 − 19\.9\)/)
  expect(planPool({ ...shortLived, ratePerSecond: 2 }).adviceOn('refill')?.reason).toContain('never fills')
})

test('of a site that pings on open it asks for no setting of a pool', () => {
  const { rung, warnings } = planWarmth({ ratePerSecond: 0.002, otherSessionsPerSecond: 15 })
  expect(rung).not.toBe('pool')
  expect(warnings).toEqual([])
})

test('beats are called of little use only where sessions wait much shorter than they idle', () => {
  expect(planPool().adviceOn('beat')?.reason).toContain('in quiet hours only')
  const { reason } = planPool({ ratePerSecond: 0.0001 }).adviceOn('beat') ?? {}
  expect(reason).toMatch(/waits [\d.]+ h on average/)
  expect(reason).not.toContain('in quiet hours only')
})

test.each([
  ['that misses three of ten claims', { missRate: 0.3 }],
  ['that misses nearly all', { missRate: 0.9 }],
])('a session waits in a pool %s no less than not at all', (_, demand) => {
  const { adviceOn } = planPool(demand)
  expect(adviceOn('beat')?.reason).toMatch(/waits [\d.]+ s on average/)
})

test('a session alone in its pool waits as long as the next caller is away, however many came in vain before', () => {
  const { pool, adviceOn } = planPool({ ratePerSecond: 1, replenishmentMs: 1_000, missRate: 0.5 })
  expect(pool.size).toBe(1)
  expect(adviceOn('beat')?.reason).toContain('waits 1 s on average')
})

test('the line that tells the cost of an hour adds up', () => {
  for (const footprintGb of [0.05, 1.2]) {
    const { adviceOn, ladder } = planPool({ footprintGb })
    const [held = 0, gb = 0, price = 0, dollars] =
      adviceOn('costPerMonth')
        ?.formula.match(/\d[\d.]*/g)
        ?.map(Number) ?? []
    expect(held * gb * price).toBeCloseTo(Number(dollars), 2)
    expect(ladder.find(({ rung }) => rung === 'pool')?.dollarsPerHour).toBeCloseTo(held * gb * price, 6)
  }
})

test('sessions that retire before anybody comes boot again, and that is in the cost', () => {
  const rare = { ratePerSecond: 0.0001, platform: 'v2', missRate: 0.000_001 } as const
  const [long, short] = [28_800_000, 60_000].map(maxLifetimeMs => planPool({ ...rare, maxLifetimeMs }))
  expect(short?.pool.size).toBe(2)
  const bootsPerHour = (2 / 30 - 0.0001) * 3_600
  const dollarsPerHour = (bootsPerHour * bootVcpuSeconds * prices.v2.dollarsPerVcpuHour) / 3_600
  const costOf = (plan: typeof short) => plan?.ladder.find(({ rung }) => rung === 'pool')?.dollarsPerHour ?? 0
  expect(costOf(short) - costOf(long)).toBeCloseTo(dollarsPerHour, 3)
  expect(short?.adviceOn('costPerMonth')?.formula).toContain('240 boots in vain')
  expect(short?.pool.sizes.find(({ size }) => size === 2)?.dollarsPerHour).toBe(costOf(short))
})
