import { expect, onTestFinished, test, vi } from 'vitest'
import { createTestProxy, outcomeOf, ticketOf } from './browser.ts'
import { createFakeRuntime, failure, hang, streamOf } from './fake-runtime.ts'
import { during, fakeTime } from './fake-time.ts'

fakeTime()

test.each([
  ['agent', 424, 'agent_failed'],
  ['unavailable', 500, 'agent_unavailable'],
  ['unreachable', 0, 'agent_unavailable'],
] as const)(
  'a message is not sent twice: after "%s" (%i) the outcome is unknown, and the user gets the error',
  async (reason, _, code) => {
    const { runtime, log, failNext } = createFakeRuntime()
    const { openWarm, send } = createTestProxy({ runtime })
    const { ticket } = await openWarm()
    failNext(failure(reason, true))
    const answer = await send('hi', ticket)
    // Nobody is told to send again what may have arrived.
    const message = expect.not.stringContaining('Try again')
    expect(await answer.json()).toMatchObject({ error: { code, message } })
    expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'failed'])
  },
)

test.each(['unavailable', 'unreachable'] as const)(
  'of a warm-up and a beat that were "%s" nobody is told that a message may have arrived',
  async reason => {
    const { runtime, failNext } = createFakeRuntime()
    const { open, openWarm, beat } = createTestProxy({ runtime })
    const { ticket } = await openWarm()
    const error = { code: 'agent_unavailable', message: expect.stringMatching(/^Could not reach .*Try again\.$/) }
    failNext(failure(reason, true))
    expect(await beat(ticket)).toMatchObject({ error })
    failNext(...Array.from({ length: 4 }, () => failure(reason, true)))
    const { next } = await open()
    await next()
    expect(await during(next())).toMatchObject({ event: 'failed', data: { error } })
  },
)

test('a message that got no answer in time may have arrived; one that was refused all the time has not', async () => {
  const { runtime, failNext } = createFakeRuntime()
  const limits = { warmTimeoutMs: 1_000, messageTimeoutMs: 5_000 }
  const { openWarm, send } = createTestProxy({ runtime, limits })
  const { ticket } = await openWarm()
  const messageOf = async (answer: Response) => (await answer.json()).error.message
  failNext(failure('conflict'), hang)
  expect(await messageOf(await during(send('hi', ticket)))).toMatch(/may have arrived/)
  failNext(...Array.from({ length: 60 }, () => failure('conflict')))
  expect(await messageOf(await during(send('hi', ticket)))).toMatch(/Try again/)
})

test('a message that surely did not arrive may be sent again, and its user is told so', async () => {
  const { runtime, failNext } = createFakeRuntime()
  const { openWarm, send } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  failNext(...Array.from({ length: 4 }, () => failure('unreachable')))
  const { error } = await (await during(send('hi', ticket))).json()
  expect(error.message).toMatch(/^Could not reach .* Try again\.$/)
})

test.each(['conflict', 'throttled', 'unreachable'] as const)(
  'a message is not lost: after "%s", which the agent did not see, it is sent again',
  async reason => {
    const { runtime, log, failNext } = createFakeRuntime()
    const { openWarm, send } = createTestProxy({ runtime })
    const { ticket } = await openWarm()
    failNext(failure(reason), failure(reason))
    const answering = send('hi', ticket)
    expect((await during(answering)).status).toBe(200)
    expect(log.filter(line => line.includes('ran'))).toEqual(['vm 1 ran hi'])
  },
)

test('an answer says for how long its message waited, and for what; no browser takes it for what its type does not say', async () => {
  const { runtime } = createFakeRuntime()
  const clock = vi.spyOn(performance, 'now').mockReturnValue(1_000)
  onTestFinished(() => clock.mockRestore())
  const conversationId = () => {
    clock.mockReturnValue(1_200)
    return 'trip'
  }
  const invoke: typeof runtime.invoke = (...words) => {
    clock.mockReturnValue(1_550)
    return runtime.invoke(...words)
  }
  const { headers } = await createTestProxy({ runtime: { ...runtime, invoke }, conversationId }).send('hi')
  expect(headers.get('server-timing')).toBe('join;dur=200.0, agent;dur=350.0')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})

test.each([
  ['is read to its end', (answer: Response) => answer.text()],
  ['is left', (answer: Response) => answer.body?.cancel()],
])('once an answer %s no timer of its own is left, which would keep it in memory for an hour', async (_, end) => {
  const { runtime } = createFakeRuntime()
  const { send } = createTestProxy({ runtime, authorize: async () => ({ callerId: 'ann' }) })
  await end(await send('hi'))
  const timers = vi.getTimerCount()
  for (let count = 0; count < 5; count++) await end(await send('hi'))
  expect(vi.getTimerCount()).toBe(timers)
})

test('nor is one left of those that kept a warm session alive while its answer was awaited and read', async () => {
  const { runtime } = createFakeRuntime()
  const { openWarm, send } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  await (await send('hi', ticket)).text()
  const timers = vi.getTimerCount()
  await (await send('again', ticket)).text()
  expect(vi.getTimerCount()).toBe(timers)
})

test('Retry-After is honoured', async () => {
  const { runtime, failNext, log } = createFakeRuntime()
  failNext(failure('throttled', false, 4000))
  const sentAt = Date.now()
  expect((await during(createTestProxy({ runtime }).send('hi'))).status).toBe(200)
  expect(Date.now() - sentAt).toBeGreaterThanOrEqual(4000)
  expect(log).toEqual(['failed', 'vm 1 started', 'vm 1 ran hi'])
})

test('a session past its idle timeout is started again by a message, under its own id, and says rewarmed', async () => {
  const { runtime, sessions, killAll } = createFakeRuntime()
  const { openWarm, send } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  killAll()
  vi.setSystemTime(Date.now() + 900_001)
  const answer = await send('hi', ticket)
  expect(outcomeOf(answer)).toBe('rewarmed')
  expect(sessions[1]).toEqual(sessions[0])
  expect(outcomeOf(await send('again', ticketOf(answer)))).toBe('warm')
})

test('a long answer keeps its session from expiring', async () => {
  const { runtime, answerWith } = createFakeRuntime()
  const { openWarm, send } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  answerWith(() => readable)
  const answer = await send('hi', ticket)
  vi.setSystemTime(Date.now() + 1_000_000)
  await writable.close()
  await answer.text()
  answerWith(() => streamOf('ok'))
  expect(outcomeOf(await send('again', ticketOf(answer)))).toBe('warm')
})

test('who leaves while waiting for a warm-up leaves it to the others', async () => {
  const { runtime, log } = createFakeRuntime({ bootMs: 3000 })
  const { openLease, send } = createTestProxy({ runtime })
  const { ticket } = await openLease()
  const leaving = new AbortController()
  const left = send('left', ticket, { signal: leaving.signal })
  const stayed = send('stayed', ticket)
  await vi.advanceTimersByTimeAsync(1000)
  leaving.abort()
  await left
  expect(outcomeOf(await during(stayed))).toBe('joined')
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 ran stayed'])
})
