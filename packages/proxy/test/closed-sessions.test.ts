import { type AgentRuntime, memoryLedger, type SessionLedger } from '@warm-agent/proxy'
import { expect, test, vi } from 'vitest'
import { createTestProxy, outcomeOf } from './browser.ts'
import { createFakeRuntime, failure } from './fake-runtime.ts'
import { prepareFleet } from './fleet.ts'

const { instance, settle, pass, during } = prepareFleet()

test('what one instance has closed, no other touches: a beat is refused, and a message starts a session of its own', async () => {
  const { runtime, log, sessions } = createFakeRuntime()
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  const { ticket } = await one.openWarm()
  await one.post('/sessions/close', { ticket })
  await settle()
  expect(await two.beat(ticket)).toMatchObject({ error: { code: 'session_expired' } })
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 stopped'])
  expect(outcomeOf(await two.send('hi', ticket))).toBe('rewarmed')
  expect(sessions[1]?.id).not.toBe(sessions[0]?.id)
})

test.each(['a', 'no'])(
  'what was closed stays closed though the clock has gone back by seconds (%s ledger)',
  async kind => {
    const { runtime, log } = createFakeRuntime()
    const ledger = kind === 'a' && { ledger: memoryLedger() }
    const { openWarm, post, beat, send } = createTestProxy({ runtime, ...ledger })
    const { ticket } = await openWarm()
    // As if an instance had opened it whose clock is ahead.
    vi.setSystemTime(Date.now() - 3_000)
    expect((await post('/sessions/close', { ticket })).status).toBe(204)
    expect(await beat(ticket)).toMatchObject({ error: { code: 'session_expired' } })
    expect(outcomeOf(await send('hi', ticket))).toBe('rewarmed')
    expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 stopped', 'vm 2 started', 'vm 2 ran hi'])
  },
)

test('a warm-up that waits for its next attempt does not start a session that was closed elsewhere meanwhile', async () => {
  const { runtime, log, failNext } = createFakeRuntime()
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  failNext(failure('throttled', false, 5_000))
  const { ticket } = await one.openLease()
  await settle()
  // There is nothing to stop yet.
  expect((await during(two.post('/sessions/close', { ticket }))).status).toBe(204)
  expect(log).toEqual(['failed', 'nothing to stop'])
  await pass(10_000)
  expect(log.slice(2)).toEqual([])
})

test('a warm-up that may have started a session after its close elsewhere stops it', async () => {
  const { runtime, log, failNext } = createFakeRuntime()
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  failNext(failure('unreachable', true, 5_000))
  const { ticket } = await one.openLease()
  await settle()
  expect((await during(two.post('/sessions/close', { ticket }))).status).toBe(204)
  await pass(10_000)
  expect(log).toEqual(['failed', 'nothing to stop', 'nothing to stop'])
})

/** Calls that take three seconds to arrive. */
const late =
  ({ invoke }: AgentRuntime): AgentRuntime['invoke'] =>
  async (...call) => {
    await new Promise(resolve => setTimeout(resolve, 3_000))
    return invoke(...call)
  }

test('a warm-up that arrives after its session was closed elsewhere and here stops what it has started', async () => {
  const { runtime, log } = createFakeRuntime()
  const ledger = memoryLedger()
  const one = createTestProxy({ runtime: { ...runtime, invoke: late(runtime) }, ledger })
  const two = createTestProxy({ runtime, ledger })
  const { ticket } = await one.openLease()
  await pass(1_000)
  for (const each of [two, one]) expect((await each.post('/sessions/close', { ticket })).status).toBe(204)
  await pass(5_000)
  expect(log).toEqual(['nothing to stop', 'vm 1 started', 'vm 1 warmed', 'vm 1 stopped'])
})

test('a warm-up that comes up after its session was closed elsewhere is stopped, in the name of its caller', async () => {
  const { runtime, log } = createFakeRuntime()
  const ledger = memoryLedger()
  const stop = vi.fn(runtime.stop)
  const authorize = () => ({ callerId: 'ann', bearer: 'token of ann' })
  const one = createTestProxy({ runtime: { ...runtime, invoke: late(runtime), stop }, ledger, authorize })
  const two = createTestProxy({ runtime, ledger, authorize })
  const { ticket } = await one.openLease()
  await pass(1_000)
  expect((await two.post('/sessions/close', { ticket })).status).toBe(204)
  await pass(5_000)
  expect(log).toEqual(['nothing to stop', 'vm 1 started', 'vm 1 warmed', 'vm 1 stopped'])
  const credentials = expect.objectContaining({ bearer: 'token of ann' })
  expect(stop).toHaveBeenCalledExactlyOnceWith(expect.anything(), expect.any(AbortSignal), credentials)
})

test('a warm-up that fails just when its page closes the session is stopped by one of the two', async () => {
  const { runtime, log, failNext } = createFakeRuntime()
  const ledger = memoryLedger()
  let readMs = 0
  const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
  const slow: SessionLedger = {
    ...ledger,
    async read(session) {
      if (readMs > 0) await wait(readMs)
      return ledger.read(session)
    },
    async write(entry) {
      const result = await ledger.write(entry)
      if (entry.state === 'ending') await wait(100)
      return result
    },
  }
  failNext(failure('refused', true))
  const { openLease, post } = createTestProxy({ runtime, ledger: slow })
  const { ticket } = await openLease()
  await vi.advanceTimersByTimeAsync(50)
  readMs = 200
  expect((await during(post('/sessions/close', { ticket }))).status).toBe(204)
  expect(log).toEqual(['failed', 'nothing to stop'])
})

test.each([true, false])(
  'a beat that arrives after its session was closed elsewhere stops what it has started (agent echoes: %s)',
  async echoes => {
    const { runtime, log } = createFakeRuntime({ echoes })
    const ledger = memoryLedger()
    const runtimeOfOne = { ...runtime }
    const one = createTestProxy({ runtime: runtimeOfOne, ledger })
    const two = createTestProxy({ runtime, ledger })
    const { ticket } = await one.openWarm()
    runtimeOfOne.invoke = late(runtime)
    const beating = one.beat(ticket)
    await pass(1_000)
    expect((await two.post('/sessions/close', { ticket })).status).toBe(204)
    expect(await during(beating)).toMatchObject({ error: { code: 'session_expired' } })
    expect(log.slice(2)).toEqual(['vm 1 stopped', 'vm 2 started', 'vm 2 warmed', 'vm 2 stopped'])
  },
)

test('a message that waits for a warm-up goes on a session of its own when its session was closed meanwhile', async () => {
  const { runtime, log, sessions } = createFakeRuntime({ bootMs: 3_000 })
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  const { ticket } = await one.openLease()
  const answering = one.send('hi', ticket)
  await pass(1_000)
  const closing = two.post('/sessions/close', { ticket })
  await expect.poll(() => sessions[0] && two.ledger.read(sessions[0])).toMatchObject({ state: 'ending' })
  const answer = await during(answering)
  await during(closing)
  await pass(1_000)
  expect([outcomeOf(answer), await answer.text()]).toEqual(['rewarmed', 'onetwo'])
  expect(log).not.toContain('vm 1 ran hi')
  expect(log.at(-1)).toBe('vm 2 ran hi')
})

test('a message that waits for its next attempt goes on a session of its own when its session was closed meanwhile', async () => {
  const { runtime, log, sessions, failNext } = createFakeRuntime()
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  const { ticket } = await one.openWarm()
  failNext(failure('throttled', false, 5_000))
  const answering = one.send('hi', ticket)
  await vi.waitUntil(() => log.includes('failed'))
  expect((await during(two.post('/sessions/close', { ticket }))).status).toBe(204)
  const answer = await during(answering)
  expect(outcomeOf(answer)).toBe('rewarmed')
  expect(log.slice(2)).toEqual(['failed', 'vm 1 stopped', 'vm 2 started', 'vm 2 ran hi'])
  expect(new Set(sessions).size).toBe(2)
})
