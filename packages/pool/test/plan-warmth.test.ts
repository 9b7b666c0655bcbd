import { expect, test } from 'vitest'
import { type DemandOptions, PlanError, planWarmth } from '../src/plan/index.ts'
import { holdOfSenders } from '../src/plan/lead.ts'

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

const ofSenders = { ratePerSecond: 0.5, sendRate: 1, intentSendRate: 1 }
const heldBy = (demand: DemandOptions) => planWarmth(demand).ladder.map(({ heldSessions }) => heldSessions)

test('sessions of senders are held until they send: for the mean of their leads, not for the shortest of them', () => {
  const holdMs = 180_000
  // The leads of which 5 % are shorter than 5 s, at steps of a normal distribution.
  const steps = Array.from({ length: 1_201 }, (_, index) => -6 + index / 100)
  const meanMs = steps.reduce((sum, z) => {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / 100
    return sum + density * Math.min(holdMs, 5_000 * Math.exp(z + 1.645))
  }, 0)
  const [pingOnOpen] = heldBy(ofSenders)
  expect(pingOnOpen).toBeCloseTo((ofSenders.ratePerSecond * meanMs) / 1_000, 2)
})

/** The mean of the leads at these many steps of their distribution, each cut at the hold, and the share that is cut. */
function stepped(leadMs: number, meanMs: number, holdMs: number) {
  const sigma = -1.645 + Math.sqrt(1.645 ** 2 + 2 * Math.log(meanMs / leadMs))
  let heldMs = 0
  let lateShare = 0
  for (let z = -8; z <= 8; z += 0.001) {
    const density = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * 0.001
    const ms = leadMs * Math.exp((1.645 + z) * sigma)
    heldMs += density * Math.min(ms, holdMs)
    if (ms > holdMs) lateShare += density
  }
  return { heldMs, lateShare }
}

test.each([
  [5_000, 42_700, 60_000],
  [5_000, 180_000, 180_000],
  [5_000, 600_000, 180_000],
  [3_000, 3_100, 60_000],
  [200_000, 250_000, 60_000],
])(
  'the closed form of what senders hold agrees with the sum over their leads: %i, %i, %i',
  (leadMs, meanMs, holdMs) => {
    const { heldMs, lateShare } = holdOfSenders(leadMs, meanMs, holdMs)
    const wanted = stepped(leadMs, meanMs, holdMs)
    expect(heldMs / wanted.heldMs).toBeCloseTo(1, 3)
    expect(lateShare).toBeCloseTo(wanted.lateShare, 3)
  },
)

test('whoever writes after the hold is told of, where they are one in twenty or more', () => {
  const [late] = planWarmth({ ...ofSenders, meanLeadMs: 120_000 }).ladder
  expect(late?.reason).toMatch(/The 1\d % of senders who write after its hold of 3 min find it stopped\.$/)
  expect(late?.formula).toContain('until they send, at most 3 min')
  expect(planWarmth(ofSenders).ladder[0]?.reason).not.toContain('find it stopped')
})

test('a mean that was measured counts instead of the assumed one, each lead up to the longest hold', () => {
  const [pingOnOpen, intent] = heldBy({ ...ofSenders, meanLeadMs: 20_000, meanIntentLeadMs: 10_000 })
  expect(pingOnOpen).toBeCloseTo(10, 1)
  expect(intent).toBeCloseTo(5, 1)
  expect(heldBy({ ...ofSenders, leadMs: 100_000, meanLeadMs: 100_000 })[0]).toBe(0.5 * 100)
  expect(heldBy({ ...ofSenders, leadMs: 600_000, meanLeadMs: 600_000 })[0]).toBe(0.5 * 180)
})

test('what is assumed of leads stands in the formula, and only then', () => {
  const formulaOf = (demand: DemandOptions) => planWarmth(demand).ladder[0]?.formula
  expect(formulaOf(ofSenders)).toContain('0.5/s × 40 s until they send (assumed: a log-normal lead with σ 1)')
  expect(formulaOf({ ...ofSenders, meanLeadMs: 6_000 })).toContain('0.5/s × 6 s until they send = 3 held')
})

test('who thinks for long makes the pool the cheaper rung, who sends soon the ping', () => {
  expect(planWarmth(ofSenders).rung).toBe('pool')
  expect(planWarmth({ ...ofSenders, meanLeadMs: 6_000, meanIntentLeadMs: 10_000 }).rung).toBe('ping on open')
  expect(planWarmth({ ...ofSenders, meanLeadMs: 6_000, meanIntentLeadMs: 4_000 }).rung).toBe('intent')
})

test('what senders hold counts for the quotas', () => {
  const { quotas } = planWarmth({ ...ofSenders, meanLeadMs: 6_000, meanIntentLeadMs: 10_000 })
  // 0.5/s for 6 s, and conversations of 3 min that are parked for 30 s.
  expect(quotas.find(({ quota }) => quota === 'activeSessions')?.needed).toBeCloseTo(0.5 * (6 + 180 + 30))
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
