import { type AgentRuntime, memoryLedger } from '@warm-agent/proxy'
import { expect, test, vi } from 'vitest'
import { createTestProxy, outcomeOf, ticketOf } from './browser.ts'
import { createFakeRuntime, failure } from './fake-runtime.ts'

/** A platform from which endpoints are taken away. Of the others, new sessions go to the first. */
function start({ pool = false, isPlaceable = true } = {}) {
  const fake = createFakeRuntime()
  const gone = new Set<string>()
  const calls: string[] = []
  const runtime: AgentRuntime = {
    ...fake.runtime,
    placeSession: () => (isPlaceable && gone.has('blue') ? 'green' : 'blue'),
    addressOf({ qualifier }) {
      if (gone.has(qualifier)) throw failure('missing')
      return { agentRuntimeArn: 'arn', region: 'us-east-1', qualifier }
    },
    async invoke(session, ...rest) {
      calls.push(session.qualifier)
      if (gone.has(session.qualifier)) throw failure('missing')
      return fake.runtime.invoke(session, ...rest)
    },
    stop: session => (gone.has(session.qualifier) ? Promise.reject(failure('missing')) : fake.runtime.stop(session)),
  }
  const now = Date.now()
  const spare = { runtimeSessionId: 'a session that was warmed ahead of need', qualifier: 'blue' }
  const claim = async () => ({ ...spare, bornAtMs: now, touchedAtMs: now, evidence: 'assumed' as const })
  const tested = createTestProxy({ runtime, ledger: memoryLedger(), ...(pool && { pool: { claim } }) })
  return { ...fake, ...tested, gone, calls }
}
const runsIn = (log: string[]) => log.filter(line => line.includes(' ran '))

test('a message on a session whose endpoint was taken away starts a new one, once, and stays there', async () => {
  const { openWarm, send, gone, calls, log } = start()
  const { ticket } = await openWarm()
  gone.add('blue')
  const answer = await send('hi', ticket)
  expect([answer.status, outcomeOf(answer)]).toEqual([200, 'rewarmed'])
  expect(outcomeOf(await send('and', ticketOf(answer)))).toBe('warm')
  expect(calls).toEqual(['blue', 'blue', 'green', 'green'])
  expect(runsIn(log)).toEqual(['vm 2 ran hi', 'vm 2 ran and'])
})

test('a conversation goes on where a new session is let, and its old ticket is not tried again', async () => {
  const { openWarm, send, gone, calls } = start()
  const first = await send('hi', (await openWarm()).ticket)
  const ticket = ticketOf(first)
  gone.add('blue')
  for (const text of ['one', 'two']) expect(outcomeOf(await send(text, ticket))).toBe('rewarmed')
  expect(calls).toEqual(['blue', 'blue', 'blue', 'green', 'green'])
})

test('so does a message that got a session of the pool', async () => {
  const { send, gone, calls } = start({ pool: true })
  gone.add('blue')
  expect(outcomeOf(await send('hi'))).toBe('rewarmed')
  expect(calls).toEqual(['blue', 'green'])
})

test('so does one whose session had expired', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { openWarm, send, gone, calls } = start()
  const { ticket } = await openWarm()
  vi.advanceTimersByTime(900_000)
  gone.add('blue')
  expect(outcomeOf(await send('hi', ticket))).toBe('rewarmed')
  expect(calls).toEqual(['blue', 'blue', 'green'])
  vi.useRealTimers()
})

test('an agent that is gone altogether is an error after one more try, and after one for a message without a session', async () => {
  const { openWarm, send, gone, calls } = start({ isPlaceable: false })
  const { ticket } = await openWarm()
  gone.add('blue')
  expect((await send('hi', ticket)).status).toBe(503)
  expect(calls).toEqual(['blue', 'blue', 'blue'])
  expect((await send('hi')).status).toBe(503)
  expect(calls).toHaveLength(4)
})

test('a message that may have run is not sent again, whatever is missing', async () => {
  const { openWarm, send, failNext, calls } = start()
  const { ticket } = await openWarm()
  failNext(failure('missing', true))
  expect((await send('hi', ticket)).status).toBe(503)
  expect(calls).toHaveLength(2)
})

test('a beat that meets it tells the page that the session has expired, so that it warms another, and nobody goes there again', async () => {
  const { openWarm, post, send, gone, calls, events } = start()
  const { ticket } = await openWarm()
  gone.add('blue')
  const beat = await post('/sessions/beat', { ticket })
  expect([beat.status, await beat.json()]).toMatchObject([410, { error: { code: 'session_expired' } }])
  expect(events).toContainEqual(expect.objectContaining({ type: 'session-expired', reason: 'missing' }))
  expect(outcomeOf(await send('hi', ticket))).toBe('rewarmed')
  expect(calls).toEqual(['blue', 'blue', 'green'])
})

test('a chat route of your own is lent a new session when the address of the old one is not known any more', async () => {
  const { openWarm, proxy, gone } = start()
  const { ticket } = await openWarm()
  gone.add('blue')
  const request = new Request('http://chat.test/chat', { method: 'POST', headers: { 'Warm-Agent-Ticket': ticket } })
  expect(await proxy.session(request)).toMatchObject({ qualifier: 'green', outcome: 'rewarmed' })
})
