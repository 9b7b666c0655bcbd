import { memoryLedger } from '@warm-agent/proxy'
import { expect, test, vi } from 'vitest'
import { createTestProxy, outcomeOf } from './browser.ts'
import { createFakeRuntime, failure } from './fake-runtime.ts'
import { park, prepareFleet } from './fleet.ts'

const { instance, pass, during, keys } = prepareFleet()

test('a session that was parked by an instance that has died is stopped by another, once', async () => {
  const { runtime, log } = createFakeRuntime()
  const one = await instance({ runtime })
  const { ticket } = await one.openWarm()
  await one.post(park, { ticket })
  await one.die()
  const [two, three] = [await instance({ runtime }), await instance({ runtime })]
  await pass(29_000)
  expect(log).not.toContain('vm 1 stopped')
  await pass(6_000)
  expect(log.filter(line => line.includes('stop'))).toEqual(['vm 1 stopped'])
  const reaped = [...two.events, ...three.events].filter(({ type }) => type === 'session-reaped')
  expect(reaped).toMatchObject([{ reason: 'parked', sessionTag: expect.stringMatching(/^warm-.{8}$/) }])
})

test('a reaper that dies while it stops a session is followed by one that does it again', async () => {
  const { runtime, log } = createFakeRuntime()
  const stuck = { ...runtime, stop: () => new Promise<void>(() => {}) }
  const one = await instance({ runtime: stuck })
  const { ticket } = await one.openWarm()
  await one.post(park, { ticket })
  await pass(31_000)
  await one.die()
  await instance({ runtime })
  await pass(130_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test('a reaper that another has followed meanwhile takes nothing for ended', async () => {
  const { runtime } = createFakeRuntime()
  const ledger = memoryLedger()
  const write: typeof ledger.write = async (entry, fence) =>
    fence === undefined ? ledger.write(entry) : { is: 'stale' }
  const one = createTestProxy({ runtime, ledger: { ...ledger, write } })
  const two = createTestProxy({ runtime, ledger: { ...ledger, lead: async () => undefined } })
  const { ticket } = await two.openWarm()
  await pass(730_000)
  expect(await one.beat(ticket)).toMatchObject({ status: 'warm' })
})

test('who has crashed beats no more: its unsent session is stopped before the platform would, and makes room', async () => {
  const { runtime, log } = createFakeRuntime()
  const { open, openWarm, events } = await instance({ runtime, limits: { liveSessionsPerCaller: 1 } })
  await openWarm()
  await pass(715_000)
  expect(log).not.toContain('vm 1 stopped')
  await pass(10_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
  expect(events.at(-1)).toMatchObject({ type: 'session-reaped', reason: 'unsent' })
  expect((await open()).response.status).toBe(200)
})

test('a page that beats in time is never reaped', async () => {
  const { runtime, log } = createFakeRuntime({ idleTimeoutMs: 60_000 })
  const { openWarm, beat } = createTestProxy({ runtime, ledger: memoryLedger() })
  let { ticket } = await openWarm()
  for (let beats = 0; beats < 3; beats++) {
    await pass(40_000)
    const lease = await beat(ticket)
    expect(lease).toMatchObject({ status: 'warm' })
    ticket = lease.ticket
  }
  expect(log).not.toContain('vm 1 stopped')
})

test('a hold that is over is ended although nobody asks', async () => {
  const { runtime, log } = createFakeRuntime()
  const { openWarm } = await instance({ runtime, limits: { unsentHoldMs: 60_000 } })
  await openWarm()
  await pass(58_000)
  expect(log).not.toContain('vm 1 stopped')
  await pass(5_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test('a warm-up in flight is not reaped, however long it takes', async () => {
  const { runtime, log } = createFakeRuntime({ bootMs: 20_000, idleTimeoutMs: 10_000 })
  const { openLease } = await instance({ runtime })
  await openLease()
  await pass(22_000)
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed'])
})

test('a warm-up in flight is joined, however short the idle timeout is', async () => {
  const { runtime, log } = createFakeRuntime({ bootMs: 20_000, idleTimeoutMs: 10_000 })
  const { openLease, send } = await instance({ runtime })
  const { ticket } = await openLease()
  await pass(15_000)
  const answer = await during(send('hi', ticket))
  expect(outcomeOf(answer)).toBe('joined')
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 ran hi'])
})

test('a conversation is never reaped', async () => {
  const { runtime, log } = createFakeRuntime({ idleTimeoutMs: 10_000 })
  const { openWarm, send } = await instance({ runtime })
  await (await send('hi', (await openWarm()).ticket)).text()
  await pass(80_000)
  expect(log.filter(line => line.includes('stop'))).toEqual([])
})

test.each(['cold, and is tried again', 'on a session of the pool'])(
  'the reaper does not stop the session of a message that goes %s, however long its answer takes to begin',
  async way => {
    const { runtime, log, failNext } = createFakeRuntime({ idleTimeoutMs: 10_000 })
    const invoke: typeof runtime.invoke = async (...call) => {
      const answer = await runtime.invoke(...call)
      await new Promise(resolve => setTimeout(resolve, 90_000))
      return answer
    }
    const now = Date.now()
    const spare = { runtimeSessionId: 'a session that was warmed ahead of need', qualifier: 'DEFAULT' }
    const claimed = { ...spare, bornAtMs: now, touchedAtMs: now, evidence: 'assumed' as const }
    const pool = { claim: async () => (way.startsWith('cold') ? null : claimed) }
    const { send } = createTestProxy({ runtime: { ...runtime, invoke }, ledger: memoryLedger(), pool })
    if (way.startsWith('cold')) failNext(failure('throttled'))
    expect((await during(send('hi'))).status).toBe(200)
    expect(log.at(-1)).toBe('vm 1 ran hi')
  },
)

test('the end of an answer does not bring back a session whose page has left', async () => {
  const { runtime, log, answerWith } = createFakeRuntime()
  const one = await instance({ runtime })
  const { ticket } = await one.openWarm()
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  answerWith(() => readable)
  const answer = await one.send('hi', ticket)
  await one.post(park, { ticket })
  await writable.close()
  await answer.text()
  await pass(31_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test('an answer that neither ends nor is cut by the platform is cut after an hour, and stops the call', async () => {
  const { runtime, answerWith } = createFakeRuntime()
  const { send } = createTestProxy({ runtime })
  const cancelled = vi.fn()
  answerWith(() => new ReadableStream({ cancel: cancelled }))
  const reading = (await send('hi')).text()
  const failed = expect(reading).rejects.toThrow(/went on for over/)
  await vi.advanceTimersByTimeAsync(3_661_000)
  await failed
  expect(cancelled).toHaveBeenCalledOnce()
})

const lost = { state: 'ending', endsAt: 0 } as const
const foreign = { agent: 'of another name' }

test.each([
  ['what could not be stopped until the platform ended it keeps', lost],
  ['sessions of agents that it does not serve keep', foreign],
])('%s the reaper from nothing, however many are due', async (_, about) => {
  const { runtime, log } = createFakeRuntime()
  const ledger = memoryLedger()
  const { openWarm } = createTestProxy({ runtime, ledger })
  await openWarm()
  await pass(100)
  for await (const entry of ledger.list()) {
    const due = { ...entry, ...about, version: 1, heldUntil: Date.now() - 1 }
    for (let count = 0; count < 60; count++) {
      await ledger.write({ ...due, session: { id: `due ${count}`, qualifier: 'DEFAULT' } })
    }
    await ledger.write({ ...entry, version: entry.version + 1, state: 'ending', heldUntil: Date.now() })
  }
  await pass(10_000)
  expect(log.slice(2)).toEqual(['vm 1 stopped'])
})

test('what is due and no entry keeps the reaper from nothing, and is told once', async () => {
  const { runtime, log } = createFakeRuntime()
  const ledger = memoryLedger()
  const nonsense = [null, undefined, 'x', {}, { session: {} }] as never[]
  const due: typeof ledger.due = async (...asked) => [...nonsense, ...(await ledger.due(...asked))]
  const { openWarm, post, events } = createTestProxy({ runtime, ledger: { ...ledger, due } })
  for (const _ of ['one', 'two']) await post(park, { ticket: (await openWarm()).ticket })
  await pass(40_000)
  expect(log.filter(line => line.endsWith('stopped'))).toEqual(['vm 1 stopped', 'vm 2 stopped'])
  expect(events.filter(({ type }) => type === 'ledger-failed')).toMatchObject([
    { cause: { message: expect.stringMatching(/^Could not tell what to stop: 5 of what is due .* is no entry\. /) } },
  ])
})

test('a ledger that leads but cannot tell what is due is told of once, and again after it could', async () => {
  const { runtime } = createFakeRuntime()
  const ledger = memoryLedger()
  let isBroken = true
  const due: typeof ledger.due = async (...asked) => {
    if (isBroken) throw new Error('WRONGTYPE')
    return ledger.due(...asked)
  }
  const { events } = createTestProxy({ runtime, ledger: { ...ledger, due } })
  const told = () => events.filter(({ type }) => type === 'ledger-failed').length
  await pass(60_000)
  expect(told()).toBe(1)
  isBroken = false
  await pass(15_000)
  isBroken = true
  await pass(15_000)
  expect(told()).toBe(2)
})

test('a ledger that once does not answer what is due is asked again', async () => {
  const { runtime, log } = createFakeRuntime()
  const ledger = memoryLedger()
  const due = vi.fn(ledger.due).mockImplementationOnce(() => new Promise(() => {}))
  const { openWarm } = createTestProxy({ runtime, ledger: { ...ledger, due }, limits: { unsentHoldMs: 60_000 } })
  await openWarm()
  await pass(65_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test('a session that somebody has decided to stop is stopped although its answer goes on', async () => {
  const { runtime, log, answerWith } = createFakeRuntime()
  answerWith(() => new ReadableStream())
  const ledger = memoryLedger()
  const { openWarm, send } = createTestProxy({ runtime, ledger })
  await send('hi', (await openWarm()).ticket)
  await pass(100)
  for await (const entry of ledger.list()) {
    await ledger.write({ ...entry, version: entry.version + 1, state: 'ending', heldUntil: Date.now() })
  }
  await pass(5_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test('a stop that fails is told, and made again later', async () => {
  const { runtime, log, failNext } = createFakeRuntime()
  let failures = 1
  const stop: typeof runtime.stop = session => {
    if (failures-- > 0) throw failure('refused')
    return runtime.stop(session)
  }
  const { openWarm, post, events } = await instance({ runtime: { ...runtime, stop } })
  const { ticket } = await openWarm()
  await post(park, { ticket })
  await pass(31_000)
  expect(events.at(-1)).toMatchObject({ type: 'stop-failed' })
  await pass(130_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
  failNext()
})

test('a session that only its caller’s token could stop is left to its idle timeout, told once', async () => {
  const { runtime } = createFakeRuntime()
  const stop: typeof runtime.stop = (_, __, credentials) =>
    credentials?.bearer ? Promise.resolve() : Promise.reject(failure('unauthenticated'))
  const authorize = () => ({ callerId: 'ann', bearer: 'token of ann' })
  const { openWarm, post, events } = await instance({ runtime: { ...runtime, stop }, authorize })
  const parked = await openWarm()
  await post(park, { ticket: parked.ticket })
  await pass(300_000)
  expect(events.filter(({ type }) => type === 'stop-failed')).toHaveLength(1)
  const closed = await openWarm()
  expect((await post('/sessions/close', { ticket: closed.ticket })).status).toBe(204)
  expect(JSON.stringify(await keys('*')).includes('token of ann')).toBe(false)
})
