import { memoryLedger } from '@warm-agent/proxy'
import { expect, test, vi } from 'vitest'
import { browserOf, createTestProxy, outcomeOf, ticketOf } from './browser.ts'
import { createFakeRuntime, failure, hang } from './fake-runtime.ts'
import { during, fakeTime } from './fake-time.ts'

fakeTime()

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

test('while a session starts its stream is not silent for long enough to be cut', async () => {
  const { runtime } = createFakeRuntime({ bootMs: 25_000 })
  const response = await createTestProxy({ runtime }).post('/sessions')
  expect((await during(response.text())).match(/^(event)?: \w+/gm)).toEqual([
    'event: lease',
    ': warming',
    ': warming',
    'event: warm',
  ])
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
  const renewed = ticketOf(first)
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
  const ticket = ticketOf(cold)
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
  const error = { code: 'warm_up_timed_out', message: expect.stringMatching(/Try again\.$/) }
  expect(await during(next())).toMatchObject({ event: 'failed', data: { error } })
  const failed = events.find(event => event.type === 'warm-failed')
  expect(failed).toMatchObject({ cause: { cause: { reason: 'unavailable' } } })
})

test('the app that keeps its own route gets the session, and the page gets its ticket', async () => {
  const { runtime, sessions } = createFakeRuntime()
  const { proxy, openWarm, beat } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  const ask = (headers: Record<string, string>) => proxy.session(new Request('http://chat.test/chat', { headers }))
  const session = await ask({ 'Warm-Agent-Ticket': ticket })
  expect(session).toMatchObject({ runtimeSessionId: sessions[0]?.id, qualifier: 'DEFAULT', outcome: 'warm' })
  expect(await beat(session?.headers['Warm-Agent-Ticket'] ?? '')).toMatchObject({ status: 'warm' })
  // Nobody may store a ticket, nor hold the stream back.
  expect(session?.headers).toMatchObject({ 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' })

  const stranger = await ask({ 'Warm-Agent-Ticket': ticket, 'x-user': 'bob' })
  expect(stranger).toMatchObject({ outcome: 'cold' })
  expect(stranger?.runtimeSessionId).not.toBe(sessions[0]?.id)
  expect(await ask({ origin: 'https://evil.test' })).toBeNull()
})

test('nothing that authorize adds, in whatever case, lets the answer of such an app be stored, or forges its outcome', async () => {
  const { runtime } = createFakeRuntime()
  const responseHeaders = { 'Cache-Control': 'public', 'warm-agent-outcome': 'warm', 'set-cookie': 'kept=1' }
  const { proxy } = createTestProxy({ runtime, authorize: () => ({ callerId: 'ann', responseHeaders }) })
  const headers = new Headers((await proxy.session(new Request('http://chat.test/chat')))?.headers)
  const [cache, cookie] = [headers.get('cache-control'), headers.get('set-cookie')]
  expect([cache, headers.get('Warm-Agent-Outcome'), cookie]).toEqual(['no-store, no-transform', 'cold', 'kept=1'])
})

test('what such an app was lent counts as touched, and is in the ledger', async () => {
  const { runtime, sessions } = createFakeRuntime()
  const ledger = memoryLedger()
  const { proxy, openWarm, beat } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  vi.setSystemTime(Date.now() + 800_000)
  await proxy.session(new Request('http://chat.test/chat', { headers: { 'Warm-Agent-Ticket': ticket } }))
  vi.setSystemTime(Date.now() + 800_000)
  expect(await beat(ticket)).toMatchObject({ status: 'warm' })
  expect(sessions).toHaveLength(1)

  const lent = await createTestProxy({ runtime, ledger }).proxy.session(new Request('http://chat.test/chat'))
  const { value: entry } = await ledger.list()[Symbol.asyncIterator]().next()
  expect(entry).toMatchObject({ session: { id: lent?.runtimeSessionId }, reason: 'conversation', isSent: true })
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
