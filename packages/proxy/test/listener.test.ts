import { createWarmProxy, RuntimeFailure, type WarmProxyOptions } from '@warm-agent/proxy'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { ClosedMeanwhile } from '../src/sessions/closed-meanwhile.ts'
import { browserOf, createTestProxy, outcomeOf, secret } from './browser.ts'
import { createFakeRuntime, failure } from './fake-runtime.ts'

afterEach(() => void vi.useRealTimers())

const fail = () => {
  throw new Error('the log is down')
}

test.each([
  ['throws', () => fail()],
  ['rejects', async () => fail()],
])('an onEvent that %s is told of, and disturbs nothing', async (_, onEvent) => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
  const { openWarm, send } = createTestProxy({ runtime: createFakeRuntime().runtime, onEvent })
  expect(outcomeOf(await send('hello', (await openWarm()).ticket))).toBe('warm')
  const says = expect.stringMatching(/^Could not tell onEvent: /)
  expect(printed).toHaveBeenCalledWith(says, new Error('the log is down'))
  printed.mockRestore()
})

/** For the rest of a test: a browser at a proxy to whose events nobody listens, and what that prints. */
function unheard(options: Partial<WarmProxyOptions> = {}) {
  const fake = createFakeRuntime()
  const lines: unknown[][] = []
  const printed = vi.spyOn(console, 'error').mockImplementation((...line) => void lines.push(line))
  onTestFinished(() => printed.mockRestore())
  const authorize = () => ({ callerId: 'ann' })
  return {
    ...fake,
    lines,
    ...browserOf(createWarmProxy({ runtime: fake.runtime, authorize, secret, ...options } as never)),
  }
}

test('where nobody listens, what sends a browser to the log of the proxy stands there, in one line without a secret', async () => {
  const id = 'warm-12345678-1234-1234-1234-123456789012'
  const cause = new Error(`the platform said\n no to ${id}`)
  const { failNext, send, open, lines } = unheard()
  failNext(new RuntimeFailure('refused', '403 AccessDenied', { mayHaveRun: false, cause }))
  expect(await (await send('hi')).text()).toContain("See the proxy's log.")
  failNext(failure('missing'))
  const { next } = await open()
  await next()
  expect((await next())?.data).toMatchObject({ error: { message: expect.stringContaining("See the proxy's log.") } })
  expect(lines).toEqual([
    [
      'warm-agent: request-failed, route message: RuntimeFailure: 403 AccessDenied <- Error: the platform said no to warm-12345678…',
    ],
    ['warm-agent: warm-failed: RuntimeFailure: the platform said missing'],
  ])
})

test('where nobody listens, a session that the platform would not let end is told of', async () => {
  const { runtime } = createFakeRuntime()
  const stop = () => Promise.reject(failure('refused'))
  const { openWarm, post, lines } = unheard({ runtime: { ...runtime, stop } })
  await post('/sessions/close', { ticket: (await openWarm()).ticket })
  const line = 'warm-agent: stop-failed: RuntimeFailure: the platform said refused'
  await vi.waitFor(() => expect(lines).toContainEqual([line]))
})

test('where nobody listens, what a stranger can make fail is told once in ten seconds, in a line that is short and plain', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  let asked = 0
  const authorize = () => {
    throw new Error(`cannot parse "\x1b[2J${++asked}\n${'x'.repeat(10_000)}"`)
  }
  const { send, lines } = unheard({ authorize })
  for (let count = 0; count < 100; count++) expect((await send('hi')).status).toBe(500)
  vi.setSystemTime(Date.now() + 10_000)
  await send('hi')
  const line = (number: number) => [
    expect.stringMatching(
      new RegExp(`^warm-agent: request-failed, route message: Error: cannot parse " \\[2J${number} x+…$`),
    ),
  ]
  expect(lines).toEqual([line(1), line(101)])
  for (const [text] of lines) expect(text).toHaveLength(500)
})

test('where nobody listens, an `authorize` that throws what is no Error is told', async () => {
  const authorize = () => Promise.reject('no table')
  const { send, lines } = unheard({ authorize })
  await send('hi')
  expect(lines).toEqual([['warm-agent: request-failed, route message: no table']])
})

test('where nobody listens, the refusals of strangers and what passes by itself are not printed', async () => {
  const { failNext, send, post, lines } = unheard({ limits: { warmUpsPerCallerPerMinute: 0 } })
  expect((await post('/messages', { headers: { origin: 'https://evil.test' } })).status).toBe(403)
  expect((await post('/sessions')).status).toBe(429)
  expect((await post('/nowhere')).status).toBe(404)
  expect((await send('hi', 'forged')).status).toBe(401)
  failNext(failure('unavailable', true))
  expect((await send('hi')).status).toBe(503)
  const { send: sendAsStranger } = unheard({ authorize: () => null })
  expect((await sendAsStranger('hi')).status).toBe(401)
  expect(lines).toEqual([])
})

test('where nobody listens, a page that has left while its warm-up waited is no failure', async () => {
  const { failNext, open, lines } = unheard()
  failNext(new ClosedMeanwhile())
  const { next } = await open()
  await next()
  expect((await next())?.event).toBe('failed')
  expect(lines).toEqual([])
})
