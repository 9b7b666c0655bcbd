import { expect, test, vi } from 'vitest'
import { memoryLimits } from '../src/limits/memory-limits.ts'
import { failure } from './fake-runtime.ts'
import { prepareLimits } from './prepare-limits.ts'

const start = prepareLimits()

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

test('each session has touches of its own: beats of many at once are all made', async () => {
  const { openWarm, beat, log } = start({})
  const leases = [await openWarm(), await openWarm(), await openWarm(), await openWarm()]
  log.length = 0
  await Promise.all(leases.map(({ ticket }) => beat(ticket)))
  expect(log.sort()).toEqual(['vm 1 warmed', 'vm 2 warmed', 'vm 3 warmed', 'vm 4 warmed'])
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
