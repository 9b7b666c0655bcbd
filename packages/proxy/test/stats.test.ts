import { createWarmProxy, type ProxyEvent } from '@warm-agent/proxy'
import { createStats, decideVerdict, withHoldOut } from '@warm-agent/proxy/stats'
import { expect, test } from 'vitest'

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
  expect(report.dollars.perSecondSaved).toBeCloseTo(1.3 / 90)
})

test('without a hold-out it says what it compares with instead', () => {
  const { stats, visit, cold } = startStory()
  expect(stats.report()).toMatchObject({ baseline: 'none', savedMs: null })
  for (let count = 0; count < 30; count++) visit(10_000)
  const byWarmUps = stats.report()
  expect(byWarmUps.baseline).toBe('warm-ups')
  expect(byWarmUps.savedMs?.p50).toBe(2_900)
  for (let count = 0; count < 20; count++) cold(3_500)
  expect(stats.report().baseline).toBe('cold-messages')
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
  for (let count = 0; count < 60_000; count++) visit(count % 2 ? 5_000 : undefined)
  const { warmUps, firstMessages } = stats.report()
  expect(warmUps).toMatchObject({ started: 60_000, used: 30_000, unused: 30_000 })
  expect(firstMessages.warm).toBe(30_000)
})

const facts = {
  firstMessages: 100,
  savedMs: { p50: 2_700, p95: 4_000 },
  perSecondSaved: 0.0005,
  mostDollarsPerSecond: 0.01,
  used: 60,
  unused: 40,
  unusedShareOfDollars: 0.7,
  leadP95Ms: 60_000,
  unusedHeldP50Ms: 90_000,
}

test.each([
  ['wait', { firstMessages: 3 }, /3 first messages/],
  ['keep', {}, /2\.70 s sooner/],
  ['shorten-hold', { unusedHeldP50Ms: 900_000 }, /within 60 s.*held for 900 s/],
  ['go-to-intent', { used: 10, unused: 90 }, /10 %.*intent/],
  ['switch-off', { savedMs: { p50: 40, p95: 90 } }, /do not notice/],
  ['switch-off', { perSecondSaved: 0.02 }, /\$0\.0200/],
] as const)('the verdict is "%s" for %j', (advice, change, reason) => {
  const verdict = decideVerdict({ ...facts, ...change })
  expect(verdict.advice).toBe(advice)
  expect(verdict.reason).toMatch(reason)
})

test('a held-out caller is never warmed, is answered cold, and is always the same', async () => {
  const calls: string[] = []
  const events: ProxyEvent[] = []
  const proxy = createWarmProxy({
    runtime: {
      qualifiers: ['DEFAULT'],
      idleTimeoutMs: 900_000,
      maxLifetimeMs: 900_000,
      invoke: async (_, { body }) => {
        calls.push(new TextDecoder().decode(body))
        return { status: 200, contentType: 'application/json', body: new Response('{}').body as ReadableStream }
      },
      stop: async () => {},
      warmUpRequest: () => ({ body: new TextEncoder().encode('warm-up'), contentType: 'a/b', accept: 'a/b' }),
      readEcho: () => undefined,
    },
    authorize: withHoldOut(request => ({ callerId: request.headers.get('x-user') ?? '' }), { share: 0.3 }),
    secret: 'thirty-two bytes or more of something random',
    onEvent: event => events.push(event),
  })
  const post = (user: string, path: string) =>
    proxy.fetch(new Request(`http://h/api/agent${path}`, { method: 'POST', headers: { 'x-user': user }, body: '{}' }))
  // The limits of the proxy itself refuse nobody so early.
  let heldOut = ''
  for (let user = 0; heldOut === ''; user++) {
    const response = await post(`user-${user}`, '/sessions')
    await response.body?.cancel()
    if (response.status === 429) heldOut = `user-${user}`
  }
  calls.length = 0
  const refused = await post(heldOut, '/sessions')
  expect(refused.status).toBe(429)
  expect(await refused.json()).toMatchObject({ error: { code: 'rate_limited' } })
  const answer = await post(heldOut, '/messages')
  expect(answer.headers.get('warm-agent-outcome')).toBe('cold')
  expect(calls).toEqual(['{}'])
  expect(events.at(-1)).toMatchObject({ type: 'message-answered', isHeldOut: true })
  await proxy.close()
})

test('the share of callers held out is the share asked for', async () => {
  const authorize = withHoldOut(request => ({ callerId: request.headers.get('x-user') ?? '' }), { share: 0.3 })
  let heldOut = 0
  for (let user = 0; user < 5_000; user++) {
    const caller = await authorize(new Request('http://h/api/agent/messages', { headers: { 'x-user': `${user}` } }))
    if (caller && 'isHeldOut' in caller) heldOut += 1
  }
  expect(heldOut / 5_000).toBeGreaterThan(0.28)
  expect(heldOut / 5_000).toBeLessThan(0.32)
  expect(() => withHoldOut(() => null, { share: 30 })).toThrow(/share is 30/)
})
