import { expect, test, vi } from 'vitest'
import { createTestProxy, ticketOf } from './browser.ts'
import { prepareLimits } from './prepare-limits.ts'

const start = prepareLimits()

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
