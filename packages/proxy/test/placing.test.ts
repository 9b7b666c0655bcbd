import { memoryLedger, type RuntimeFailure, type RuntimeSession } from '@warm-agent/proxy'
import { beforeEach, expect, test, vi } from 'vitest'
import { createTestProxy, outcomeOf } from './browser.ts'
import { createFakeRuntime, failure } from './fake-runtime.ts'

/** How an endpoint refuses: always, or as often as there are entries left. */
let sick: Record<string, RuntimeFailure | RuntimeFailure[]>
/** Every call, by the endpoint that it came to. */
let calls: string[]
let stopped: RuntimeSession[]

beforeEach(() => {
  sick = {}
  calls = []
  stopped = []
})

function start(options: Parameters<typeof createFakeRuntime>[0] & { ledger?: boolean } = {}) {
  const fake = createFakeRuntime(options)
  const ledger = memoryLedger()
  const tested = createTestProxy({
    ...(options.ledger && { ledger }),
    runtime: {
      ...fake.runtime,
      qualifiers: ['blue', 'green'],
      async invoke(session, ...rest) {
        calls.push(session.qualifier)
        const refusal = sick[session.qualifier]
        const refused = Array.isArray(refusal) ? refusal.shift() : refusal
        if (refused) throw refused
        return fake.runtime.invoke(session, ...rest)
      },
      stop(session, ...rest) {
        stopped.push(session)
        return fake.runtime.stop(session, ...rest)
      },
    },
  })
  return { ...fake, ...tested, ledger }
}
const ran = (log: string[]) => log.filter(line => line.includes(' ran '))

test.each([
  ['throttled', 10_000],
  ['quota', undefined],
  ['unreachable', undefined],
  ['missing', undefined],
] as const)('a cold message that is refused as %s goes to the next endpoint at once', async (reason, retryAfterMs) => {
  const { send, log } = start()
  sick = { blue: failure(reason, false, retryAfterMs) }
  const answer = await send('hi')
  expect([answer.status, outcomeOf(answer)]).toEqual([200, 'cold'])
  expect(calls).toEqual(['blue', 'green'])
  expect(ran(log)).toHaveLength(1)

  // And the conversation stays where it was taken.
  const ticket = answer.headers.get('Warm-Agent-Ticket') ?? ''
  expect(outcomeOf(await send('and', ticket))).toBe('warm')
  expect(calls.at(-1)).toBe('green')
})

test.each([
  ['unavailable', true],
  ['unreachable', true],
  ['agent', true],
  ['invalid', false],
  ['refused', false],
] as const)(
  'a cold message that failed as %s (may have run: %s) is not sent anywhere else',
  async (reason, mayHaveRun) => {
    const { send } = start()
    sick = { blue: failure(reason, mayHaveRun) }
    expect((await send('hi')).ok).toBe(false)
    expect(calls).toEqual(['blue'])
  },
)

test('a message on a session that runs stays there, and waits', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { openWarm, send, log } = start()
  const { ticket } = await openWarm()
  sick = { blue: [failure('throttled')] }
  const answering = send('hi', ticket)
  await vi.waitFor(() => expect(calls).toHaveLength(2))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(outcomeOf(await answering)).toBe('warm')
  expect(calls).toEqual(['blue', 'blue', 'blue'])
  expect(ran(log)).toHaveLength(1)
  vi.useRealTimers()
})

test('a message on a session that has expired is a new session, and goes where it is let', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { openWarm, send, log } = start({ ledger: true })
  const { ticket } = await openWarm()
  vi.advanceTimersByTime(900_000)
  sick = { blue: failure('throttled') }
  expect(outcomeOf(await send('hi', ticket))).toBe('rewarmed')
  expect(calls).toEqual(['blue', 'blue', 'green'])
  expect(ran(log)).toHaveLength(1)
  vi.useRealTimers()
})

test('a cold message that no endpoint takes waits, goes round again, and tells what its first one said', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { send, log } = start()
  sick = { blue: [failure('throttled')], green: [failure('quota')] }
  const answering = send('hi')
  await vi.waitFor(() => expect(calls).toEqual(['blue', 'green']))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(outcomeOf(await answering)).toBe('cold')
  expect(calls).toEqual(['blue', 'green', 'blue'])
  expect(ran(log)).toHaveLength(1)

  sick = { blue: failure('unreachable'), green: failure('quota') }
  calls = []
  expect((await send('hi')).status).toBe(429)
  expect(calls).toEqual(['green', 'blue'])
  vi.useRealTimers()
})

test('a message whose endpoint was deleted, or that first comes to one that is, is sent to another, whosever turn it is', async () => {
  const { openWarm, send } = start()
  const tickets = [(await openWarm()).ticket, (await openWarm()).ticket, (await openWarm()).ticket]
  expect(calls).toEqual(['blue', 'green', 'blue'])
  sick = { blue: failure('missing') }
  for (const [ticket, outcome] of [
    [tickets[0], 'rewarmed'],
    [tickets[2], 'rewarmed'],
    [undefined, 'cold'],
    [undefined, 'cold'],
  ]) {
    calls = []
    const answer = await send('hi', ticket)
    expect([answer.status, outcomeOf(answer)]).toEqual([200, outcome])
    expect(calls.filter(qualifier => qualifier === 'blue').length).toBeLessThan(2)
  }
})

test('a warm-up that first comes to an endpoint that is deleted goes to another', async () => {
  const { openWarm } = start()
  sick = { green: failure('missing') }
  for (let opened = 0; opened < 3; opened++) await openWarm()
  expect(calls.filter(qualifier => qualifier === 'blue')).toHaveLength(3)
})

test('where one endpoint is deleted and the other one is busy, a message waits for the one that there is', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { send } = start()
  sick = { blue: failure('missing'), green: [failure('throttled')] }
  const answering = send('hi')
  await vi.waitFor(() => expect(calls).toEqual(['blue', 'green']))
  await vi.advanceTimersByTimeAsync(1_000)
  expect((await answering).status).toBe(200)
  expect(calls).toEqual(['blue', 'green', 'green'])
  vi.useRealTimers()
})

test('a warm-up that is refused goes to the next endpoint at once, and its first ticket finds it there', async () => {
  const { open, send, beat, post, log, events } = start({ ledger: true })
  sick = { blue: failure('throttled', false, 60_000) }
  const { next } = await open()
  const lease = await next()
  const warm = await next()
  expect(warm).toMatchObject({ event: 'warm', data: { evidence: 'observed' } })
  expect(calls).toEqual(['blue', 'green'])
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
  expect(new Set(calls.slice(1))).toEqual(new Set(['green']))
  expect(stopped).toMatchObject([{ qualifier: 'green' }])
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test('the ledger lists a session where it runs, and nowhere else', async () => {
  const { openWarm, ledger } = start({ ledger: true })
  sick = { blue: failure('quota') }
  await openWarm()
  const listed = async () => {
    const qualifiers: string[] = []
    for await (const { session } of ledger.list()) qualifiers.push(session.qualifier)
    return qualifiers
  }
  await vi.waitFor(async () => expect(await listed()).toEqual(['green']))
})

test('a message that comes while its warm-up moves joins it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { openLease, send, log } = start({ bootMs: 2_000 })
  sick = { blue: failure('quota') }
  const { ticket } = await openLease()
  const answering = send('hi', ticket)
  await vi.waitFor(() => expect(calls).toHaveLength(2))
  await vi.advanceTimersByTimeAsync(2_000)
  expect(outcomeOf(await answering)).toBe('joined')
  expect(calls).toEqual(['blue', 'green', 'green'])
  expect(log.filter(line => line.includes('started'))).toHaveLength(1)
  vi.useRealTimers()
})

test('a session that is closed or left while its warm-up moves is stopped where it came up', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { open, openLease, post, log } = start({ bootMs: 2_000 })
  sick = { blue: failure('quota') }
  const { ticket } = await openLease()
  const closing = post('/sessions/close', { ticket })
  await vi.advanceTimersByTimeAsync(3_000)
  expect((await closing).status).toBe(204)
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 stopped'])

  calls = []
  sick = { green: failure('quota') }
  const left = await open()
  await left.next()
  await vi.advanceTimersByTimeAsync(1_000)
  await left.leave()
  await vi.advanceTimersByTimeAsync(31_000)
  expect(log.at(-1)).toBe('vm 2 stopped')
  expect(stopped).toMatchObject([{ qualifier: 'green' }, { qualifier: 'blue' }])
  vi.useRealTimers()
})

test('a warm-up that no endpoint takes yields: it waits as it is told, and then goes round again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { openLease } = start()
  sick = { blue: [failure('throttled', false, 5_000)], green: [failure('throttled', false, 1_000)] }
  await openLease()
  await vi.waitFor(() => expect(calls).toEqual(['blue', 'green']))
  // Each look of waitFor has moved the clock on by 50 ms.
  await vi.advanceTimersByTimeAsync(4_000)
  expect(calls).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(calls).toEqual(['blue', 'green', 'blue'])
  vi.useRealTimers()
})

test.each([false, true])(
  'a session that was parked before it moved is stopped where it came up, unless it is touched (ledger: %s)',
  async ledger => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const { openLease, post, beat, log } = start({ ledger })
    const refuseOnce = () => ({
      blue: [failure('throttled', false, 2_000), failure('quota')],
      green: [failure('quota')],
    })
    for (const isTouched of [false, true]) {
      sick = refuseOnce()
      const { ticket } = await openLease()
      await post('/sessions/close?afterMs=10000', { ticket })
      await vi.advanceTimersByTimeAsync(4_000)
      if (isTouched) await beat(ticket)
      await vi.advanceTimersByTimeAsync(10_000)
    }
    expect(log.filter(line => line.includes('stopped'))).toEqual(['vm 1 stopped'])
    expect(stopped).toMatchObject([{ qualifier: 'green' }])
    vi.useRealTimers()
  },
)

test('a warm-up that may have started a session stays with it, and stops it when it gives up', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { openLease } = start()
  sick = { blue: [failure('unreachable', true), failure('throttled'), failure('refused')] }
  await openLease()
  await vi.advanceTimersByTimeAsync(3_000)
  expect(calls).toEqual(['blue', 'blue', 'blue'])
  expect(stopped).toMatchObject([{ qualifier: 'blue' }])
  vi.useRealTimers()
})
