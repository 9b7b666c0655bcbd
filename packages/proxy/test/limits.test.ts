import type { WarmProxyOptions } from '@warm-agent/proxy'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { memoryLimits } from '../src/limits/memory-limits.ts'
import { createTestProxy, outcomeOf, ticketOf } from './browser.ts'
import { brokenStreamOf, createFakeRuntime, failure, hang } from './fake-runtime.ts'

beforeEach(() => {
  // At the end of a second, minute or day the counters begin anew: these tests begin just after.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: Date.UTC(2026, 10, 22) })
})
afterEach(() => {
  vi.useRealTimers()
})

function start(limits: NonNullable<WarmProxyOptions['limits']>, options: Parameters<typeof createFakeRuntime>[0] = {}) {
  const fake = createFakeRuntime(options)
  const browser = createTestProxy({ runtime: fake.runtime, limits })
  const openAs = (user: string) => browser.post('/sessions', { headers: { 'x-user': user } })
  /** How many of so many pages that open at once are warmed. */
  const openMany = async (count: number, userOf = (page: number) => `user ${page}`) => {
    const answers = await Promise.all(Array.from({ length: count }, (_, page) => openAs(userOf(page))))
    return answers.filter(({ status }) => status === 200).length
  }
  const refusals = () => browser.events.flatMap(event => (event.type === 'warm-refused' ? [event.limit] : []))
  return { ...fake, ...browser, openAs, openMany, refusals }
}

test('a warm-up over a limit is refused gently: it costs no VM, says when to try again, and the chat goes cold', async () => {
  const { openAs, openMany, send, log, refusals } = start({ warmUpsPerSecond: 1 })
  await openMany(1)
  const refused = await openAs('ann')
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(await refused.json()).toMatchObject({ error: { code: 'rate_limited', retryAfterMs: 1000 } })
  expect(log.filter(line => line.includes('started'))).toEqual(['vm 1 started'])
  expect(refusals()).toEqual(['warmUpsPerSecond'])
  expect(outcomeOf(await send('hi'))).toBe('cold')
})

test('by default warm-ups get 80 % of the quota of 25 new sessions a second, whatever comes at once', async () => {
  const { openMany, refusals } = start({})
  expect(await openMany(40)).toBe(20)
  expect(new Set(refusals())).toEqual(new Set(['warmUpsPerSecond']))
  vi.advanceTimersByTime(1000)
  expect(await openMany(40), 'the second before still counts').toBe(0)
  vi.advanceTimersByTime(500)
  expect(await openMany(40)).toBe(10)
})

test('what messages start comes off the budget of warm-ups, and is never refused itself', async () => {
  const { openMany, send } = start({})
  const answers = await Promise.all(Array.from({ length: 50 }, () => send('hi')))
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  await Promise.all(answers.map(answer => answer.text()))
  expect(await openMany(1)).toBe(0)
  vi.advanceTimersByTime(2000)
  await Promise.all(Array.from({ length: 15 }, () => send('hi')))
  expect(await openMany(20)).toBe(5)
})

test('so does a session that a message starts again', async () => {
  const { openWarm, openMany, send } = start({ warmUpsPerSecond: 1 })
  const { ticket } = await openWarm()
  vi.setSystemTime(Date.now() + 900_000)
  expect(outcomeOf(await send('hi', ticket))).toBe('rewarmed')
  expect(await openMany(1)).toBe(0)
})

test('a message on a session that runs takes nothing from the budget of warm-ups', async () => {
  const { openWarm, openMany, send } = start({ warmUpsPerSecond: 2 })
  const { ticket } = await openWarm()
  for (let count = 0; count < 10; count++) expect(outcomeOf(await send('hi', ticket))).toBe('warm')
  expect(await openMany(1)).toBe(1)
})

test('a session that is lent to a route of the application counts as a message does', async () => {
  const { proxy, open, openMany, refusals } = start({ liveSessionsPerCaller: 1, warmUpsPerSecond: 1 })
  expect(await proxy.session(new Request('http://chat.test/chat'))).toMatchObject({ outcome: 'cold' })
  expect(await openMany(1), 'it is a new one').toBe(0)
  vi.setSystemTime(Date.now() + 2_000)
  expect((await open()).response.status, 'it lives').toBe(429)
  expect(refusals().at(-1)).toBe('liveSessionsPerCaller')
})

test('a caller has so many live sessions, those of conversations too; one that is closed makes room', async () => {
  const { open, openWarm, openMany, send, post, refusals } = start({ liveSessionsPerCaller: 2 })
  const { ticket } = await openWarm()
  await send('hi', ticket)
  await send('a second conversation')
  expect((await open()).response.status).toBe(429)
  expect(refusals()).toEqual(['liveSessionsPerCaller'])
  expect(await openMany(1), 'another caller').toBe(1)
  await post('/sessions/close', { ticket })
  expect((await open()).response.status).toBe(200)
})

test('a session that idled out, or whose warm-up failed, makes room too', async () => {
  const { open, openWarm, failNext } = start({ liveSessionsPerCaller: 1 })
  failNext(failure('quota'))
  const { next } = await open()
  await next()
  expect(await next()).toMatchObject({ event: 'failed' })
  await openWarm()
  expect((await open()).response.status).toBe(429)
  vi.setSystemTime(Date.now() + 900_000)
  expect((await open()).response.status).toBe(200)
})

test('a beat keeps the room of its session', async () => {
  const { open, openWarm, beat } = start({ liveSessionsPerCaller: 1 })
  const { ticket } = await openWarm()
  vi.setSystemTime(Date.now() + 600_000)
  await beat(ticket)
  vi.setSystemTime(Date.now() + 600_000)
  expect((await open()).response.status).toBe(429)
})

test('a parked session has its room until it is stopped', async () => {
  const { open, openWarm, post } = start({ liveSessionsPerCaller: 1 })
  const { ticket } = await openWarm()
  await post('/sessions/close?afterMs=30000', { ticket })
  vi.setSystemTime(Date.now() + 29_999)
  expect((await open()).response.status).toBe(429)
  vi.setSystemTime(Date.now() + 1)
  expect((await open()).response.status).toBe(200)
})

test('a caller asks for so many warm-ups in a minute, whatever became of them', async () => {
  const { openAs, openWarm, post, refusals } = start({ warmUpsPerCallerPerMinute: 3 })
  for (let count = 0; count < 3; count++) await post('/sessions/close', { ticket: (await openWarm()).ticket })
  expect((await openAs('ann')).status).toBe(429)
  expect((await openAs('bob')).status).toBe(200)
  expect(refusals()).toEqual(['warmUpsPerCallerPerMinute'])
  vi.setSystemTime(Date.now() + 120_000)
  expect((await openAs('ann')).status).toBe(200)
})

test('a warm-up that is refused for one limit takes nothing of the others', async () => {
  // An hour costs a dollar, so a session that nobody touches costs a quarter.
  const { openAs, refusals } = start({
    liveSessionsPerCaller: 2,
    warmUpsPerCallerPerMinute: 1,
    unsentDollarsPerDay: 0.5,
    unsentDollarsPerHour: 1,
  })
  const statuses: number[] = []
  for (let count = 0; count < 3; count++) statuses.push((await openAs('ann')).status)
  vi.setSystemTime(Date.now() + 120_000)
  statuses.push((await openAs('ann')).status)
  expect(statuses).toEqual([200, 429, 429, 200])
  expect(new Set(refusals())).toEqual(new Set(['warmUpsPerCallerPerMinute']))
})

test('callers with one limitKey share the limits per caller, and nothing else', async () => {
  const { runtime } = createFakeRuntime()
  const authorize = (request: Request) => ({ callerId: request.headers.get('x-user') ?? '', limitKey: '192.0.2.1' })
  const { open, send } = createTestProxy({ runtime, authorize, limits: { liveSessionsPerCaller: 1 } })
  const { response, next } = await open({ headers: { 'x-user': 'ann' } })
  expect(response.status).toBe(200)
  const lease = await next()
  const ticket = lease?.event === 'lease' ? lease.data.ticket : ''
  expect((await open({ headers: { 'x-user': 'bob' } })).response.status).toBe(429)
  expect((await send('hi', ticket, { headers: { 'x-user': 'bob' } })).status).toBe(401)
})

test('so many warm-ups are in flight at the same time', async () => {
  const { openMany, refusals, events } = start({ warmUpsAtOnce: 5 }, { bootMs: 3000 })
  expect(await openMany(8)).toBe(5)
  expect(new Set(refusals())).toEqual(new Set(['warmUpsAtOnce']))
  await vi.advanceTimersByTimeAsync(3000)
  await vi.waitUntil(() => events.filter(({ type }) => type === 'warm-succeeded').length === 5)
  await new Promise(resolve => setImmediate(resolve))
  expect(await openMany(8)).toBe(5)
})

test('a page that left while its session warmed makes room when that is stopped', async () => {
  const { open, events } = start({ liveSessionsPerCaller: 1, parkMs: 30_000 }, { bootMs: 3000 })
  await (await open()).leave()
  await vi.waitUntil(() => events.some(({ type }) => type === 'session-parked'))
  vi.setSystemTime(Date.now() + 29_000)
  expect((await open()).response.status).toBe(429)
  vi.setSystemTime(Date.now() + 1_000)
  expect((await open()).response.status).toBe(200)
})

test('calls over their budget: beats and warm-ups wait, messages do not', async () => {
  const { openWarm, open, beat, send, log } = start({ callsPerSecond: 5 })
  const { ticket } = await openWarm()
  for (let count = 0; count < 10; count++) expect((await send('hi', ticket)).status).toBe(200)
  expect(await beat(ticket)).toMatchObject({ error: { code: 'rate_limited' } })
  expect((await open()).response.status).toBe(429)
  expect(log.filter(line => line.includes('warmed'))).toEqual(['vm 1 warmed'])
  vi.advanceTimersByTime(2000)
  expect(await beat(ticket)).toMatchObject({ status: 'warm' })
})

test('a warm-up that is tried again takes two calls of the budget, a session that is closed takes another', async () => {
  const { open, openMany, openWarm, post, failNext } = start({ callsPerSecond: 3 })
  failNext(failure('unreachable'))
  const { next } = await open()
  await next()
  await vi.advanceTimersByTimeAsync(250)
  expect(await next()).toMatchObject({ event: 'warm' })
  expect(await openMany(2)).toBe(1)
  vi.setSystemTime(Date.now() + 2_000)
  await post('/sessions/close', { ticket: (await openWarm()).ticket })
  expect(await openMany(2)).toBe(1)
})

test('unsent warmth has a budget of money a day; a message or a close gives back what was not used', async () => {
  // An hour costs a dollar, so a session that nobody touches costs a quarter.
  const { openMany, openWarm, send, post, refusals, openAs } = start({
    unsentDollarsPerDay: 0.5,
    unsentDollarsPerHour: 1,
  })
  const first = await openWarm()
  const second = await openWarm()
  const refused = await openAs('bob')
  expect(refused.status).toBe(429)
  expect(refusals()).toEqual(['unsentDollarsPerDay'])
  expect(Number(refused.headers.get('retry-after'))).toBe(86_400)
  await send('hi', first.ticket)
  await post('/sessions/close', { ticket: second.ticket })
  expect(await openMany(3)).toBe(2)
  vi.setSystemTime(Date.now() + 86_400_000)
  expect(await openMany(1), 'the next day').toBe(1)
})

test('when the money is spent, an unsent session is held no longer, and a conversation is', async () => {
  const { openWarm, beat, send, log } = start({ unsentDollarsPerDay: 0.3, unsentDollarsPerHour: 1 })
  const { ticket } = await openWarm()
  vi.setSystemTime(Date.now() + 600_000)
  expect(await beat(ticket)).toMatchObject({ error: { code: 'session_expired' } })
  expect(log.at(-1)).toBe('vm 1 stopped')
  const answer = await send('hi')
  const conversation = ticketOf(answer)
  vi.setSystemTime(Date.now() + 600_000)
  expect(await beat(conversation)).toMatchObject({ status: 'warm' })
})

test.each([
  ['its VM is gone', ({ killAll }: ReturnType<typeof start>) => killAll()],
  ['the money for it is spent', () => vi.setSystemTime(Date.now() + 600_000)],
])('a session that a beat has found at its end makes room at once: %s', async (_, change) => {
  const started = start({ liveSessionsPerCaller: 1, unsentDollarsPerDay: 0.6, unsentDollarsPerHour: 1 })
  const { openWarm, open, send, beat } = started
  const { ticket } = await openWarm()
  const bob = { headers: { 'x-user': 'bob' } }
  const { next } = await open(bob)
  await next()
  const warm = await next()
  change(started)
  expect(await beat(ticket)).toMatchObject({ error: { code: 'session_expired' } })
  // It gives back what was paid for the rest of the other one.
  await send('hi', warm?.event === 'warm' ? warm.data.ticket : '', bob)
  expect((await open()).response.status).toBe(200)
})

test('what is left of yesterday’s money is given back to yesterday: no day pays for more than its own', async () => {
  const { openMany, openWarm, post, beat } = start({ unsentDollarsPerDay: 0.5, unsentDollarsPerHour: 1 })
  vi.setSystemTime(Date.UTC(2026, 10, 22, 23, 59))
  const first = await openWarm()
  const second = await openWarm()
  vi.setSystemTime(Date.UTC(2026, 10, 23, 0, 1))
  await post('/sessions/close', { ticket: first.ticket })
  expect(await beat(second.ticket), 'from now on today pays for it').toMatchObject({ status: 'warm' })
  expect(await openMany(3)).toBe(1)
})

test('a session that has ended costs nothing and takes no room, however often its page says that it leaves', async () => {
  const { openWarm, openMany, openAs, post, send } = start({
    unsentDollarsPerDay: 0.75,
    unsentDollarsPerHour: 1,
    liveSessionsPerCaller: 2,
  })
  const closed = [await openWarm(), await openWarm()]
  for (const { ticket } of closed) await post('/sessions/close', { ticket })
  const sent = await openWarm()
  await send('hi', sent.ticket)
  await post('/sessions/close', { ticket: sent.ticket })
  const expired = await openWarm()
  vi.setSystemTime(Date.now() + 900_000)
  for (const { ticket } of [...closed, sent, expired]) await post('/sessions/close?afterMs=900000', { ticket })
  // The one that expired has cost a third of the day's money.
  expect((await openAs('ann')).status).toBe(200)
  expect(await openMany(2)).toBe(1)
})

test('to be parked prolongs nothing: what was paid until then is enough', async () => {
  const { openWarm, openMany, post } = start({ unsentDollarsPerDay: 0.5, unsentDollarsPerHour: 1 })
  const { ticket } = await openWarm()
  vi.setSystemTime(Date.now() + 800_000)
  await post('/sessions/close?afterMs=900000', { ticket })
  expect(await openMany(2)).toBe(1)
})

test('a parked conversation costs no money for unsent warmth, whichever instance its message has reached', async () => {
  const { runtime, openWarm, openMany, post } = start({ unsentDollarsPerDay: 0.25, unsentDollarsPerHour: 1 })
  const { ticket } = await openWarm()
  const conversation = ticketOf(await createTestProxy({ runtime }).send('hi', ticket))
  await post('/sessions/close?afterMs=900000', { ticket: conversation })
  expect(await openMany(1)).toBe(1)
})

test('beats of one session take three calls a second, whatever comes, and those of a dead one none', async () => {
  const { openWarm, openMany, beat, post, log } = start({ callsPerSecond: 10 })
  const { ticket } = await openWarm()
  const dead = await openWarm()
  await post('/sessions/close', { ticket: dead.ticket })
  vi.setSystemTime(Date.now() + 60_000)
  const lease = await beat(ticket)
  for (let count = 0; count < 20; count++) {
    expect(await beat(lease.ticket)).toMatchObject({ status: 'warm', ttlMs: 900_000 })
    expect(await beat(dead.ticket)).toMatchObject({ error: { code: 'session_expired' } })
  }
  expect(
    log.filter(line => line === 'vm 1 warmed'),
    'to start it, and by three beats',
  ).toHaveLength(4)
  expect(await openMany(1), 'nobody else was held up').toBe(1)
  vi.setSystemTime(Date.now() + 1000)
  await beat(lease.ticket)
  expect(log.filter(line => line === 'vm 1 warmed')).toHaveLength(5)
})

test('a beat that waited for the limits while its warm-up ended says that it is warm, and so do those that come too soon', async () => {
  const store = memoryLimits()
  const slow = { ...store, hold: vi.fn(store.hold) }
  const { openLease, beat } = start({ store: slow }, { bootMs: 300 })
  const { ticket } = await openLease()
  slow.hold.mockImplementationOnce(async (...hold) => {
    await vi.advanceTimersByTimeAsync(300)
    return store.hold(...hold)
  })
  for (let count = 0; count < 5; count++) expect(await beat(ticket)).toMatchObject({ status: 'warm' })
})

test('where touches fail one after the other, the next beat is told to wait', async () => {
  const { openWarm, beat, failNext, log } = start({})
  const { ticket } = await openWarm()
  vi.setSystemTime(Date.now() + 60_000)
  for (let count = 0; count < 3; count++) {
    failNext(failure('unavailable'))
    expect(await beat(ticket)).toMatchObject({ error: { code: 'agent_unavailable' } })
  }
  expect(await beat(ticket)).toMatchObject({ error: { code: 'rate_limited', retryAfterMs: 1000 } })
  expect(log.filter(line => line === 'failed')).toHaveLength(3)
  vi.setSystemTime(Date.now() + 1000)
  expect(await beat(ticket)).toMatchObject({ status: 'warm' })
})

test('a beat that comes too soon after others still keeps a parked session, and its room', async () => {
  const { openWarm, open, beat, post } = start({ liveSessionsPerCaller: 1 })
  const { ticket } = await openWarm()
  for (let count = 0; count < 3; count++) await beat(ticket)
  await post('/sessions/close?afterMs=100', { ticket })
  expect(await beat(ticket)).toMatchObject({ status: 'warm' })
  await vi.advanceTimersByTimeAsync(100)
  expect((await open()).response.status, 'it lives, so it counts').toBe(429)
})

const messagesAtOncePerCaller = 2

test('a caller has so many messages in flight; one more is told when to try again, and others are not held up', async () => {
  const { send, log, refusals } = start({ messagesAtOncePerCaller })
  const [first] = await Promise.all([send('one'), send('two')])
  const refused = await send('three')
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(await refused.json()).toMatchObject({ error: { code: 'rate_limited', retryAfterMs: 1000 } })
  expect(log.filter(line => line.includes('ran'))).toHaveLength(2)
  expect(refusals(), 'no warm-up was refused').toEqual([])
  expect((await send('hi', undefined, { headers: { 'x-user': 'bob' } })).status).toBe(200)
  await first.text()
  expect((await send('four')).status).toBe(200)
})

const endings: [
  string,
  (send: ReturnType<typeof start>['send'], fake: ReturnType<typeof start>) => Promise<unknown>,
][] = [
  ['is read', async send => (await send('hi')).text()],
  ['is cancelled', async send => (await send('hi')).body?.cancel()],
  [
    'breaks off',
    async (send, { answerWith }) => {
      answerWith(() => brokenStreamOf('half'))
      await (await send('hi')).text().catch(() => undefined)
    },
  ],
  [
    'never begins, because the agent failed',
    (send, { failNext }) => {
      failNext(failure('agent', true))
      return send('hi')
    },
  ],
  [
    'is aborted while it is awaited',
    async (send, { failNext }) => {
      const leaving = new AbortController()
      failNext(hang)
      const sending = send('hi', undefined, { signal: leaving.signal })
      setImmediate(() => leaving.abort())
      await sending
    },
  ],
  [
    'is aborted while it is read',
    async send => {
      const leaving = new AbortController()
      await send('hi', undefined, { signal: leaving.signal })
      leaving.abort()
    },
  ],
  ['is not asked for, because the message is too long', send => send('x'.repeat(11 * 1024 * 1024))],
  [
    'is not asked for, because no such agent is served',
    send => send('hi', undefined, { headers: { 'warm-agent-agent': 'x' } }),
  ],
]

test.each(endings)('a message makes room when its answer %s', async (_, end) => {
  const started = start({ messagesAtOncePerCaller: 1 })
  await end(started.send, started)
  const { status } = await started.send('hi')
  expect(status).toBe(200)
})

test('a limit of 0 allows no warm-up, one of Infinity any number', async () => {
  const none = start({ warmUpsPerSecond: 0 })
  expect(await none.openMany(1)).toBe(0)
  const all = start({ warmUpsPerSecond: Number.POSITIVE_INFINITY })
  expect(await all.openMany(200)).toBe(200)
})

test.each([
  [{ warmUpsPerSecond: -1 }, /limits\.warmUpsPerSecond is -1: expected a number from 0/],
  [{ liveSessionsPerCaller: 'many' }, /limits\.liveSessionsPerCaller is "many": expected/],
  [{ messagesAtOncePerCaller: 0 }, /limits\.messagesAtOncePerCaller is 0: expected a number from 1 on, or Infinity/],
  [{ store: {} }, /limits\.store is an object: expected a LimitStore/],
])('limits %j are refused at construction', (limits, message) => {
  expect(() => start(limits as never)).toThrow(message)
})

test('while the store does not answer, the proxy counts for itself, says so once, and keeps no message waiting', async () => {
  const never = () => new Promise<never>(() => {})
  const { open, send, openMany, events } = start({ store: { add: never, hold: never }, liveSessionsPerCaller: 1 })
  expect((await send('hi')).status).toBe(200)
  const opening = Promise.all([open({ headers: { 'x-user': 'bob' } }), open({ headers: { 'x-user': 'bob' } })])
  await vi.advanceTimersByTimeAsync(500)
  expect((await opening).map(({ response }) => response.status).sort()).toEqual([200, 429])
  expect(await openMany(3)).toBe(3)
  expect(events.filter(({ type }) => type === 'limits-failed')).toHaveLength(1)
})
