import { expect, test, vi } from 'vitest'
import { createTestProxy, outcomeOf } from './browser.ts'
import { createFakeRuntime, failure } from './fake-runtime.ts'
import { prepareLimits } from './prepare-limits.ts'

const start = prepareLimits()

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

test('a warm-up that failed, and a session that could not be stopped, make room at once', async () => {
  const { open, openWarm, post, failNext, runtime } = start({ warmUpsAtOnce: 1, liveSessionsPerCaller: 1 })
  failNext(failure('invalid'))
  const { next } = await open()
  await next()
  expect(await next()).toMatchObject({ event: 'failed' })
  const { ticket } = await openWarm()
  runtime.stop = () => Promise.reject(failure('refused'))
  expect((await post('/sessions/close', { ticket })).status).toBe(503)
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

test('a beat keeps that room no longer than the platform keeps the session, however long a hold may last', async () => {
  const { open, openWarm, beat } = start({ liveSessionsPerCaller: 1, unsentHoldMs: 3_600_000 })
  await beat((await openWarm()).ticket)
  vi.setSystemTime(Date.now() + 900_000)
  expect((await open()).response.status).toBe(200)
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

test('so has one that is parked with an older ticket than that of its last beat', async () => {
  const { open, openWarm, beat, post } = start({ liveSessionsPerCaller: 1 })
  const { ticket } = await openWarm()
  vi.setSystemTime(Date.now() + 600_000)
  await beat(ticket)
  await post('/sessions/close?afterMs=600000', { ticket })
  vi.setSystemTime(Date.now() + 400_000)
  expect((await open()).response.status).toBe(429)
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

test('callers with one limitKey share the warm-ups of a minute: a new name gets no more of them', async () => {
  const { runtime } = createFakeRuntime()
  let callers = 0
  const authorize = () => ({ callerId: `ann ${++callers}`, limitKey: '192.0.2.1' })
  const { open } = createTestProxy({ runtime, authorize, limits: { warmUpsPerCallerPerMinute: 1 } })
  const statuses = [await open(), await open()].map(({ response }) => response.status)
  expect(statuses).toEqual([200, 429])
})

/** A session of Ann's, and Bob who is Ann by another name. Each may have one. */
async function startWithTwoNames() {
  const fake = createFakeRuntime()
  const authorize = (request: Request) => ({ callerId: request.headers.get('x-user') ?? 'ann', otherIds: ['ann'] })
  const browser = createTestProxy({ runtime: fake.runtime, authorize, limits: { liveSessionsPerCaller: 1 } })
  const { ticket } = await browser.openWarm()
  return { ...fake, ...browser, ticket, asBob: { ticket, headers: { 'x-user': 'bob' } } }
}

test.each(['closes a session', 'beats for a session that is gone'])(
  'who %s by another name makes room for the name that it was opened by',
  async what => {
    const { asBob, open, post, killAll } = await startWithTwoNames()
    if (what === 'closes a session') expect((await post('/sessions/close', asBob)).status).toBe(204)
    else {
      killAll()
      expect(await (await post('/sessions/beat', asBob)).json()).toMatchObject({ error: { code: 'session_expired' } })
    }
    expect((await open()).response.status).toBe(200)
  },
)

test.each(['beats', 'sends a message on', 'borrows'])(
  'who %s a session by another name takes no place of that name',
  async what => {
    const { asBob, open, post, proxy } = await startWithTwoNames()
    const headers = { ...asBob.headers, 'Warm-Agent-Ticket': asBob.ticket }
    if (what === 'beats') expect((await post('/sessions/beat', asBob)).status).toBe(200)
    else if (what === 'borrows')
      expect(await proxy.session(new Request('http://chat.test/chat', { headers }))).toMatchObject({ outcome: 'warm' })
    else expect(outcomeOf(await post('/messages', { ...asBob, body: 'hi' }))).toBe('warm')
    expect((await open({ headers: asBob.headers })).response.status).toBe(200)
  },
)

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
