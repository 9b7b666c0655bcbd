import { bootVcpuSeconds } from '@warm-agent/protocol/prices'
import type { ProxyEvent } from '@warm-agent/proxy'
import { createStats } from '@warm-agent/proxy/stats'
import { expect, test } from 'vitest'
import { quantile } from '../src/stats/quantile.ts'
import { createTestProxy } from './browser.ts'
import { createFakeRuntime, failure } from './fake-runtime.ts'
import { prepareEndpoints } from './refusing-endpoints.ts'

const { endpoints, start } = prepareEndpoints()
const details = { agent: 'default', qualifier: 'DEFAULT' }
const warmed = { type: 'warm-succeeded', tookMs: 2_900, evidence: 'observed' } as const

/** Tells a collector the story of sessions, one after the other. */
function startStory(costs?: Parameters<typeof createStats>[0]) {
  const stats = createStats({ now: () => 0, ...costs })
  let sessions = 0
  const tell = (sessionTag: string, atMs: number, event: object) =>
    stats.onEvent({ ...details, sessionTag, atMs, ...event } as ProxyEvent)
  return {
    stats,
    /** A page opens; its user writes after `afterMs`, or never, and leaves after `leavesMs`. */
    visit(afterMs: number | undefined, { waitMs = 150, leavesMs = 60_000, outcome = 'warm' as const } = {}) {
      const tag = `warm-${String(sessions++).padStart(8, '0')}`
      tell(tag, 0, { type: 'warm-started' })
      tell(tag, 2_900, warmed)
      if (afterMs !== undefined) {
        tell(tag, afterMs + waitMs, { type: 'message-answered', outcome, joinMs: 0, agentMs: waitMs })
        tell(tag, afterMs + 9_000, { type: 'message-answered', outcome: 'warm', joinMs: 0, agentMs: 9_999 })
      }
      tell(tag, leavesMs, { type: 'session-closed' })
    },
    heldOut(waitMs: number) {
      const tag = `warm-${String(sessions++).padStart(8, '0')}`
      const event = { type: 'message-answered', outcome: 'cold', joinMs: 0, agentMs: waitMs, isHeldOut: true }
      tell(tag, waitMs, event)
    },
    cold: (waitMs: number) =>
      tell(`warm-${String(sessions++).padStart(8, '0')}`, waitMs, {
        type: 'message-answered',
        outcome: 'cold',
        joinMs: 0,
        agentMs: waitMs,
      }),
  }
}

test('first messages count by what they found, lead time is from warm-up to sending, later messages do not count', () => {
  const { stats, visit } = startStory()
  visit(10_000)
  visit(1_000, { waitMs: 2_050, outcome: 'joined' as never })
  visit(undefined)
  const { firstMessages, leadMs, warmUps, waitMs } = stats.report()
  expect(firstMessages).toEqual({ total: 2, heldOut: 0, warm: 1, joined: 1, rewarmed: 0, cold: 0 })
  expect(leadMs?.p50).toBe(5_500)
  expect(waitMs.warmed?.p50).toBe(1_100)
  expect(warmUps).toMatchObject({ started: 3, used: 2, unused: 1, waiting: 0 })
})

test('with a hold-out the comparison is with it: seconds saved, and dollars for each', () => {
  const { stats, visit, heldOut } = startStory({
    costs: { prices: { dollarsPerVcpuHour: 0, dollarsPerGbHour: 3.6 }, gb: 1 },
  })
  for (let count = 0; count < 30; count++) visit(10_000)
  for (let count = 0; count < 10; count++) visit(undefined, { leavesMs: 100_000 })
  for (let count = 0; count < 25; count++) heldOut(3_150)
  const report = stats.report()
  expect(report.baseline).toBe('hold-out')
  expect(report.firstMessages).toMatchObject({ total: 55, heldOut: 25, warm: 30, cold: 0 })
  expect(report.savedMs).toEqual({ p50: 3_000, p95: 3_000 })
  // $0.001 a second: 30 sessions of 10 s before their message, 10 of 100 s without one.
  expect(report.dollars.unused).toBeCloseTo(1)
  expect(report.dollars.total).toBeCloseTo(1.3)
  expect(report.dollars.perSecondSaved).toBeCloseTo(1.3 / 90, 8)
})

test('without a hold-out it says what it compares with instead', () => {
  const { stats, visit, cold, heldOut } = startStory()
  expect(stats.report()).toMatchObject({ baseline: 'none', savedMs: null })
  for (let count = 0; count < 30; count++) visit(10_000)
  const byWarmUps = stats.report()
  expect(byWarmUps.baseline).toBe('warm-ups')
  expect(byWarmUps.savedMs?.p50).toBe(2_900)
  for (let count = 0; count < 19; count++) cold(3_500)
  expect(stats.report().baseline).toBe('warm-ups')
  cold(3_500)
  expect(stats.report().baseline).toBe('cold-messages')
  for (let count = 0; count < 19; count++) heldOut(3_500)
  expect(stats.report().baseline).toBe('cold-messages')
  heldOut(3_500)
  expect(stats.report().baseline).toBe('hold-out')
})

test('a session that is started again in a conversation is no first message again', () => {
  const { stats, visit } = startStory()
  visit(1_000)
  stats.onEvent({
    ...details,
    type: 'message-answered',
    sessionTag: 'warm-00000000',
    atMs: 999_999,
    outcome: 'rewarmed',
    joinMs: 0,
    agentMs: 3_000,
  })
  expect(stats.report().firstMessages).toMatchObject({ total: 1, rewarmed: 0 })
})

test('old sessions are forgotten, counts are not', () => {
  const { stats, visit } = startStory()
  for (let count = 0; count < 45_000; count++) visit(count % 2 ? 5_000 : undefined)
  const { warmUps, firstMessages } = stats.report()
  expect(warmUps).toMatchObject({ started: 45_000, used: 22_500, unused: 22_500 })
  expect(firstMessages.warm).toBe(22_500)
})

test('a visit of a chat route of one’s own counts like any other; its start-up is not seen, so it is no comparison', () => {
  const stats = createStats()
  const tell = (sessionTag: string, atMs: number, event: object) =>
    stats.onEvent({ ...details, sessionTag, atMs, ...event } as ProxyEvent)
  for (let visit = 0; visit < 25; visit++) {
    tell(`warm-${visit}`, 0, { type: 'warm-started' })
    tell(`warm-${visit}`, 2_900, warmed)
    tell(`warm-${visit}`, 10_000, { type: 'session-lent', outcome: 'warm', joinMs: 0, isFirst: true })
    tell(`warm-${visit}`, 20_000, { type: 'session-lent', outcome: 'warm', joinMs: 0, isFirst: false })
    tell(`cold-${visit}`, 10_000, { type: 'session-lent', outcome: 'cold', joinMs: 0, isFirst: true })
    tell(`held-${visit}`, 10_000, { type: 'session-lent', outcome: 'cold', joinMs: 0, isFirst: true, isHeldOut: true })
    tell(`warm-${visit}`, 60_000, { type: 'session-closed' })
  }
  const { firstMessages, warmUps, leadMs, baseline, savedMs, verdict } = stats.report()
  expect(firstMessages).toEqual({ total: 75, heldOut: 25, warm: 25, joined: 0, rewarmed: 0, cold: 25 })
  expect(warmUps).toMatchObject({ started: 25, used: 25, unused: 0 })
  expect(leadMs?.p50).toBe(10_000)
  expect(baseline).toBe('warm-ups')
  expect(savedMs?.p50).toBe(2_900)
  expect(verdict.advice).toBe('keep')
})

test('a session that is lent to a chat route of one’s own is told: what it found, and whether it was the first time', async () => {
  const { runtime } = createFakeRuntime()
  const { proxy, openWarm, events } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  const ask = (own: string) =>
    proxy.session(new Request('http://chat.test/chat', { headers: { 'Warm-Agent-Ticket': own } }))
  const session = await ask(ticket)
  await ask(session?.headers['Warm-Agent-Ticket'] ?? '')
  const told = events.filter(({ type }) => type === 'session-lent')
  expect(told).toMatchObject([
    { outcome: 'warm', isFirst: true },
    { outcome: 'warm', isFirst: false },
  ])
  const { onEvent, report } = createStats()
  for (const event of events) onEvent(event)
  expect(report()).toMatchObject({ firstMessages: { total: 1, warm: 1 }, warmUps: { started: 1, used: 1 } })
})

test('a session that a page took out of a pool is a warm-up, used or not; one that a message took has no lead time', () => {
  const { onEvent, report } = createStats()
  const tell = (sessionTag: string, atMs: number, event: object) =>
    onEvent({ ...details, sessionTag, atMs, ...event } as ProxyEvent)
  const answer = { type: 'message-answered', outcome: 'warm', joinMs: 5, agentMs: 95, isFirst: true }
  for (const tag of ['used', 'unused', 'at once']) {
    tell(tag, 1_000, { type: 'session-claimed', tookMs: 1, evidence: 'observed' })
  }
  tell('used', 4_100, answer)
  tell('at once', 1_095, answer)
  tell('unused', 9_000, { type: 'session-closed' })
  expect(report()).toMatchObject({
    warmUps: { started: 3, used: 2, unused: 1, waiting: 0 },
    firstMessages: { total: 2, warm: 2 },
    leadMs: { p50: 3_000, p95: 3_000 },
  })
})

test('a warm-up that moved to another endpoint is one, and used when its message came there', async () => {
  const { openWarm, send, events } = start()
  endpoints.sick = { blue: failure('throttled', false, 60_000) }
  await (await send('hi', (await openWarm()).ticket)).text()
  const { onEvent, report } = createStats()
  for (const event of events) onEvent(event)
  expect(report().warmUps).toMatchObject({ started: 1, used: 1, unused: 0, waiting: 0 })
})

test('a thousand pages that are open at once are each remembered until their message comes', () => {
  const stats = createStats()
  const tags = Array.from({ length: 1_000 }, (_, page) => `warm-${page}`)
  const tell = (atMs: number, event: object) => {
    for (const sessionTag of tags) stats.onEvent({ ...details, sessionTag, atMs, ...event } as ProxyEvent)
  }
  tell(0, { type: 'warm-started' })
  expect(stats.report().warmUps).toMatchObject({ waiting: 1_000 })
  tell(10_000, { type: 'message-answered', outcome: 'warm', joinMs: 0, agentMs: 100 })
  expect(stats.report().warmUps).toMatchObject({ started: 1_000, used: 1_000, unused: 0, waiting: 0 })
})

test.each([
  ['fails is not waited for, and not unused', { type: 'warm-failed', code: 'agent_failed' }, { failed: 1, unused: 0 }],
  ['expires is unused', { type: 'session-expired', reason: 'idle' }, { failed: 0, unused: 1 }],
  ['is reaped is unused', { type: 'session-reaped', reason: 'hold' }, { failed: 0, unused: 1 }],
])('a warm-up that %s', (_, end, counts) => {
  const { onEvent, report } = createStats()
  const about = { ...details, sessionTag: 'warm-1' }
  onEvent({ ...about, type: 'warm-started', atMs: 0 })
  onEvent({ ...about, ...end, atMs: 5_000 } as ProxyEvent)
  expect(report().warmUps).toMatchObject({ started: 1, used: 0, waiting: 0, ...counts })
})

test('a session that nobody told the end of was held for the eight hours that it can live, however late that is noticed', () => {
  const { onEvent, report } = createStats({ costs: { prices: { dollarsPerVcpuHour: 0, dollarsPerGbHour: 1 }, gb: 1 } })
  for (const hours of [0, 50]) {
    onEvent({ ...details, type: 'warm-started', sessionTag: `warm-${hours}`, atMs: hours * 3_600_000 })
  }
  const { warmUps, dollars } = report()
  expect(warmUps).toMatchObject({ started: 2, unused: 1, waiting: 1 })
  expect(dollars.unused).toBeCloseTo(8)
})

test('how long a message waits that is to start the session it was lent is not seen', () => {
  const { onEvent, report } = createStats()
  const lent = { type: 'session-lent', atMs: 0, joinMs: 7, isFirst: true } as const
  for (const outcome of ['cold', 'rewarmed'] as const) onEvent({ ...details, ...lent, sessionTag: outcome, outcome })
  expect(report()).toMatchObject({ firstMessages: { total: 2 }, waitMs: { warmed: null } })
  for (const outcome of ['warm', 'joined'] as const) onEvent({ ...details, ...lent, sessionTag: outcome, outcome })
  expect(report().waitMs.warmed).toEqual({ p50: 7, p95: 7 })
})

test('a report leaves the samples in the order in which they came: the oldest are replaced first', () => {
  const samples = [3, 1, 2]
  expect(quantile(samples, 0.5)).toBe(2)
  expect(samples).toEqual([3, 1, 2])
})

test('a message that its ticket says is not the first does not count as one, whoever answered those before', () => {
  const { onEvent, report } = createStats()
  const answer = { type: 'message-answered', outcome: 'warm', joinMs: 0, agentMs: 9, atMs: 0 } as const
  onEvent({ ...details, ...answer, sessionTag: 'warm-00000001', isFirst: false })
  expect(report().firstMessages.total).toBe(0)
})

test('a second saved costs the same after ten messages and after eleven thousand', () => {
  const costs = { prices: { dollarsPerVcpuHour: 0, dollarsPerGbHour: 3.6 }, gb: 1 }
  const dollarsAfter = (visits: number) => {
    const { stats, visit, heldOut } = startStory({ costs })
    for (let count = 0; count < visits; count++) {
      visit(10_000)
      heldOut(3_150)
    }
    const { dollars, firstMessages } = stats.report()
    expect(firstMessages).toMatchObject({ heldOut: visits, warm: visits })
    return dollars.perSecondSaved
  }
  // $0.01 for each hold, and 3 s saved.
  expect(dollarsAfter(20)).toBeCloseTo(0.01 / 3, 8)
  expect(dollarsAfter(11_000)).toBeCloseTo(0.01 / 3, 8)
})

test('a second saved costs what it does also where half of all starts are quick', () => {
  const costs = { prices: { dollarsPerVcpuHour: 0, dollarsPerGbHour: 3.6 }, gb: 1 }
  const { stats, visit, heldOut } = startStory({ costs })
  for (let count = 0; count < 100; count++) {
    visit(10_000, { waitMs: 100 })
    heldOut(count % 5 < 3 ? 300 : 10_100)
  }
  const { dollars, meanSavedMs, savedMs } = stats.report()
  expect(savedMs?.p50).toBe(200)
  expect(dollars.perSecondSaved).toBeCloseTo(0.01 / 4.12, 8)
  expect(meanSavedMs?.estimate).toBeCloseTo(4_120)
})

test('a boot in vain takes as much CPU as the table of prices says', () => {
  const oneDollarPerVcpuSecond = { dollarsPerVcpuHour: 3_600, dollarsPerGbHour: 0 }
  const { stats, visit } = startStory({ costs: { prices: oneDollarPerVcpuSecond } })
  visit(undefined)
  expect(stats.report().dollars.unused).toBeCloseTo(bootVcpuSeconds)
})

test.each([
  [{ cost: {} }, /there is no option cost\./],
  [{ costs: { gigabytes: 2 } }, /there is no option costs\.gigabytes/],
  [{ costs: { platform: 'toString' } }, /costs\.platform is "toString"/],
  [{ costs: { gb: Number.POSITIVE_INFINITY } }, /costs\.gb is Infinity/],
  [{ costs: { platform: 'v3' } }, /costs\.platform is "v3"\. Give one of v1-code, v1-container, v2/],
  [{ costs: { gb: -1 } }, /costs\.gb is -1/],
  [{ costs: { mostDollarsPerSecond: Number.NaN } }, /costs\.mostDollarsPerSecond/],
  [{ costs: { prices: { dollarsPerGbHour: 1 } } }, /costs\.prices is .*dollarsPerVcpuHour/],
])('statistics of %j are refused', (options, message) => {
  expect(() => createStats(options as never)).toThrow(message)
})
