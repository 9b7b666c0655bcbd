import { expect, test, vi } from 'vitest'
import { failTimes, invoke, place, preparePlatform, sessionOn } from './sick-platform.ts'

const { platform, runtimeOf } = preparePlatform()

test('new sessions go round the endpoints', () => {
  expect(place(runtimeOf(), 4)).toEqual(['blue', 'green', 'blue', 'green'])
})

test.each(['v2', 'v1-code'] as const)('on %s one endpoint is used: more of them warm nothing there', platform => {
  expect(place(runtimeOf({ platform }), 3)).toEqual(['blue', 'blue', 'blue'])
  expect(place(runtimeOf({ platform, spread: 'round-robin' }), 2)).toEqual(['blue', 'green'])
})

test('v1-container has pre-warmed instances at each endpoint, so all are used', () => {
  expect(place(runtimeOf({ platform: 'v1-container' }), 2)).toEqual(['blue', 'green'])
})

test('least-warming avoids the endpoint that is busy booting', async () => {
  const runtime = runtimeOf({ spread: 'least-warming' })
  const held: (() => void)[] = []
  platform.held = held
  const warming = invoke(runtime, 'blue', runtime.warmUpRequest('n1'))
  expect(place(runtime, 3)).toEqual(['green', 'green', 'green'])
  await vi.waitUntil(() => held.length > 0)
  for (const answer of held) answer()
  await warming
  expect(new Set(place(runtime, 2))).toEqual(new Set(['blue', 'green']))
})

test.each([429, 402, 500, 503])('an endpoint that answers %i gets no new sessions for a while', async status => {
  const runtime = runtimeOf({ breaker: { failures: 2, openMs: 10_000 } })
  platform.sick = { blue: status }
  await failTimes(runtime, 'blue', 2)
  expect(place(runtime, 3)).toEqual(['green', 'green', 'green'])
  expect(platform.events).toMatchObject([{ type: 'endpoint-opened', qualifier: 'blue' }])
})

test('of a quota one refusal is enough: no session ends because the next one is refused', async () => {
  const runtime = runtimeOf()
  for (let call = 0; call < 20; call++) await invoke(runtime, 'blue')
  platform.sick = { blue: 402 }
  await failTimes(runtime, 'blue', 1)
  await vi.waitUntil(() => platform.events.length > 0)
  expect(place(runtime, 2)).toEqual(['green', 'green'])
})

test.each([409, 424, 400])('%i is not about the endpoint', async status => {
  const runtime = runtimeOf({ breaker: { failures: 2 } })
  platform.sick = { blue: status }
  await failTimes(runtime, 'blue', 8)
  expect(place(runtime, 2)).toEqual(['blue', 'green'])
})

test('a session stays on its endpoint, and its messages get through although that is unwell', async () => {
  const runtime = runtimeOf({ breaker: { failures: 1, openMs: 10_000 } })
  platform.sick = { blue: 503 }
  await failTimes(runtime, 'blue', 1)
  platform.sick = {}
  await invoke(runtime, 'blue')
  await runtime.stop(sessionOn('blue'))
  expect(platform.dataPlane.calls.map(({ url }) => url.split('=')[1])).toEqual(['blue', 'blue', 'blue'])
})

test('warm-ups yield to an endpoint that is unwell: not sent, and told when to come again', async () => {
  const runtime = runtimeOf({ breaker: { failures: 1, openMs: 10_000 } })
  platform.sick = { blue: 429 }
  await failTimes(runtime, 'blue', 1)
  await expect(invoke(runtime, 'blue', runtime.warmUpRequest('n1'))).rejects.toMatchObject({
    reason: 'throttled',
    mayHaveRun: false,
    retryAfterMs: 10_000,
  })
  expect(platform.dataPlane.calls).toHaveLength(1)
})

test('after a while one call tries the endpoint, and when that is well new sessions come back', async () => {
  const runtime = runtimeOf({ breaker: { failures: 1, openMs: 10_000 } })
  platform.sick = { blue: 503 }
  await failTimes(runtime, 'blue', 1)
  vi.advanceTimersByTime(10_000)
  await failTimes(runtime, 'blue', 1)
  vi.advanceTimersByTime(10_000)
  // A trial that failed doubles the wait.
  expect(place(runtime, 2)).toEqual(['green', 'green'])
  platform.sick = {}
  vi.advanceTimersByTime(10_000)
  await invoke(runtime, 'blue', runtime.warmUpRequest('n1'))
  await vi.waitUntil(() => platform.events.length > 1)
  expect(platform.events.map(({ type }) => type)).toEqual(['endpoint-opened', 'endpoint-closed'])
  expect(place(runtime, 2).sort()).toEqual(['blue', 'green'])
})

test('an onEvent that throws is told of, and disturbs no call', async () => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
  const onEvent = () => {
    throw new Error('the log is down')
  }
  const runtime = runtimeOf({ breaker: { failures: 1, openMs: 10_000 }, onEvent })
  platform.sick = { blue: 503 }
  await failTimes(runtime, 'blue', 1)
  await vi.waitFor(() => expect(place(runtime, 2)).toEqual(['green', 'green']))
  const says = expect.stringMatching(/^Could not tell onEvent: /)
  expect(printed).toHaveBeenCalledWith(says, new Error('the log is down'))
  printed.mockRestore()
})

test('when all are unwell the home region is asked, whose refusal is the true one', async () => {
  const runtime = runtimeOf({ breaker: { failures: 1 } })
  platform.sick = { blue: 402, green: 402 }
  await failTimes(runtime, 'blue', 1)
  await failTimes(runtime, 'green', 1)
  expect(place(runtime, 2).sort()).toEqual(['blue', 'green'])
  await expect(invoke(runtime, 'blue')).rejects.toMatchObject({ reason: 'quota' })
})
