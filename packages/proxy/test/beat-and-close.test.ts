import { memoryLedger } from '@warm-agent/proxy'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createTestProxy, outcomeOf } from './browser.ts'
import { createFakeRuntime, failure, hang } from './fake-runtime.ts'
import { during } from './fake-time.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('a beat touches the session and renews the lease', async () => {
  const { runtime, log } = createFakeRuntime()
  const { openWarm, beat } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  vi.setSystemTime(Date.now() + 800_000)
  const lease = await beat(ticket)
  expect(lease).toMatchObject({ status: 'warm', ttlMs: 900_000, holdMs: 100_000 })
  vi.setSystemTime(Date.now() + 90_000)
  expect(await beat(lease.ticket)).toMatchObject({ status: 'warm' })
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 warmed', 'vm 1 warmed'])
})

test('a beat past the idle timeout says expired and touches nothing (anthropic-on-aws #284)', async () => {
  const { runtime, log } = createFakeRuntime()
  const { openWarm, beat } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  vi.setSystemTime(Date.now() + 900_000)
  expect(await beat(ticket)).toMatchObject({ error: { code: 'session_expired' } })
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed'])
})

test('no beat holds an unsent session past its maximum: it is stopped', async () => {
  const { runtime, log } = createFakeRuntime()
  const { openWarm, beat } = createTestProxy({ runtime, limits: { unsentHoldMs: 60_000 } })
  const { ticket, holdMs } = await openWarm()
  expect(holdMs).toBe(60_000)
  vi.setSystemTime(Date.now() + 60_000)
  expect(await beat(ticket)).toMatchObject({ error: { code: 'session_expired' } })
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test('a conversation is held past that, by any of its tickets, to the end of the life of its VM', async () => {
  const { runtime } = createFakeRuntime()
  const { openWarm, beat, send } = createTestProxy({ runtime, limits: { unsentHoldMs: 60_000 } })
  const { ticket } = await openWarm()
  await send('hi', ticket)
  vi.setSystemTime(Date.now() + 61_000)
  let lease = await beat(ticket)
  expect(lease).toMatchObject({ status: 'warm' })
  for (let hours = 0; hours < 7.7; hours += 0.2) {
    vi.setSystemTime(Date.now() + 0.2 * 3_600_000)
    lease = await beat(lease.ticket)
  }
  expect(lease.ttlMs).toBeLessThan(900_000)
  expect(lease.ttlMs).toBe(lease.holdMs)
  vi.setSystemTime(Date.now() + lease.ttlMs)
  expect(await beat(lease.ticket)).toMatchObject({ error: { code: 'session_expired' } })
})

test('a beat that finds another VM than it held says so, and stops the one that it started by that', async () => {
  const { runtime, log, killAll } = createFakeRuntime()
  const { openWarm, beat, send, events } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  killAll()
  expect(await beat(ticket)).toMatchObject({ error: { code: 'session_expired' } })
  expect(log.slice(2)).toEqual(['vm 2 started', 'vm 2 warmed', 'vm 2 stopped'])
  expect(events.find(event => event.type === 'session-expired')).toMatchObject({ reason: 'replaced' })
  expect(outcomeOf(await send('hi', ticket))).toBe('rewarmed')
})

test('a beat during the warm-up calls nothing', async () => {
  const { runtime } = createFakeRuntime({ bootMs: 3000 })
  const invoke = vi.fn(runtime.invoke)
  const { openLease, beat } = createTestProxy({ runtime: { ...runtime, invoke } })
  expect(await beat((await openLease()).ticket)).toMatchObject({ status: 'warming' })
  expect(invoke).toHaveBeenCalledOnce()
})

test('a beat that another instance warms for waits for nobody', async () => {
  const { runtime } = createFakeRuntime({ bootMs: 3000 })
  const { ticket } = await createTestProxy({ runtime }).openLease()
  expect(await createTestProxy({ runtime }).beat(ticket)).toMatchObject({ status: 'warming' })
})

test('a beat that is throttled yields: it is not tried again, and its page is told to wait no second too few', async () => {
  const { runtime, failNext, log } = createFakeRuntime()
  const { openWarm, post } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  failNext(failure('throttled', false, 1100))
  const answer = await post('/sessions/beat', { ticket })
  expect(answer.headers.get('retry-after')).toBe('2')
  expect(await answer.json()).toMatchObject({ error: { code: 'rate_limited', retryAfterMs: 1100 } })
  expect(log.at(-1)).toBe('failed')
})

test('a beat that hangs is given up when a warm-up would be', async () => {
  const { runtime, failNext } = createFakeRuntime()
  const { openWarm, post } = createTestProxy({ runtime, limits: { warmTimeoutMs: 10_000 } })
  const { ticket } = await openWarm()
  failNext(hang)
  const beatAt = Date.now()
  expect((await during(post('/sessions/beat', { ticket }))).status).toBe(504)
  expect(Date.now() - beatAt).toBeLessThan(12_000)
})

test('a page that leaves ends the call of its beat', async () => {
  const { runtime, failNext } = createFakeRuntime()
  const { openWarm, post } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  vi.setSystemTime(Date.now() + 600_000)
  let called: AbortSignal | undefined
  failNext(signal => {
    called = signal
    return hang(signal)
  })
  const leaving = new AbortController()
  void post('/sessions/beat', { ticket, signal: leaving.signal })
  await vi.waitUntil(() => called)
  expect(called?.aborted).toBe(false)
  leaving.abort()
  expect(called?.aborted).toBe(true)
})

test('close stops the VM, and is 204 again', async () => {
  const { runtime, log } = createFakeRuntime()
  const { openWarm, post, beat } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  expect((await post('/sessions/close', { ticket })).status).toBe(204)
  expect((await post('/sessions/close', { ticket })).status).toBe(204)
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 stopped'])
  expect(await beat(ticket)).toMatchObject({ error: { code: 'session_expired' } })
})

test('sendBeacon closes with the ticket as the body', async () => {
  const { runtime, log } = createFakeRuntime()
  const { openWarm, post } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  expect((await post('/sessions/close', { body: ticket })).status).toBe(204)
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test('a session that is closed while it warms is stopped when it is warm, not leaked (tarn #48)', async () => {
  const { runtime, log } = createFakeRuntime({ bootMs: 3000 })
  const { openLease, post } = createTestProxy({ runtime })
  const { ticket } = await openLease()
  const closing = post('/sessions/close', { ticket })
  await new Promise(resolve => setImmediate(resolve))
  await vi.advanceTimersByTimeAsync(3000)
  expect((await closing).status).toBe(204)
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 stopped'])
})

test.each([
  ['a beat', 'beat'],
  ['a message', 'send'],
] as const)('a parked session is stopped, unless %s comes first', async (_, touch) => {
  const { runtime, log } = createFakeRuntime()
  const browser = createTestProxy({ runtime })
  const { ticket } = await browser.openWarm()
  const park = () => browser.post('/sessions/close?afterMs=30000', { ticket })
  expect((await park()).status).toBe(204)
  await vi.advanceTimersByTimeAsync(29_999)
  await (touch === 'beat' ? browser.beat(ticket) : (await browser.send('hi', ticket)).text())
  await vi.advanceTimersByTimeAsync(60_000)
  expect(log).not.toContain('vm 1 stopped')
  await park()
  await vi.advanceTimersByTimeAsync(30_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test('a session that is parked for longer than a timer can wait is not stopped at once', async () => {
  const { runtime, log } = createFakeRuntime()
  const { openWarm, post } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  expect((await post('/sessions/close?afterMs=3000000000', { ticket })).status).toBe(204)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(log).not.toContain('vm 1 stopped')
})

test('a page that leaves before it has its ticket leaves no VM behind', async () => {
  const { runtime, log } = createFakeRuntime({ bootMs: 3000 })
  const { leave } = await createTestProxy({ runtime }).open()
  await leave()
  await vi.advanceTimersByTimeAsync(29_000)
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed'])
  await vi.advanceTimersByTimeAsync(1_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test('a host that only aborts the request is enough to know that the page has left; once all is said it means nothing', async () => {
  const { runtime, log } = createFakeRuntime({ bootMs: 3000 })
  const { open } = createTestProxy({ runtime })
  const page = new AbortController()
  const { next } = await open({ signal: page.signal })
  await next()
  page.abort()
  await expect(next()).rejects.toThrow('aborted')
  await vi.advanceTimersByTimeAsync(30_000)
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 stopped'])

  const other = new AbortController()
  const reading = await open({ signal: other.signal })
  await vi.advanceTimersByTimeAsync(3000)
  await reading.next()
  expect(await reading.next()).toMatchObject({ event: 'warm' })
  other.abort()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(log.at(-1)).toBe('vm 2 warmed')
})

test.each(['message', 'page'])(
  'a message that was given up with its page, the %s first, does not keep its session',
  async first => {
    const { runtime, log } = createFakeRuntime({ bootMs: 3000 })
    for (const ledger of [undefined, memoryLedger()]) {
      const { open, send } = createTestProxy({ runtime, ...(ledger && { ledger }) })
      log.length = 0
      const { next, leave } = await open()
      const lease = await next()
      const message = new AbortController()
      const init = { signal: message.signal }
      const answering = send('hi', lease?.event === 'lease' ? lease.data.ticket : '', init)
      for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
      if (first === 'page') await leave()
      message.abort()
      await answering
      if (first === 'message') await leave()
      await vi.advanceTimersByTimeAsync(33_000)
      expect(log.map(line => line.replace(/\d/, 'n'))).toEqual(['vm n started', 'vm n warmed', 'vm n stopped'])
    }
  },
)

test('for a page that has left already nothing is started', async () => {
  const { runtime, log } = createFakeRuntime()
  const { post } = createTestProxy({ runtime })
  await post('/sessions', { signal: AbortSignal.abort() })
  await vi.advanceTimersByTimeAsync(1000)
  expect(log).toEqual([])
})

test('a stream that is cut while a message joins its warm-up does not end the conversation', async () => {
  const { runtime, log } = createFakeRuntime({ bootMs: 3000 })
  const { open, send } = createTestProxy({ runtime })
  const { next, leave } = await open()
  const lease = await next()
  const answering = send('hi', lease?.event === 'lease' ? lease.data.ticket : '')
  await vi.waitUntil(() => log.length > 0)
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
  await leave()
  await vi.advanceTimersByTimeAsync(3000)
  expect((await answering).status).toBe(200)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(log).not.toContain('vm 1 stopped')
})

test.each(['a session', 'a conversation'])(
  'a proxy that closes stops %s that only it would have stopped',
  async what => {
    const { runtime, log } = createFakeRuntime()
    const { proxy, openWarm, post, send } = createTestProxy({ runtime })
    const { ticket } = await openWarm()
    if (what === 'a conversation') await (await send('hi', ticket)).text()
    await post('/sessions/close?afterMs=30000', { ticket })
    await proxy.close()
    expect(log.at(-1)).toBe('vm 1 stopped')
  },
)

test.each(['-1', 'soon', '', '1e99', '1.5'])('afterMs=%s is refused', async afterMs => {
  const { runtime } = createFakeRuntime()
  const { openWarm, post } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  expect((await post(`/sessions/close?afterMs=${afterMs}`, { ticket })).status).toBe(400)
})
