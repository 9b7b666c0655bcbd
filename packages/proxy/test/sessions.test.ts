import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { browserOf, createTestProxy, outcomeOf } from './browser.ts'
import { createFakeRuntime, failure, hang, streamOf } from './fake-runtime.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Lets the faked time pass in small steps, and real work go on between them, until `promise` has settled. */
async function during<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  promise.then(settle, settle)
  while (!isSettled) {
    await vi.advanceTimersByTimeAsync(50)
    // Behind whatever WebCrypto has to do, however busy the machine is.
    await crypto.subtle.digest('SHA-256', new Uint8Array())
  }
  return promise
}

test('the lease comes at once, and warm when the agent has answered', async () => {
  const { runtime, log } = createFakeRuntime({ bootMs: 3000 })
  const { open } = createTestProxy({ runtime })
  const { next, response } = await open()
  expect(response.headers.get('content-type')).toMatch('text/event-stream')
  const lease = await next()
  expect(lease).toMatchObject({ event: 'lease', data: { status: 'warming', ttlMs: 900_000, holdMs: 900_000 } })
  expect(log).toEqual(['vm 1 started'])
  expect(await during(next())).toMatchObject({
    event: 'warm',
    data: { status: 'warm', source: 'started', tookMs: 3000, evidence: 'observed' },
  })
  expect(await next()).toBeUndefined()
})

test('the beat is told at 60 % of the idle timeout, less up to a tenth', async () => {
  const { runtime } = createFakeRuntime()
  const { openWarm } = createTestProxy({ runtime })
  const { beatMs } = await openWarm()
  expect(beatMs).toBeGreaterThan(900_000 * 0.54)
  expect(beatMs).toBeLessThanOrEqual(900_000 * 0.6)
})

test('an agent that echoes nothing is warm by assumption', async () => {
  const { runtime } = createFakeRuntime({ echoes: false })
  expect(await createTestProxy({ runtime }).openWarm()).toMatchObject({ evidence: 'assumed' })
})

test('an agent that takes the warm-up for a message is warm when it begins to talk, and is not listened to for long', async () => {
  const { runtime } = createFakeRuntime()
  let isCancelled = false
  const talkative = new ReadableStream<Uint8Array>({
    start: controller => controller.enqueue(new TextEncoder().encode('Let me tell you')),
    cancel: () => {
      isCancelled = true
    },
  })
  const invoke = async () => ({ status: 200, contentType: 'text/event-stream', body: talkative })
  const { open } = createTestProxy({ runtime: { ...runtime, invoke, readEcho: () => undefined } })
  const { next } = await open()
  await next()
  expect(await during(next())).toMatchObject({ event: 'warm', data: { evidence: 'assumed' } })
  expect(isCancelled).toBe(true)
})

test('a message that comes before the VM is up joins its warm-up, and runs once', async () => {
  const { runtime, log } = createFakeRuntime({ bootMs: 3000 })
  const { openLease, send } = createTestProxy({ runtime })
  const answering = send('hi', (await openLease()).ticket)
  const answer = await during(answering)
  expect(outcomeOf(answer)).toBe('joined')
  expect(await answer.text()).toBe('onetwo')
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 ran hi'])
})

test('a message after the warm-up finds the session warm, and so do the next, with either ticket', async () => {
  const { runtime, log } = createFakeRuntime()
  const { openWarm, send } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  const first = await send('one', ticket)
  expect(outcomeOf(first)).toBe('warm')
  const renewed = first.headers.get('Warm-Agent-Ticket') ?? ''
  expect(renewed).not.toBe(ticket)
  expect(outcomeOf(await send('two', renewed))).toBe('warm')
  expect(outcomeOf(await send('three', ticket))).toBe('warm')
  expect(log.filter(line => line.includes('started'))).toEqual(['vm 1 started'])
})

test('a message without a ticket goes cold and brings a session that stays', async () => {
  const { runtime, log } = createFakeRuntime()
  const { send, beat } = createTestProxy({ runtime })
  const cold = await send('one')
  expect(outcomeOf(cold)).toBe('cold')
  const ticket = cold.headers.get('Warm-Agent-Ticket') ?? ''
  expect(await beat(ticket)).toMatchObject({ status: 'warm' })
  expect(outcomeOf(await send('two', ticket))).toBe('warm')
  expect(log.filter(line => line.includes('started'))).toEqual(['vm 1 started'])
})

test('another instance joins a warm-up of six seconds that the first one started', async () => {
  const { runtime, log } = createFakeRuntime({ bootMs: 6000 })
  const first = createTestProxy({ runtime })
  const second = createTestProxy({ runtime })
  const answering = second.send('hi', (await first.openLease()).ticket)
  expect(outcomeOf(await during(answering))).toBe('joined')
  expect(log.filter(line => /started|ran/.test(line))).toEqual(['vm 1 started', 'vm 1 ran hi'])
})

test('a warm label is earned: when the instance that warmed has died, the message says that it started the VM', async () => {
  const lost = createFakeRuntime()
  const { runtime } = createFakeRuntime()
  const { ticket } = await createTestProxy({ runtime: lost.runtime }).openLease()
  const answer = await createTestProxy({ runtime }).send('hi', ticket)
  expect(outcomeOf(answer)).toBe('rewarmed')
})

test('a warm-up that fails costs nothing: the message goes cold, says so, and its half-started VM is stopped', async () => {
  const { runtime, log, failNext } = createFakeRuntime()
  failNext(failure('agent', true), failure('agent', true))
  const { open, send, events } = createTestProxy({ runtime })
  const { next } = await open()
  const lease = await next()
  expect(await during(next())).toMatchObject({ event: 'failed', data: { error: { code: 'agent_failed' } } })
  const answer = await send('hi', lease?.event === 'lease' ? lease.data.ticket : '')
  expect(outcomeOf(answer)).toBe('cold')
  expect(log).toEqual(['failed', 'failed', 'nothing to stop', 'vm 1 started', 'vm 1 ran hi'])
  expect(events.map(({ type }) => type)).toEqual(['warm-started', 'warm-failed', 'message-answered'])
})

test('a warm-up that hangs ends at its deadline, with the last failure as the cause', async () => {
  const { runtime, failNext } = createFakeRuntime()
  failNext(failure('unavailable', true), hang)
  const { open, events } = createTestProxy({ runtime, limits: { warmTimeoutMs: 5000 } })
  const { next } = await open()
  await next()
  expect(await during(next())).toMatchObject({ event: 'failed', data: { error: { code: 'warm_up_timed_out' } } })
  const failed = events.find(event => event.type === 'warm-failed')
  expect(failed).toMatchObject({ cause: { cause: { reason: 'unavailable' } } })
})

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
  expect(outcomeOf(await send('again', answer.headers.get('Warm-Agent-Ticket') ?? ''))).toBe('warm')
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
  expect(outcomeOf(await send('again', answer.headers.get('Warm-Agent-Ticket') ?? ''))).toBe('warm')
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

test('the app that keeps its own route gets the session, and the page gets its ticket', async () => {
  const { runtime, sessions } = createFakeRuntime()
  const { proxy, openWarm, beat } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  const ask = (headers: Record<string, string>) => proxy.session(new Request('http://chat.test/chat', { headers }))
  const session = await ask({ 'Warm-Agent-Ticket': ticket })
  expect(session).toMatchObject({ runtimeSessionId: sessions[0]?.id, qualifier: 'DEFAULT', outcome: 'warm' })
  expect(await beat(session?.headers['Warm-Agent-Ticket'] ?? '')).toMatchObject({ status: 'warm' })

  const stranger = await ask({ 'Warm-Agent-Ticket': ticket, 'x-user': 'bob' })
  expect(stranger).toMatchObject({ outcome: 'cold' })
  expect(stranger?.runtimeSessionId).not.toBe(sessions[0]?.id)
  expect(await ask({ origin: 'https://evil.test' })).toBeNull()
})

test('sessions are placed on the endpoints in turn and stay there', async () => {
  const { runtime, sessions } = createFakeRuntime()
  const { openWarm } = createTestProxy({ runtime: { ...runtime, qualifiers: ['blue', 'green'] } })
  for (let count = 0; count < 3; count++) await openWarm()
  expect(sessions.map(({ qualifier }) => qualifier)).toEqual(['blue', 'green', 'blue'])
})

test('several agents go by name', async () => {
  const one = createFakeRuntime()
  const two = createFakeRuntime()
  const { proxy } = createTestProxy({
    runtime: undefined,
    agents: { 'näher ✈': one.runtime, two: two.runtime },
  } as never)
  const { open, post } = browserOf(proxy)
  expect(await (await open({ body: '{"agent":"two"}' })).next()).toMatchObject({ event: 'lease' })
  expect(two.log[0]).toBe('vm 1 started')
  expect((await post('/sessions')).status).toBe(400)
  expect((await post('/sessions', { body: '{"agent":"three"}' })).status).toBe(404)
  expect((await post('/messages', { body: 'hi', headers: { 'Warm-Agent-Agent': '%' } })).status).toBe(404)
  expect(
    outcomeOf(await post('/messages', { body: 'hi', headers: { 'Warm-Agent-Agent': encodeURIComponent('näher ✈') } })),
  ).toBe('cold')
  expect(one.log).toEqual(['vm 1 started', 'vm 1 ran hi'])
})
