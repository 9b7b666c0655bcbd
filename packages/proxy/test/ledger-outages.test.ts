import { memoryLedger, type SessionLedger } from '@warm-agent/proxy'
import { expect, test, vi } from 'vitest'
import { createTestProxy, outcomeOf, ticketOf } from './browser.ts'
import { connectTo } from './connect-to-ledger.ts'
import { createFakeRuntime } from './fake-runtime.ts'
import { park, prepareFleet } from './fleet.ts'

const { instance, pass, during, keys, killRedis, restartRedis } = prepareFleet()

test('as soon as the ledger answers again, what others have ended is known, however much is still owed', async () => {
  const { runtime, log } = createFakeRuntime()
  const ledger = memoryLedger()
  let isAway = false
  const write: typeof ledger.write = async entry => {
    if (isAway) throw new Error('away')
    await new Promise(resolve => setTimeout(resolve, 800))
    return ledger.write(entry)
  }
  const one = createTestProxy({ runtime, ledger: { ...ledger, write } })
  const two = createTestProxy({ runtime, ledger })
  const { ticket } = await during(one.openWarm())
  await pass(2_000)
  isAway = true
  for (let owed = 0; owed < 8; owed++) await one.openWarm()
  isAway = false
  await two.post('/sessions/close', { ticket })
  await pass(3_500)
  expect(await during(one.beat(ticket))).toMatchObject({ error: { code: 'session_expired' } })
  // A touch would have started it again.
  expect(log.filter(line => line.endsWith('started'))).toHaveLength(9)
})

test('a session that was started again by who could not know of its end is everybody’s session again', async () => {
  const { runtime, log } = createFakeRuntime()
  const ledger = memoryLedger()
  let isAway = false
  const write: typeof ledger.write = async entry => {
    if (isAway) throw new Error('away')
    return ledger.write(entry)
  }
  const one = createTestProxy({ runtime, ledger: { ...ledger, write } })
  const two = createTestProxy({ runtime, ledger })
  const { ticket } = await one.openWarm()
  isAway = true
  await two.post('/sessions/close', { ticket })
  await pass(901_000)
  const first = await one.send('one', ticket)
  await first.text()
  isAway = false
  await pass(3_000)
  const renewed = ticketOf(first)
  const second = await two.send('two', renewed)
  await second.text()
  expect([outcomeOf(first), outcomeOf(second)]).toEqual(['rewarmed', 'warm'])
  // Of the ticket from before, this one has heard by now that its session has ended.
  expect(await one.beat(renewed)).toMatchObject({ status: 'warm' })
  expect((await one.post('/sessions/close', { ticket: renewed })).status).toBe(204)
  expect(log.slice(2)).toEqual([
    'vm 1 stopped',
    'vm 2 started',
    'vm 2 ran one',
    'vm 2 ran two',
    'vm 2 warmed',
    'vm 2 stopped',
  ])
})

test('a close stops what was started again by who could not know of its end, though the ledger still has it as ended', async () => {
  const { log, away, one, two, ticket } = await startApart()
  away.connection.is = 'cut'
  await two.post('/sessions/close', { ticket })
  await pass(901_000)
  const answer = await one.send('hi', ticket)
  await answer.text()
  expect((await two.post('/sessions/close', { ticket: ticketOf(answer) })).status).toBe(204)
  expect(log.slice(2)).toEqual(['vm 1 stopped', 'vm 2 started', 'vm 2 ran hi', 'vm 2 stopped'])
})

test('what was closed while the ledger was away stays closed, whatever came for it afterwards', async () => {
  const { log, away, one, two, ticket } = await startApart()
  away.connection.is = 'cut'
  await one.post('/sessions/close', { ticket })
  expect(outcomeOf(await one.send('hi', ticket))).toBe('rewarmed')
  away.connection.is = 'up'
  await pass(5_000)
  expect(await two.beat(ticket)).toMatchObject({ error: { code: 'session_expired' } })
  expect(log.slice(2)).toEqual(['vm 1 stopped', 'vm 2 started', 'vm 2 ran hi'])
})

test('of two that the ledger missed the newer is written down, whichever failed first', async () => {
  const { runtime, log } = createFakeRuntime()
  const away = connectTo(memoryLedger())
  const { openWarm, beat, post } = createTestProxy({ runtime, ledger: away.ledger })
  const { ticket } = await openWarm()
  away.connection.is = 'hung'
  const beating = beat(ticket)
  await pass(500)
  away.connection.is = 'cut'
  await post(park, { ticket })
  await during(beating)
  away.connection.is = 'up'
  await pass(35_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test('what can never be written down does not keep the rest from it', async () => {
  const { runtime, sessions } = createFakeRuntime()
  const ledger = memoryLedger()
  let isAway = true
  const write: typeof ledger.write = async entry => {
    if (isAway || entry.session.id === sessions[0]?.id) throw new Error('no')
    return ledger.write(entry)
  }
  const { openWarm } = createTestProxy({ runtime, ledger: { ...ledger, write } })
  await openWarm()
  await openWarm()
  isAway = false
  await pass(5_000)
  const [, second] = sessions
  expect(second && (await ledger.read(second))).toMatchObject({ reason: 'unsent' })
})

test('after an outage nothing is reaped before all have had the time to write down what they owe', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  const { runtime, log } = createFakeRuntime()
  const ledger = memoryLedger()
  const [reaping, touching] = [connectTo(ledger), connectTo({ ...ledger, lead: async () => undefined })]
  const one = createTestProxy({ runtime, ledger: reaping.ledger })
  const two = createTestProxy({ runtime, ledger: touching.ledger })
  const startedAt = Date.now()
  const { ticket } = await two.openWarm()
  await two.post('/sessions/close?afterMs=10000', { ticket })
  await pass(1_000)
  reaping.connection.is = touching.connection.is = 'hung'
  await pass(2_800)
  // Its hold is tried every three seconds, last just before the ledger answers, and then at 15.8 s.
  expect(await during(two.beat(ticket))).toMatchObject({ status: 'warm' })
  await pass(12_900 - (Date.now() - startedAt))
  reaping.connection.is = touching.connection.is = 'up'
  await pass(20_000)
  expect(log).not.toContain('vm 1 stopped')
  await one.proxy.close()
})

test('a proxy that closes while the ledger is away leaves alone what another may have touched', async () => {
  const { log, away, one, two, ticket } = await startApart()
  expect(outcomeOf(await two.send('hi', ticket))).toBe('warm')
  away.connection.is = 'cut'
  await one.proxy.close()
  expect(log.at(-1)).toBe('vm 1 ran hi')
})

test('a proxy that has closed asks a ledger that is away no more', async () => {
  const { runtime } = createFakeRuntime()
  const ledger = memoryLedger()
  const write = vi.fn(async () => Promise.reject(new Error('away')))
  const { proxy, openWarm } = createTestProxy({ runtime, ledger: { ...ledger, write } })
  await openWarm()
  await during(proxy.close())
  write.mockClear()
  await pass(60_000)
  expect(write).not.toHaveBeenCalled()
})

test('an outage is told once, though the reaper meets it too', async () => {
  const { runtime } = createFakeRuntime()
  const { ledger, connection } = connectTo(memoryLedger())
  const { openWarm, events } = createTestProxy({ runtime, ledger })
  connection.is = 'cut'
  await openWarm()
  await pass(10_000)
  expect(events.filter(({ type }) => type === 'ledger-failed')).toHaveLength(1)
})

test('a message waits a second for a ledger that does not answer, and the next one not at all', async () => {
  const { runtime } = createFakeRuntime()
  const { ledger, connection } = connectTo(memoryLedger())
  const { openWarm, send } = createTestProxy({ runtime, ledger })
  const { ticket } = await openWarm()
  connection.is = 'hung'
  for (const mostMs of [1_100, 100]) {
    const sentAt = Date.now()
    expect(outcomeOf(await during(send('hi', ticket)))).toBe('warm')
    expect(Date.now() - sentAt).toBeLessThanOrEqual(mostMs)
  }
})

test('what the ledger missed of a message is written down, though a beat with an older ticket came after it', async () => {
  const { runtime, sessions } = createFakeRuntime()
  const { ledger, connection } = connectTo(memoryLedger())
  const { openWarm, send, beat } = createTestProxy({ runtime, ledger })
  const { ticket } = await openWarm()
  connection.is = 'cut'
  await (await send('hi', ticket)).text()
  await beat(ticket)
  connection.is = 'up'
  await pass(5_000)
  const [session] = sessions
  expect(session && (await ledger.read(session))).toMatchObject({ reason: 'conversation', isSent: true })
})

/** A ledger that can lose all that it has. */
function createForgetfulLedger() {
  let kept = memoryLedger()
  const ledger: SessionLedger = {
    read: session => kept.read(session),
    write: (...written) => kept.write(...written),
    due: (...asked) => kept.due(...asked),
    list: () => kept.list(),
    lead: (...asked) => kept.lead(...asked),
    resign: instance => kept.resign(instance),
  }
  return {
    ledger,
    forget() {
      kept = memoryLedger()
    },
  }
}

test('what is closed is closed everywhere, though the ledger has lost all that it had', async () => {
  const { runtime, log } = createFakeRuntime()
  const { ledger, forget } = createForgetfulLedger()
  const [one, two] = [createTestProxy({ runtime, ledger }), createTestProxy({ runtime, ledger })]
  const { ticket } = await one.openWarm()
  forget()
  expect((await one.post('/sessions/close', { ticket })).status).toBe(204)
  expect(await two.beat(ticket)).toMatchObject({ error: { code: 'session_expired' } })
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 stopped'])
})

test('whoever parked a session stops it, though the ledger has lost all that it had', async () => {
  const { runtime, log } = createFakeRuntime()
  const { ledger, forget } = createForgetfulLedger()
  const { openWarm, post } = createTestProxy({ runtime, ledger })
  await post(park, { ticket: (await openWarm()).ticket })
  forget()
  await pass(31_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test('while Redis is away messages run, and what was missed is written down when it is back', async () => {
  const { runtime, log } = createFakeRuntime()
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  const { ticket } = await one.openWarm()
  const parked = await two.openWarm()
  await killRedis()
  const answer = await during(one.send('hi', ticket))
  await answer.text()
  expect(outcomeOf(answer)).toBe('warm')
  expect(one.events).toContainEqual(expect.objectContaining({ type: 'ledger-failed' }))
  expect((await during(two.post(park, { ticket: parked.ticket }))).status).toBe(204)
  await restartRedis()
  await pass(60_000)
  expect(log.filter(line => line.includes('stop'))).toEqual(['vm 2 stopped'])
  // The conversation is in the list again, and a message on the other instance is seen.
  expect((await keys('*:session:*')).length).toBe(2)
})

test('without a ledger the proxy works, and says once what it cannot do', async () => {
  const { runtime } = createFakeRuntime()
  const { openWarm, post, send, events } = createTestProxy({ runtime })
  const [first, second] = [await openWarm(), await openWarm()]
  await post(park, { ticket: first.ticket })
  await post(park, { ticket: second.ticket })
  expect(outcomeOf(await send('hi', first.ticket))).toBe('warm')
  const told = events.filter(event => event.type === 'ledger-missing')
  expect(told).toEqual([expect.objectContaining({ message: expect.stringMatching(/only this process.*be listed/i) })])
})

/** Two instances, and a session that one of them has warmed, whose connection to the ledger can break. */
async function startApart() {
  const { runtime, log } = createFakeRuntime()
  const ledger = memoryLedger()
  const away = connectTo(ledger)
  const one = createTestProxy({ runtime, ledger: away.ledger })
  const two = createTestProxy({ runtime, ledger })
  const { ticket } = await one.openWarm()
  return { log, away, one, two, ticket }
}
