import { memoryLedger } from '@warm-agent/proxy'
import { expect, test, vi } from 'vitest'
import { createTestProxy, outcomeOf, ticketOf } from './browser.ts'
import { createFakeRuntime, failure, streamOf } from './fake-runtime.ts'
import { park, prepareFleet } from './fleet.ts'

const { instance, settle, pass, during } = prepareFleet()

test('a reload that reaches another instance is seen: the parked session lives on (two proxies, no sticky routing)', async () => {
  const { runtime, log } = createFakeRuntime()
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  const { ticket } = await one.openWarm()
  expect((await one.post(park, { ticket })).status).toBe(204)
  await pass(10_000)
  expect(await two.beat(ticket)).toMatchObject({ status: 'warm' })
  await pass(60_000)
  expect(log).not.toContain('vm 1 stopped')
  expect((await two.post(park, { ticket })).status).toBe(204)
  await pass(32_000)
  expect(log.filter(line => line.includes('stop'))).toEqual(['vm 1 stopped'])
})

test('a message that reaches another instance keeps a parked session too', async () => {
  const { runtime, log } = createFakeRuntime()
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  const { ticket } = await one.openWarm()
  await one.post(park, { ticket })
  const answer = await two.send('hi', ticket)
  expect(outcomeOf(answer)).toBe('warm')
  await answer.text()
  await pass(60_000)
  expect(log).not.toContain('vm 1 stopped')
})

test('an answer that goes on for longer than the idle timeout keeps its session for every instance', async () => {
  const { runtime, answerWith } = createFakeRuntime()
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  const { ticket } = await one.openWarm()
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  answerWith(() => readable)
  const answer = await one.send('hi', ticket)
  await pass(1_200_000)
  const renewed = ticketOf(answer)
  expect(await two.beat(renewed)).toMatchObject({ status: 'warm' })
  await writable.close()
  await answer.text()
})

test('a stream that is cut on one instance does not end the conversation on another', async () => {
  const { runtime, log } = createFakeRuntime({ bootMs: 3000 })
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  const { next, leave } = await one.open()
  const lease = await next()
  const answering = two.send('hi', lease?.event === 'lease' ? lease.data.ticket : '')
  await pass(1_000)
  await leave()
  const answer = await during(answering)
  expect(outcomeOf(answer)).toBe('joined')
  await answer.text()
  await pass(60_000)
  expect(log).not.toContain('vm 1 stopped')
})

test('a session that another instance saw warm is not touched again before the message', async () => {
  const { runtime, log } = createFakeRuntime({ bootMs: 3000 })
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  const { ticket } = await one.openLease()
  await pass(4_000)
  expect(outcomeOf(await two.send('hi', ticket))).toBe('warm')
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 ran hi'])
})

test('a message that another instance has seen makes the session a conversation everywhere, with any of its tickets', async () => {
  const { runtime } = createFakeRuntime()
  const limits = { unsentHoldMs: 60_000 }
  const [one, two] = [await instance({ runtime, limits }), await instance({ runtime, limits })]
  const { ticket } = await one.openWarm()
  await (await one.send('hi', ticket)).text()
  await pass(61_000)
  expect(await two.beat(ticket)).toMatchObject({ status: 'warm' })
})

test('a proxy that closes stops the unsent sessions that it holds, and none that another has touched since', async () => {
  const { runtime, log } = createFakeRuntime()
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  await one.openWarm()
  const moved = await one.openWarm()
  const talking = await one.openWarm()
  await two.beat(moved.ticket)
  await (await one.send('hi', talking.ticket)).text()
  await settle()
  await one.proxy.close()
  expect(log.filter(line => line.includes('stopped'))).toEqual(['vm 1 stopped'])
})

test.each([
  ['could be stopped is listed no more', undefined, []],
  ['could not be stopped is due soon', 'unavailable', [true]],
  ['only its caller could stop is given up', 'unauthenticated', []],
] as const)('when a proxy has closed the ledger knows: what %s', async (_, reason, due) => {
  const { runtime } = createFakeRuntime()
  const stop = async () => {
    if (reason) throw failure(reason)
  }
  const [one, two] = [await instance({ runtime: { ...runtime, stop } }), await instance({ runtime })]
  await one.openWarm()
  await settle()
  await during(one.proxy.close().then(one.die))
  const listed: boolean[] = []
  for await (const { heldUntil } of two.ledger.list()) listed.push(heldUntil <= Date.now() + 10_000)
  expect(listed).toEqual(due)
})

test('a warm-up that ends does not take its session back from the instance that its page has moved to', async () => {
  const { runtime, log } = createFakeRuntime({ bootMs: 3000 })
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  const { ticket } = await one.openLease()
  await two.beat(ticket)
  await pass(4_000)
  await one.proxy.close()
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed'])
  await two.proxy.close()
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test('a warm-up that fails does not stop the session under the message that another instance has sent on it', async () => {
  const { runtime, log } = createFakeRuntime()
  let fail = (_: unknown) => {}
  const invoke = () => new Promise<never>((_, reject) => (fail = reject))
  const [one, two] = [await instance({ runtime: { ...runtime, invoke } }), await instance({ runtime })]
  const { ticket } = await one.openLease()
  const answer = await during(two.send('hi', ticket))
  await answer.text()
  fail(failure('refused', true))
  await vi.waitUntil(() => one.events.some(({ type }) => type === 'warm-failed'))
  await pass(1_000)
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 ran hi'])
  expect(await two.beat(ticketOf(answer))).toMatchObject({ status: 'warm' })
})

test('a message that could not wait for the warm-up of another instance leaves no microVM behind by that', async () => {
  // It gives up after 7.75 s.
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  const { runtime, log } = createFakeRuntime({ bootMs: 3_000 })
  const ledger = memoryLedger()
  const throttled: typeof runtime.invoke = async (session, request, ...rest) => {
    if (new TextDecoder().decode(request.body).startsWith('warm ')) throw failure('throttled')
    return runtime.invoke(session, request, ...rest)
  }
  const one = createTestProxy({ runtime, ledger })
  const two = createTestProxy({ runtime: { ...runtime, invoke: throttled }, ledger })
  const { ticket } = await one.openLease()
  const answer = await during(two.send('hi', ticket))
  await answer.text()
  await pass(5_000)
  expect(log.filter(line => !line.startsWith('vm 2'))).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 stopped'])
})

test('a session that a message starts is listed as soon as its answer has begun', async () => {
  const { runtime, answerWith } = createFakeRuntime()
  answerWith(() => new ReadableStream())
  const { send, ledger } = await instance({ runtime })
  await send('hi')
  await settle()
  const reasons = []
  for await (const { reason } of ledger.list()) reasons.push(reason)
  expect(reasons).toEqual(['conversation'])
})

test('the list tells who, what, since when, until when and why', async () => {
  const { runtime, answerWith } = createFakeRuntime()
  answerWith(() => streamOf('ok'))
  const { openWarm, send, post, ledger } = await instance({ runtime })
  const openedAt = Date.now()
  const talking = await openWarm()
  await (await send('hi', talking.ticket)).text()
  await post(park, { ticket: (await openWarm()).ticket })
  await settle()
  const entries = []
  for await (const entry of ledger.list()) entries.push(entry)
  const common = { callerId: 'ann', agent: 'default', state: 'held', bornAt: openedAt }
  expect(entries.sort((a, b) => a.heldUntil - b.heldUntil)).toMatchObject([
    { ...common, reason: 'parked', heldUntil: openedAt + 30_000 },
    { ...common, reason: 'conversation', heldUntil: openedAt + 900_000, isSent: true },
  ])
})
