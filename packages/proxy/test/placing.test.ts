import { expect, test, vi } from 'vitest'
import { outcomeOf, ticketOf } from './browser.ts'
import { failure } from './fake-runtime.ts'
import { prepareEndpoints } from './refusing-endpoints.ts'

const { endpoints, start } = prepareEndpoints()
const ran = (log: string[]) => log.filter(line => line.includes(' ran '))

test.each([
  ['throttled', 10_000],
  ['quota', undefined],
  ['unreachable', undefined],
  ['missing', undefined],
] as const)('a cold message that is refused as %s goes to the next endpoint at once', async (reason, retryAfterMs) => {
  const { send, log } = start()
  endpoints.sick = { blue: failure(reason, false, retryAfterMs) }
  const answer = await send('hi')
  expect([answer.status, outcomeOf(answer)]).toEqual([200, 'cold'])
  expect(endpoints.calls).toEqual(['blue', 'green'])
  expect(ran(log)).toHaveLength(1)

  // And the conversation stays where it was taken.
  const ticket = ticketOf(answer)
  expect(outcomeOf(await send('and', ticket))).toBe('warm')
  expect(endpoints.calls.at(-1)).toBe('green')
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
    endpoints.sick = { blue: failure(reason, mayHaveRun) }
    expect((await send('hi')).ok).toBe(false)
    expect(endpoints.calls).toEqual(['blue'])
  },
)

test('a message on a session that runs stays there, and waits', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { openWarm, send, log } = start()
  const { ticket } = await openWarm()
  endpoints.sick = { blue: [failure('throttled')] }
  const answering = send('hi', ticket)
  await vi.waitFor(() => expect(endpoints.calls).toHaveLength(2))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(outcomeOf(await answering)).toBe('warm')
  expect(endpoints.calls).toEqual(['blue', 'blue', 'blue'])
  expect(ran(log)).toHaveLength(1)
})

test('a message on a session that has expired is a new session, and goes where it is let', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { openWarm, send, log } = start({ ledger: true })
  const { ticket } = await openWarm()
  vi.advanceTimersByTime(900_000)
  endpoints.sick = { blue: failure('throttled') }
  expect(outcomeOf(await send('hi', ticket))).toBe('rewarmed')
  expect(endpoints.calls).toEqual(['blue', 'blue', 'green'])
  expect(ran(log)).toHaveLength(1)
})

test('a cold message that no endpoint takes waits, goes round again, and tells what its first one said', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { send, log } = start()
  endpoints.sick = { blue: [failure('throttled')], green: [failure('quota')] }
  const answering = send('hi')
  await vi.waitFor(() => expect(endpoints.calls).toEqual(['blue', 'green']))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(outcomeOf(await answering)).toBe('cold')
  expect(endpoints.calls).toEqual(['blue', 'green', 'blue'])
  expect(ran(log)).toHaveLength(1)

  endpoints.sick = { blue: failure('unreachable'), green: failure('quota') }
  endpoints.calls = []
  expect((await send('hi')).status).toBe(429)
  expect(endpoints.calls).toEqual(['green', 'blue'])
})

test('a message whose endpoint was deleted, or that first comes to one that is, is sent to another, whosever turn it is', async () => {
  const { openWarm, send } = start()
  const tickets = [(await openWarm()).ticket, (await openWarm()).ticket, (await openWarm()).ticket]
  expect(endpoints.calls).toEqual(['blue', 'green', 'blue'])
  endpoints.sick = { blue: failure('missing') }
  for (const [ticket, outcome] of [
    [tickets[0], 'rewarmed'],
    [tickets[2], 'rewarmed'],
    [undefined, 'cold'],
    [undefined, 'cold'],
  ]) {
    endpoints.calls = []
    const answer = await send('hi', ticket)
    expect([answer.status, outcomeOf(answer)]).toEqual([200, outcome])
    expect(endpoints.calls.filter(qualifier => qualifier === 'blue').length).toBeLessThan(2)
  }
})

test('where one endpoint is deleted and the other one is busy, a message waits for the one that there is', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { send } = start()
  endpoints.sick = { blue: failure('missing'), green: [failure('throttled')] }
  const answering = send('hi')
  await vi.waitFor(() => expect(endpoints.calls).toEqual(['blue', 'green']))
  await vi.advanceTimersByTimeAsync(1_000)
  expect((await answering).status).toBe(200)
  expect(endpoints.calls).toEqual(['blue', 'green', 'green'])
})
