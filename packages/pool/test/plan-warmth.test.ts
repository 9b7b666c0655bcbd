import { expect, test } from 'vitest'
import { type DemandOptions, PlanError, planWarmth } from '../src/plan/index.ts'

/** The article's own case. */
const article = { ratePerSecond: 10, replenishmentMs: 3_000 }

function codeOf(options: DemandOptions): string {
  try {
    planWarmth(options)
  } catch (error) {
    if (error instanceof PlanError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'planned'
}

test("the article's case: why 40 is not quite enough, and what is", () => {
  const { pool, rung } = planWarmth(article)
  expect(rung).toBe('pool')
  expect(pool.size).toBe(47)
  expect(pool.sizes.map(({ size, missRate }) => [size, missRate.toFixed(4)])).toEqual([
    [40, '0.0144'],
    [47, '0.0010'],
    [52, '0.0001'],
  ])
  expect(pool.explanation).toMatch(/30 are missing on average.*Poisson/)
  expect(pool.explanation).toMatch(/40, a third more than that, is not quite enough: .*1\.4 % of claims, one in 69/)
  expect(pool.explanation).toMatch(/47 brings that to 0\.096 %, 52 to 0\.0075 %/)
})

test('each recommendation has its reason and formula', () => {
  for (const demand of [
    article,
    { ...article, platform: 'v1-container' as const, ratePerSecond: 0.1 },
    { ratePerSecond: 0.01 },
  ]) {
    const { recommendations } = planWarmth(demand)
    const named = recommendations.map(({ what }) => what)
    expect(named).toEqual(expect.arrayContaining(['rung', 'hold', 'beat', 'poolSize', 'endpoints', 'refill']))
    for (const { text, reason, formula } of recommendations) {
      expect(text).not.toBe('')
      expect(reason).toMatch(/^[A-Z0-9].{20,}\.$/)
      expect(formula).toMatch(/\S/)
    }
  }
})

test('a pool is held by no page: every visitor would take a session out of it, not only those who send', () => {
  const holdOf = (demand: DemandOptions) => planWarmth(demand).recommendations.find(({ what }) => what === 'hold')
  expect(holdOf(article)).toMatchObject({ value: 0, formula: '10/s / 30 % who send = 33.3/s' })
  expect(holdOf({ ...article, hasPage: false })).toMatchObject({ value: 0, text: 'none' })
  expect(holdOf({ ratePerSecond: 0.01 })?.value).toBe(180_000)
})

test('forty held on platform V2 cost 81 cents an hour, which is what the chart and the table say', () => {
  const { pool } = planWarmth(article)
  const inTable = pool.sizes.find(({ size }) => size === 40)
  const inCurve = pool.curve.find(({ size }) => size === 40)
  expect(inTable?.dollarsPerHour).toBeCloseTo(0.81, 2)
  expect(inCurve?.dollarsPerMonth).toBe(inTable?.dollarsPerMonth)
})

test.each([
  ['a busy site takes the pool: one size serves all', { ratePerSecond: 10 }, 'pool'],
  ['a quiet site warms on intent: a pool would idle', { ratePerSecond: 0.002 }, 'intent'],
  [
    'when nearly all who open it also write, it pings on open: there is more time',
    { ratePerSecond: 0.002, sendRate: 0.95, intentLeadMs: 1000 },
    'ping on open',
  ],
  [
    'a V1 container at a modest rate lives on its endpoints',
    { ratePerSecond: 0.1, platform: 'v1-container', replenishmentMs: 5370 },
    'endpoints',
  ],
  ['without a page there is nobody to warm for, so a pool', { ratePerSecond: 0.002, hasPage: false }, 'pool'],
  [
    'a start too slow for the time that users take needs a pool',
    { ratePerSecond: 0.002, replenishmentMs: 20_000 },
    'pool',
  ],
] as const)('%s', (_, demand, rung) => {
  const plan = planWarmth(demand)
  expect(plan.rung).toBe(rung)
  const chosen = plan.ladder.find(each => each.rung === rung)
  for (const other of plan.ladder.filter(({ isEnough }) => isEnough)) {
    expect(chosen?.dollarsPerMonth).toBeLessThanOrEqual(other.dollarsPerMonth)
  }
})

test('endpoints add no warmth on V2 and for code, and the plan says so', () => {
  for (const platform of ['v2', 'v1-code'] as const) {
    const advice = planWarmth({ ...article, platform }).recommendations.find(({ what }) => what === 'endpoints')
    expect(advice).toMatchObject({ value: 1, reason: expect.stringMatching(/add no warmth/) })
  }
})

test('a rung that would exceed a quota is not enough, and says which quota', () => {
  const [pingOnOpen] = planWarmth(article).ladder
  expect(pingOnOpen).toMatchObject({ isEnough: false, reason: 'It needs 34 of a quota (newSessionsPerSecond) of 25.' })
})

test.each([
  [
    'more than the quota of new sessions',
    { ratePerSecond: 30 },
    /30 new sessions per second .*quota of 25.*Ask AWS for a quota of 38/,
  ],
  ['all of it, with nothing to catch up with', { ratePerSecond: 25 }, /leaves nothing to refill with/],
  ['what other traffic leaves of it', { ratePerSecond: 15, otherSessionsPerSecond: 10 }, /25 new sessions per second/],
  ['an own, lower quota', { ratePerSecond: 10, quotas: { newSessionsPerSecond: 8 } }, /quota of 8/],
  [
    'more active sessions than allowed',
    { ratePerSecond: 10, conversationMs: 900_000, region: 'eu-central-1' },
    /9,334 sessions.*2,500 in eu-central-1/,
  ],
  [
    'a pool that is larger than the quota of active sessions, however short conversations are',
    { ratePerSecond: 10, replenishmentMs: 600_000 },
    /a pool of 6,142 sessions.*quota of active sessions is 5,000/,
  ],
  ['more calls than allowed', { ratePerSecond: 20, messagesPerConversation: 60 }, /calls per second/],
] as const)('it refuses a plan that the quotas cannot refill: %s', (_, demand, message) => {
  expect(codeOf(demand)).toMatch(/^cannot_refill: Could not plan for /)
  expect(codeOf(demand)).toMatch(message)
})

test('an assumption is no reason to refuse: it warns', () => {
  const { warnings } = planWarmth({ ratePerSecond: 20, region: 'eu-central-1' })
  expect(warnings.join('\n')).toMatch(/conversations last 3 min, which is assumed/)
  expect(codeOf({ ratePerSecond: 20, region: 'eu-central-1', conversationMs: 180_000 })).toMatch(/^cannot_refill/)
})

test('a pool of any size that the quotas bear is large enough, and none of its numbers fills a line', () => {
  const quotas = { newSessionsPerSecond: 100_000, activeSessions: 1_000_000, callsPerSecond: 1_000_000 }
  const { pool, ladder } = planWarmth({ ratePerSecond: 200, replenishmentMs: 600_000, hasPage: false, quotas })
  expect(pool.sizes.find(({ size }) => size === pool.size)?.missRate).toBeLessThanOrEqual(0.001)
  expect(`${pool.explanation} ${JSON.stringify(ladder)}`).not.toMatch(/\d{30}/)
  expect(pool.explanation).toContain('160000 is enough: under 0.0000001 % of claims')
})

test('more quota makes the refused plan possible', () => {
  expect(planWarmth({ ratePerSecond: 30, quotas: { newSessionsPerSecond: 50 } }).pool.size).toBeGreaterThan(58)
})

test('it warns that conversations left to idle out use up the active sessions', () => {
  expect(planWarmth(article).warnings.join('\n')).toMatch(/10,800 active sessions, over the quota of 5,000/)
  expect(planWarmth({ ...article, ratePerSecond: 1 }).warnings).toEqual([])
})

test('prices and footprint can be given', () => {
  const dear = planWarmth({ ...article, footprintGb: 2.4, prices: { dollarsPerGbHour: 0.0338 } })
  const usual = planWarmth(article)
  const costOf = ({ recommendations }: typeof dear) =>
    Number(recommendations.find(({ what }) => what === 'costPerMonth')?.value)
  expect(costOf(dear) / costOf(usual)).toBeCloseTo(4, 6)
})

test('the cost per thousand visitors is the cost of an hour by its visitors', () => {
  const { ladder, demand } = planWarmth(article)
  const visitorsPerHour = (demand.ratePerSecond / demand.sendRate) * 3600
  for (const rung of ladder) {
    expect(rung.dollarsPerThousandVisitors).toBeCloseTo((rung.dollarsPerHour / visitorsPerHour) * 1000, 10)
  }
})

test.each([
  ['no rate', {}, /ratePerSecond is undefined/],
  ['a negative rate', { ratePerSecond: -1 }, /ratePerSecond/],
  ['a miss rate of nothing', { ...article, missRate: 0 }, /missRate/],
  ['an unknown platform', { ...article, platform: 'v3' }, /platform/],
  ['an unknown option', { ...article, poolsize: 5 }, /option poolsize is 5/],
  ['an unknown quota', { ...article, quotas: { sessions: 5 } }, /option quotas\.sessions is 5/],
  [
    'an idle timeout past the lifetime',
    { ...article, idleTimeoutMs: 900_000, maxLifetimeMs: 600_000 },
    /idleTimeoutMs is 900000/,
  ],
  ['a mean below what nearly all exceed', { ...article, meanLeadMs: 4_000 }, /meanLeadMs is 4000, but leadMs/],
  [
    'the same from the first key on',
    { ...article, meanIntentLeadMs: 2_000 },
    /meanIntentLeadMs is 2000, but intentLeadMs/,
  ],
  ['a send rate without a page', { ...article, hasPage: false, sendRate: 0.5 }, /sendRate is 0\.5/],
])('%s is refused by name', (_, demand, message) => {
  expect(codeOf(demand as DemandOptions)).toMatch(message)
  expect(codeOf(demand as DemandOptions)).toMatch(/^invalid_option: Could not plan: [^\n]+\.$/)
})
