import { memoryLedger } from '@warm-agent/proxy'
import { expect, test, vi } from 'vitest'
import { createTestProxy } from './browser.ts'
import { connectTo } from './connect-to-ledger.ts'
import { createFakeRuntime } from './fake-runtime.ts'
import { park, prepareFleet } from './fleet.ts'

const { pass, during } = prepareFleet()

const stalls = ['reaper', 'instance that parked it'].flatMap(who => [1_700, 2_500, 3_500].map(ms => [who, ms] as const))

test.each(stalls)(
  'the %s stops no session under its answer after the ledger has stalled for %i ms',
  async (who, ms) => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    const { runtime, log, answerWith } = createFakeRuntime()
    answerWith(() => new ReadableStream())
    const ledger = memoryLedger()
    const follow = { ...ledger, lead: async () => undefined }
    const all = [connectTo(who === 'reaper' ? ledger : follow), connectTo(follow), connectTo(follow)] as const
    const [one, two, three] = all.map(each => createTestProxy({ runtime, ledger: each.ledger }))
    const { ticket } = (await one?.openWarm()) ?? {}
    await pass(2_500)
    // When that is over the reaper asks at once, and the other's own timer fires a moment later.
    await three?.post(`/sessions/close?afterMs=${who === 'reaper' ? ms - 100 : ms + 300}`, { ticket })
    for (const { connection } of all) connection.is = 'stalled'
    // It has died: nobody but the reaper would stop the session.
    if (who === 'reaper') all[2].connection.is = 'hung'
    await pass(ms - 1_200)
    // The page is back, by way of an instance that gives up waiting for the ledger just before that answers.
    const answering = two?.send('hi', ticket)
    await pass(1_200)
    for (const { endStall, connection } of all) if (connection.is === 'stalled') endStall()
    await pass(20_000)
    expect((await answering)?.status).toBe(200)
    expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 ran hi'])
  },
)

test('a session that is parked when the ledger stalls is stopped all the same, once that is over', async () => {
  const { runtime, log } = createFakeRuntime()
  const { ledger, connection, endStall } = connectTo(memoryLedger())
  const { openWarm, post } = createTestProxy({ runtime, ledger })
  await post('/sessions/close?afterMs=4000', { ticket: (await openWarm()).ticket })
  connection.is = 'stalled'
  await pass(5_000)
  endStall()
  await pass(10_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
})

/** Two instances, each with a connection of its own to the ledger. */
function startTwo() {
  const { runtime, log } = createFakeRuntime()
  const ledger = memoryLedger()
  const [early, late] = [connectTo(ledger), connectTo(ledger)]
  const one = createTestProxy({ runtime, ledger: early.ledger })
  const two = createTestProxy({ runtime, ledger: late.ledger })
  return { log, early, late, one, two }
}

test.each(['leaves', 'stays'])(
  'of what the ledger missed the page’s last word counts, though it is written first: it %s',
  async word => {
    const { log, early, late, one, two } = startTwo()
    const { ticket } = await one.openWarm()
    const leaveBy = (each: typeof one) => each.post('/sessions/close?afterMs=9000', { ticket })
    early.connection.is = late.connection.is = 'cut'
    // Each asks again two seconds after it has met the outage, this one first.
    await one.beat((await one.openWarm()).ticket)
    await pass(500)
    await (word === 'leaves' ? two.beat(ticket) : leaveBy(two))
    // Further apart than two clocks may be.
    await pass(6_000)
    await (word === 'leaves' ? leaveBy(one) : one.beat(ticket))
    early.connection.is = late.connection.is = 'up'
    await pass(30_000)
    expect(log.includes('vm 1 stopped')).toBe(word === 'leaves')
  },
)

test('a page that is back keeps its session, however far the clock of whoever hears that is behind', async () => {
  const { runtime, log } = createFakeRuntime()
  const ledger = memoryLedger()
  const [one, two] = [createTestProxy({ runtime, ledger }), createTestProxy({ runtime, ledger })]
  const { ticket } = await one.openWarm()
  await one.post(park, { ticket })
  vi.setSystemTime(Date.now() - 3_000)
  expect(await two.beat(ticket)).toMatchObject({ status: 'warm' })
  await pass(60_000)
  expect(log).not.toContain('vm 1 stopped')
})

test('a page that is back keeps its session, though that is written down late, by whose clock is behind', async () => {
  const { runtime, log } = createFakeRuntime()
  const ledger = memoryLedger()
  const late = connectTo(ledger)
  const [one, two] = [createTestProxy({ runtime, ledger }), createTestProxy({ runtime, ledger: late.ledger })]
  const { ticket } = await one.openWarm()
  await one.post(park, { ticket })
  vi.setSystemTime(Date.now() - 2_000)
  late.connection.is = 'hung'
  expect(await during(two.beat(ticket))).toMatchObject({ status: 'warm' })
  late.connection.is = 'up'
  await pass(60_000)
  expect(log).not.toContain('vm 1 stopped')
})

test('a microVM that a beat has started again is stopped, though the ledger has its session as ended by then', async () => {
  const { log, early, late, one, two } = startTwo()
  const { ticket } = await one.openWarm()
  early.connection.is = late.connection.is = 'cut'
  await one.post('/sessions/close', { ticket })
  await pass(1_000)
  // Met the outage a second later, so it still leaves the ledger alone when the close has been written down.
  await two.beat((await two.openWarm()).ticket)
  early.connection.is = late.connection.is = 'up'
  await pass(1_500)
  expect(await two.beat(ticket)).toMatchObject({ error: { code: 'session_expired' } })
  expect(two.events).toContainEqual(expect.objectContaining({ type: 'session-expired', reason: 'replaced' }))
  expect(log.slice(-3)).toEqual(['vm 3 started', 'vm 3 warmed', 'vm 3 stopped'])
})
