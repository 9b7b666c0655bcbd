import { expect, test, vi } from 'vitest'
import { createTestProxy, outcomeOf } from './browser.ts'
import { createFakeRuntime, failure } from './fake-runtime.ts'
import { during } from './fake-time.ts'
import { prepareEndpoints } from './refusing-endpoints.ts'

const { endpoints, start } = prepareEndpoints()

test('a warm-up that first comes to an endpoint that is deleted goes to another', async () => {
  const { openWarm } = start()
  endpoints.sick = { green: failure('missing') }
  for (let opened = 0; opened < 3; opened++) await openWarm()
  expect(endpoints.calls.filter(qualifier => qualifier === 'blue')).toHaveLength(3)
})

test('a warm-up that is refused goes to the next endpoint at once, and its first ticket finds it there', async () => {
  const { open, send, beat, post, log, events } = start({ ledger: true })
  endpoints.sick = { blue: failure('throttled', false, 60_000) }
  const { next } = await open()
  const lease = await next()
  const warm = await next()
  expect(warm).toMatchObject({ event: 'warm', data: { evidence: 'observed' } })
  expect(endpoints.calls).toEqual(['blue', 'green'])
  expect(events.map(event => ('qualifier' in event ? `${event.type} ${event.qualifier}` : event.type))).toEqual([
    'warm-started blue',
    'warm-succeeded green',
  ])
  const tickets = [lease, warm].map(event => (event && 'ticket' in event.data ? event.data.ticket : ''))
  for (const ticket of tickets) {
    await beat(ticket)
    expect(outcomeOf(await send('hi', ticket))).toBe('warm')
  }
  expect((await post('/sessions/close', { ticket: tickets[0] ?? '' })).status).toBe(204)
  expect(new Set(endpoints.calls.slice(1))).toEqual(new Set(['green']))
  expect(endpoints.stopped).toMatchObject([{ qualifier: 'green' }])
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test.each([false, true])(
  'a warm-up that two endpoints refuse is known where the third has taken it, to every instance (ledger: %s)',
  async ledger => {
    const { openLease, openWarm, events, startAnother, post, send } = start({
      ledger,
      qualifiers: ['blue', 'green', 'red'],
    })
    endpoints.sick = { blue: failure('quota'), green: failure('quota') }
    const { ticket } = await openWarm()
    expect(events.at(-1)).toMatchObject({ type: 'warm-succeeded', qualifier: 'red' })
    expect(outcomeOf(await startAnother().send('hi', ticket))).toBe('warm')
    expect((await post('/sessions/close', { ticket })).status).toBe(204)

    const first = await openLease()
    await vi.waitFor(() => expect(events.filter(({ type }) => type === 'warm-succeeded')).toHaveLength(2))
    expect(outcomeOf(await send('hi', first.ticket))).toBe('warm')
    await post('/sessions/close', { ticket: first.ticket })
    expect(endpoints.stopped).toMatchObject([{ qualifier: 'red' }, { qualifier: 'red' }])
  },
)

test('the ledger lists a session where it runs, and nowhere else', async () => {
  const { openWarm, ledger } = start({ ledger: true })
  endpoints.sick = { blue: failure('quota') }
  await openWarm()
  const listed = async () => {
    const qualifiers: string[] = []
    for await (const { session } of ledger.list()) qualifiers.push(session.qualifier)
    return qualifiers
  }
  await vi.waitFor(async () => expect(await listed()).toEqual(['green']))
})

test('of a warm-up that no endpoint takes the ledger keeps nothing', async () => {
  const { open, ledger } = start({ ledger: true })
  endpoints.sick = { blue: failure('quota'), green: failure('invalid') }
  const { next } = await open()
  expect(await next()).toMatchObject({ event: 'lease' })
  expect(await next()).toMatchObject({ event: 'failed' })
  const listed = () => ledger.list()[Symbol.asyncIterator]().next()
  await vi.waitFor(async () => expect(await listed()).toMatchObject({ done: true }))
})

test('a proxy that closes ends a session that has moved once, where it is', async () => {
  const { openWarm, proxy, events } = start()
  endpoints.sick = { blue: failure('quota') }
  await openWarm()
  await proxy.close()
  expect(endpoints.stopped).toMatchObject([{ qualifier: 'green' }])
  expect(events.filter(({ type }) => type === 'session-closed')).toHaveLength(1)
})

test('a message that comes while its warm-up moves joins it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { openLease, send, log } = start({ bootMs: 2_000 })
  endpoints.sick = { blue: failure('quota') }
  const { ticket } = await openLease()
  const answering = send('hi', ticket)
  await vi.waitFor(() => expect(endpoints.calls).toHaveLength(2))
  await vi.advanceTimersByTimeAsync(2_000)
  expect(outcomeOf(await answering)).toBe('joined')
  expect(endpoints.calls).toEqual(['blue', 'green', 'green'])
  expect(log.filter(line => line.includes('started'))).toHaveLength(1)
})

/** A warm-up that begins at blue waits for two seconds, and then comes up at green. */
const refuseFor2s = () => ({
  blue: [failure('throttled', false, 2_000), failure('quota')],
  green: [failure('quota')],
})

test('a message that waits while its warm-up moves is sent where that came up', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { openLease, send } = start()
  endpoints.sick = refuseFor2s()
  const { ticket } = await openLease()
  expect(outcomeOf(await during(send('hi', ticket)))).toBe('joined')
  expect(endpoints.calls).toEqual(['blue', 'green', 'blue', 'green', 'green'])
})

test('a message that waits while its warm-up moves and is closed goes on a session of its own', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { openLease, post, send, log } = start({ bootMs: 2_000 })
  endpoints.sick = refuseFor2s()
  const { ticket } = await openLease()
  const answering = send('hi', ticket)
  await during(new Promise(resolve => setTimeout(resolve, 3_000)))
  expect(log).toEqual(['vm 1 started'])
  const closing = post('/sessions/close', { ticket })
  expect(outcomeOf(await during(answering))).toBe('rewarmed')
  expect((await during(closing)).status).toBe(204)
})

test('a session that is closed or left while its warm-up moves is stopped where it came up', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { open, openLease, post, log } = start({ bootMs: 2_000 })
  endpoints.sick = { blue: failure('quota') }
  const { ticket } = await openLease()
  const closing = post('/sessions/close', { ticket })
  await vi.advanceTimersByTimeAsync(3_000)
  expect((await closing).status).toBe(204)
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 stopped'])

  endpoints.calls = []
  endpoints.sick = { green: failure('quota') }
  const left = await open()
  await left.next()
  await vi.advanceTimersByTimeAsync(1_000)
  await left.leave()
  await vi.advanceTimersByTimeAsync(31_000)
  expect(log.at(-1)).toBe('vm 2 stopped')
  expect(endpoints.stopped).toMatchObject([{ qualifier: 'green' }, { qualifier: 'blue' }])
})

test('a session that is closed before an endpoint has refused it goes to no other', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { runtime } = createFakeRuntime()
  const calls: string[] = []
  const invoke: typeof runtime.invoke = async ({ qualifier }) => {
    calls.push(qualifier)
    await new Promise(resolve => setTimeout(resolve, 1_000))
    throw failure('quota')
  }
  const { openLease, post } = createTestProxy({ runtime: { ...runtime, qualifiers: ['blue', 'green'], invoke } })
  const { ticket } = await openLease()
  const closing = post('/sessions/close', { ticket })
  await vi.advanceTimersByTimeAsync(3_000)
  expect((await closing).status).toBe(204)
  expect(calls).toEqual(['blue'])
})

test('a warm-up that no endpoint takes yields: it waits as it is told, and then goes round again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { openLease } = start()
  endpoints.sick = { blue: [failure('throttled', false, 5_000)], green: [failure('throttled', false, 1_000)] }
  await openLease()
  await vi.waitFor(() => expect(endpoints.calls).toEqual(['blue', 'green']))
  // Each look of waitFor has moved the clock on by 50 ms.
  await vi.advanceTimersByTimeAsync(4_000)
  expect(endpoints.calls).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(endpoints.calls).toEqual(['blue', 'green', 'blue'])
})

test.each([false, true])(
  'a session that was parked before it moved is stopped where it came up, unless it is touched (ledger: %s)',
  async ledger => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const { openLease, post, beat, log } = start({ ledger })
    for (const isTouched of [false, true]) {
      endpoints.sick = refuseFor2s()
      const { ticket } = await openLease()
      await post('/sessions/close?afterMs=10000', { ticket })
      await vi.advanceTimersByTimeAsync(4_000)
      if (isTouched) await beat(ticket)
      await vi.advanceTimersByTimeAsync(10_000)
    }
    expect(log.filter(line => line.includes('stopped'))).toEqual(['vm 1 stopped'])
    expect(endpoints.stopped).toMatchObject([{ qualifier: 'green' }])
  },
)

test('a warm-up that may have started a session stays with it, and stops it when it gives up', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { openLease } = start()
  endpoints.sick = { blue: [failure('unreachable', true), failure('throttled'), failure('refused')] }
  await openLease()
  await vi.advanceTimersByTimeAsync(3_000)
  expect(endpoints.calls).toEqual(['blue', 'blue', 'blue'])
  expect(endpoints.stopped).toMatchObject([{ qualifier: 'blue' }])
})
