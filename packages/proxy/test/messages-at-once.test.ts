import { expect, test } from 'vitest'
import { createTestProxy } from './browser.ts'
import { brokenStreamOf, createFakeRuntime, failure, hang } from './fake-runtime.ts'
import { prepareLimits } from './prepare-limits.ts'

const start = prepareLimits()

const messagesAtOncePerCaller = 2

test('a caller has so many messages in flight; one more is told when to try again, and others are not held up', async () => {
  const { send, log, refusals } = start({ messagesAtOncePerCaller })
  const [first] = await Promise.all([send('one'), send('two')])
  const refused = await send('three')
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(await refused.json()).toMatchObject({ error: { code: 'rate_limited', retryAfterMs: 1000 } })
  expect(log.filter(line => line.includes('ran'))).toHaveLength(2)
  expect(refusals(), 'no warm-up was refused').toEqual([])
  expect((await send('hi', undefined, { headers: { 'x-user': 'bob' } })).status).toBe(200)
  await first.text()
  expect((await send('four')).status).toBe(200)
})

test('a message by another name of its caller counts for the name that its session was opened by', async () => {
  const { runtime } = createFakeRuntime()
  const authorize = (request: Request) => ({ callerId: request.headers.get('x-user') ?? 'ann', otherIds: ['ann'] })
  const { openWarm, send } = createTestProxy({ runtime, authorize, limits: { messagesAtOncePerCaller: 1 } })
  const { ticket } = await openWarm()
  const statuses = [await send('one', ticket), await send('two', ticket, { headers: { 'x-user': 'bob' } })]
  expect(statuses.map(({ status }) => status)).toEqual([200, 429])
})

const endings: [
  string,
  (send: ReturnType<typeof start>['send'], fake: ReturnType<typeof start>) => Promise<unknown>,
][] = [
  ['is read', async send => (await send('hi')).text()],
  ['is cancelled', async send => (await send('hi')).body?.cancel()],
  [
    'breaks off',
    async (send, { answerWith }) => {
      answerWith(() => brokenStreamOf('half'))
      await (await send('hi')).text().catch(() => undefined)
    },
  ],
  [
    'never begins, because the agent failed',
    (send, { failNext }) => {
      failNext(failure('agent', true))
      return send('hi')
    },
  ],
  [
    'is aborted while it is awaited',
    async (send, { failNext }) => {
      const leaving = new AbortController()
      failNext(hang)
      const sending = send('hi', undefined, { signal: leaving.signal })
      setImmediate(() => leaving.abort())
      await sending
    },
  ],
  [
    'is aborted while it is read',
    async send => {
      const leaving = new AbortController()
      await send('hi', undefined, { signal: leaving.signal })
      leaving.abort()
    },
  ],
  ['is not asked for, because the message is too long', send => send('x'.repeat(11 * 1024 * 1024))],
  [
    'is not asked for, because no such agent is served',
    send => send('hi', undefined, { headers: { 'warm-agent-agent': 'x' } }),
  ],
]

test.each(endings)('a message makes room when its answer %s', async (_, end) => {
  const started = start({ messagesAtOncePerCaller: 1 })
  await end(started.send, started)
  const { status } = await started.send('hi')
  expect(status).toBe(200)
})
