import { expect, test } from 'vitest'
import { type DemandOptions, planWarmth } from '../src/plan/index.ts'
import { holdOfSenders } from '../src/plan/lead.ts'

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
