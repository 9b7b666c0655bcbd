import { memoryLedger, type SessionLedger } from '@warm-agent/proxy'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type RedisServer, startRedis } from '../../../test/support/redis.ts'
import { createTestProxy, outcomeOf } from './browser.ts'
import { createFakeRuntime, failure, streamOf } from './fake-runtime.ts'
import { ledgerKinds } from './ledgers.ts'

let redis: RedisServer
let probe: Redis
let prefix = ''
let fleets = 0
const closing: (() => unknown)[] = []

beforeAll(async () => {
  redis = await startRedis()
  probe = new Redis(redis.url, { enableOfflineQueue: false, lazyConnect: true })
  await probe.connect()
  probe.on('error', () => {})
})
afterAll(async () => {
  probe.disconnect()
  await redis.stop()
})
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  prefix = `fleet-${++fleets}`
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** An instance of the fleet, with a connection to Redis of its own. */
async function instance(options: Parameters<typeof createTestProxy>[0]) {
  const { ledger, close } = (await ledgerKinds.ioredis?.(redis.url, prefix)) ?? {}
  const created = createTestProxy({ ledger, ...options } as never)
  closing.push(() => close?.())
  return {
    ...created,
    /** As kill -9 would: it reaches nothing any more, and its lease runs out. */
    async die() {
      close?.()
      await probe.del(`{${prefix}}:lease`)
    },
  }
}

/** Lets what is on its way to Redis come back. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) {
    await probe.ping().catch(() => undefined)
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** Lets the faked time pass; the real Redis answers in between. */
async function pass(ms: number): Promise<void> {
  await settle()
  const step = Math.max(500, ms / 200)
  for (let passed = 0; passed < ms; passed += step) {
    await vi.advanceTimersByTimeAsync(Math.min(step, ms - passed))
    await settle()
  }
}

/** The same for a promise that waits for time. */
async function during<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false
  promise.then(
    () => (isSettled = true),
    () => (isSettled = true),
  )
  while (!isSettled) await pass(100)
  return promise
}

const park = '/sessions/close?afterMs=30000'

/** A ledger as one instance reaches it, while its connection is `up`, `cut` or `hung`. */
function connectTo(ledger: SessionLedger) {
  const connection = { is: 'up' as 'up' | 'cut' | 'hung' }
  const through =
    <Words extends unknown[], Answer>(ask: (...words: Words) => Promise<Answer>) =>
    (...words: Words): Promise<Answer> => {
      if (connection.is === 'hung') return new Promise(() => {})
      return connection.is === 'cut' ? Promise.reject(new Error('away')) : ask(...words)
    }
  const { read, write, due, lead } = ledger
  const reached = { read: through(read), write: through(write), due: through(due), lead: through(lead) }
  return { connection, ledger: { ...ledger, ...reached } }
}

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
  const renewed = answer.headers.get('Warm-Agent-Ticket') ?? ''
  expect(await two.beat(renewed)).toMatchObject({ status: 'warm' })
  await writable.close()
  await answer.text()
})

test('an answer that neither ends nor is cut by the platform is cut after an hour, and stops the call', async () => {
  const { runtime, answerWith } = createFakeRuntime()
  const { send } = await instance({ runtime })
  const cancelled = vi.fn()
  answerWith(() => new ReadableStream({ cancel: cancelled }))
  const reading = (await send('hi')).text()
  const failed = expect(reading).rejects.toThrow(/went on for over/)
  await pass(3_661_000)
  await failed
  expect(cancelled).toHaveBeenCalledOnce()
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

test('the end of an answer does not bring back a session whose page has left', async () => {
  const { runtime, log, answerWith } = createFakeRuntime()
  const one = await instance({ runtime })
  const { ticket } = await one.openWarm()
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  answerWith(() => readable)
  const answer = await one.send('hi', ticket)
  await one.post(park, { ticket })
  await writable.close()
  await answer.text()
  await pass(31_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test('a session that was parked by an instance that has died is stopped by another, once', async () => {
  const { runtime, log } = createFakeRuntime()
  const one = await instance({ runtime })
  const { ticket } = await one.openWarm()
  await one.post(park, { ticket })
  await one.die()
  const [two, three] = [await instance({ runtime }), await instance({ runtime })]
  await pass(29_000)
  expect(log).not.toContain('vm 1 stopped')
  await pass(6_000)
  expect(log.filter(line => line.includes('stop'))).toEqual(['vm 1 stopped'])
  const reaped = [...two.events, ...three.events].filter(({ type }) => type === 'session-reaped')
  expect(reaped).toMatchObject([{ reason: 'parked', sessionTag: expect.stringMatching(/^warm-.{8}$/) }])
})

test('a reaper that dies while it stops a session is followed by one that does it again', async () => {
  const { runtime, log } = createFakeRuntime()
  const stuck = { ...runtime, stop: () => new Promise<void>(() => {}) }
  const one = await instance({ runtime: stuck })
  const { ticket } = await one.openWarm()
  await one.post(park, { ticket })
  await pass(31_000)
  await one.die()
  await instance({ runtime })
  await pass(130_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test('who has crashed beats no more: its unsent session is stopped before the platform would', async () => {
  const { runtime, log } = createFakeRuntime()
  const { openWarm, events } = await instance({ runtime })
  await openWarm()
  await pass(715_000)
  expect(log).not.toContain('vm 1 stopped')
  await pass(10_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
  expect(events.at(-1)).toMatchObject({ type: 'session-reaped', reason: 'unsent' })
})

test('a hold that is over is ended although nobody asks', async () => {
  const { runtime, log } = createFakeRuntime()
  const { openWarm } = await instance({ runtime, limits: { unsentHoldMs: 60_000 } })
  await openWarm()
  await pass(58_000)
  expect(log).not.toContain('vm 1 stopped')
  await pass(5_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test('a warm-up in flight is not reaped, however long it takes', async () => {
  const { runtime, log } = createFakeRuntime({ bootMs: 20_000, idleTimeoutMs: 10_000 })
  const { openLease } = await instance({ runtime })
  await openLease()
  await pass(22_000)
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed'])
})

test('a warm-up in flight is joined, however short the idle timeout is', async () => {
  const { runtime, log } = createFakeRuntime({ bootMs: 20_000, idleTimeoutMs: 10_000 })
  const { openLease, send } = await instance({ runtime })
  const { ticket } = await openLease()
  await pass(15_000)
  const answer = await during(send('hi', ticket))
  expect(outcomeOf(answer)).toBe('joined')
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 ran hi'])
})

test('a conversation is never reaped', async () => {
  const { runtime, log } = createFakeRuntime({ idleTimeoutMs: 10_000 })
  const { openWarm, send } = await instance({ runtime })
  await (await send('hi', (await openWarm()).ticket)).text()
  await pass(80_000)
  expect(log.filter(line => line.includes('stop'))).toEqual([])
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

test('what one instance has closed, no other touches: a beat is refused, and a message starts a session of its own', async () => {
  const { runtime, log, sessions } = createFakeRuntime()
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  const { ticket } = await one.openWarm()
  await one.post('/sessions/close', { ticket })
  await settle()
  expect(await two.beat(ticket)).toMatchObject({ error: { code: 'session_expired' } })
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 stopped'])
  expect(outcomeOf(await two.send('hi', ticket))).toBe('rewarmed')
  expect(sessions[1]?.id).not.toBe(sessions[0]?.id)
})

test('a warm-up that waits for its next attempt does not start a session that was closed elsewhere meanwhile', async () => {
  const { runtime, log, failNext } = createFakeRuntime()
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  failNext(failure('throttled', false, 5_000))
  const { ticket } = await one.openLease()
  await settle()
  // There is nothing to stop yet.
  expect((await during(two.post('/sessions/close', { ticket }))).status).toBe(204)
  expect(log).toEqual(['failed', 'nothing to stop'])
  await pass(10_000)
  expect(log.slice(2)).toEqual([])
})

test('a warm-up that may have started a session after its close elsewhere stops it', async () => {
  const { runtime, log, failNext } = createFakeRuntime()
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  failNext(failure('unreachable', true, 5_000))
  const { ticket } = await one.openLease()
  await settle()
  expect((await during(two.post('/sessions/close', { ticket }))).status).toBe(204)
  await pass(10_000)
  expect(log).toEqual(['failed', 'nothing to stop', 'nothing to stop'])
})

test('a message that waits for a warm-up goes on a session of its own when its session was closed meanwhile', async () => {
  const { runtime, log } = createFakeRuntime({ bootMs: 3_000 })
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  const { ticket } = await one.openLease()
  const answering = one.send('hi', ticket)
  await pass(1_000)
  const closing = two.post('/sessions/close', { ticket })
  const answer = await during(answering)
  await during(closing)
  await pass(1_000)
  expect([outcomeOf(answer), await answer.text()]).toEqual(['rewarmed', 'onetwo'])
  expect(log).not.toContain('vm 1 ran hi')
  expect(log.at(-1)).toBe('vm 2 ran hi')
})

test('a message that waits for its next attempt goes on a session of its own when its session was closed meanwhile', async () => {
  const { runtime, log, sessions, failNext } = createFakeRuntime()
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  const { ticket } = await one.openWarm()
  failNext(failure('throttled', false, 5_000))
  const answering = one.send('hi', ticket)
  await vi.waitUntil(() => log.includes('failed'))
  expect((await during(two.post('/sessions/close', { ticket }))).status).toBe(204)
  const answer = await during(answering)
  expect(outcomeOf(answer)).toBe('rewarmed')
  expect(log.slice(2)).toEqual(['failed', 'vm 1 stopped', 'vm 2 started', 'vm 2 ran hi'])
  expect(new Set(sessions).size).toBe(2)
})

test('a stop that fails is told, and made again later', async () => {
  const { runtime, log, failNext } = createFakeRuntime()
  let failures = 1
  const stop: typeof runtime.stop = session => {
    if (failures-- > 0) throw failure('refused')
    return runtime.stop(session)
  }
  const { openWarm, post, events } = await instance({ runtime: { ...runtime, stop } })
  const { ticket } = await openWarm()
  await post(park, { ticket })
  await pass(31_000)
  expect(events.at(-1)).toMatchObject({ type: 'stop-failed' })
  await pass(130_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
  failNext()
})

test('a session that only its caller’s token could stop is left to its idle timeout, told once', async () => {
  const { runtime } = createFakeRuntime()
  const stop: typeof runtime.stop = (_, __, credentials) =>
    credentials?.bearer ? Promise.resolve() : Promise.reject(failure('unauthenticated'))
  const authorize = () => ({ callerId: 'ann', bearer: 'token of ann' })
  const { openWarm, post, events } = await instance({ runtime: { ...runtime, stop }, authorize })
  const parked = await openWarm()
  await post(park, { ticket: parked.ticket })
  await pass(300_000)
  expect(events.filter(({ type }) => type === 'stop-failed')).toHaveLength(1)
  const closed = await openWarm()
  expect((await post('/sessions/close', { ticket: closed.ticket })).status).toBe(204)
  expect(JSON.stringify(await probe.keys('*')).includes('token of ann')).toBe(false)
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
  expect(await two.beat(answer.headers.get('Warm-Agent-Ticket') ?? '')).toMatchObject({ status: 'warm' })
})

test('as soon as the ledger answers again, what others have ended is known, however much is still owed', async () => {
  const { runtime, log } = createFakeRuntime()
  const ledger = memoryLedger()
  let isAway = false
  const write: typeof ledger.write = async entry => {
    if (isAway) throw new Error('away')
    await new Promise(resolve => setTimeout(resolve, 800))
    return ledger.write(entry)
  }
  const one = createTestProxy({ runtime, ledger: { ...ledger, write } })
  const two = createTestProxy({ runtime, ledger })
  const { ticket } = await during(one.openWarm())
  await pass(2_000)
  isAway = true
  for (let owed = 0; owed < 8; owed++) await one.openWarm()
  isAway = false
  await two.post('/sessions/close', { ticket })
  await pass(3_500)
  expect(await during(one.beat(ticket))).toMatchObject({ error: { code: 'session_expired' } })
  // A touch would have started it again.
  expect(log.filter(line => line.endsWith('started'))).toHaveLength(9)
})

test('a session that was started again by who could not know of its end is everybody’s session again', async () => {
  const { runtime, log } = createFakeRuntime()
  const ledger = memoryLedger()
  let isAway = false
  const write: typeof ledger.write = async entry => {
    if (isAway) throw new Error('away')
    return ledger.write(entry)
  }
  const one = createTestProxy({ runtime, ledger: { ...ledger, write } })
  const two = createTestProxy({ runtime, ledger })
  const { ticket } = await one.openWarm()
  isAway = true
  await two.post('/sessions/close', { ticket })
  await pass(901_000)
  const first = await one.send('one', ticket)
  await first.text()
  isAway = false
  await pass(3_000)
  const renewed = first.headers.get('Warm-Agent-Ticket') ?? ''
  const second = await two.send('two', renewed)
  await second.text()
  expect([outcomeOf(first), outcomeOf(second)]).toEqual(['rewarmed', 'warm'])
  // Of the ticket from before, this one has heard by now that its session has ended.
  expect(await one.beat(renewed)).toMatchObject({ status: 'warm' })
  expect((await one.post('/sessions/close', { ticket: renewed })).status).toBe(204)
  expect(log.slice(2)).toEqual([
    'vm 1 stopped',
    'vm 2 started',
    'vm 2 ran one',
    'vm 2 ran two',
    'vm 2 warmed',
    'vm 2 stopped',
  ])
})

test.each(['a', 'no'])(
  'what was closed stays closed though the clock has gone back by seconds (%s ledger)',
  async kind => {
    const { runtime, log } = createFakeRuntime()
    const ledger = kind === 'a' && { ledger: memoryLedger() }
    const { openWarm, post, beat, send } = createTestProxy({ runtime, ...ledger })
    const { ticket } = await openWarm()
    // As if an instance had opened it whose clock is ahead.
    vi.setSystemTime(Date.now() - 3_000)
    expect((await post('/sessions/close', { ticket })).status).toBe(204)
    expect(await beat(ticket)).toMatchObject({ error: { code: 'session_expired' } })
    expect(outcomeOf(await send('hi', ticket))).toBe('rewarmed')
    expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 stopped', 'vm 2 started', 'vm 2 ran hi'])
  },
)

test('a warm-up that fails just when its page closes the session is stopped by one of the two', async () => {
  const { runtime, log, failNext } = createFakeRuntime()
  const ledger = memoryLedger()
  let readMs = 0
  const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
  const slow: SessionLedger = {
    ...ledger,
    async read(session) {
      if (readMs > 0) await wait(readMs)
      return ledger.read(session)
    },
    async write(entry) {
      const result = await ledger.write(entry)
      if (entry.state === 'ending') await wait(100)
      return result
    },
  }
  failNext(failure('refused', true))
  const { openLease, post } = createTestProxy({ runtime, ledger: slow })
  const { ticket } = await openLease()
  await vi.advanceTimersByTimeAsync(50)
  readMs = 200
  expect((await during(post('/sessions/close', { ticket }))).status).toBe(204)
  expect(log).toEqual(['failed', 'nothing to stop'])
})

test('what was closed while the ledger was away stays closed, whatever came for it afterwards', async () => {
  const { runtime, log } = createFakeRuntime()
  const ledger = memoryLedger()
  const away = connectTo(ledger)
  const one = createTestProxy({ runtime, ledger: away.ledger })
  const two = createTestProxy({ runtime, ledger })
  const { ticket } = await one.openWarm()
  away.connection.is = 'cut'
  await one.post('/sessions/close', { ticket })
  expect(outcomeOf(await one.send('hi', ticket))).toBe('rewarmed')
  away.connection.is = 'up'
  await pass(5_000)
  expect(await two.beat(ticket)).toMatchObject({ error: { code: 'session_expired' } })
  expect(log.slice(2)).toEqual(['vm 1 stopped', 'vm 2 started', 'vm 2 ran hi'])
})

test('of two that the ledger missed the newer is written down, whichever failed first', async () => {
  const { runtime, log } = createFakeRuntime()
  const away = connectTo(memoryLedger())
  const { openWarm, beat, post } = createTestProxy({ runtime, ledger: away.ledger })
  const { ticket } = await openWarm()
  away.connection.is = 'hung'
  const beating = beat(ticket)
  await pass(500)
  away.connection.is = 'cut'
  await post(park, { ticket })
  await during(beating)
  away.connection.is = 'up'
  await pass(35_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test('what can never be written down does not keep the rest from it', async () => {
  const { runtime, sessions } = createFakeRuntime()
  const ledger = memoryLedger()
  let isAway = true
  const write: typeof ledger.write = async entry => {
    if (isAway || entry.session.id === sessions[0]?.id) throw new Error('no')
    return ledger.write(entry)
  }
  const { openWarm } = createTestProxy({ runtime, ledger: { ...ledger, write } })
  await openWarm()
  await openWarm()
  isAway = false
  await pass(5_000)
  const [, second] = sessions
  expect(second && (await ledger.read(second))).toMatchObject({ reason: 'unsent' })
})

test('after an outage nothing is reaped before all have had the time to write down what they owe', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  const { runtime, log } = createFakeRuntime()
  const ledger = memoryLedger()
  const [reaping, touching] = [connectTo(ledger), connectTo({ ...ledger, lead: async () => undefined })]
  const one = createTestProxy({ runtime, ledger: reaping.ledger })
  const two = createTestProxy({ runtime, ledger: touching.ledger })
  const startedAt = Date.now()
  const { ticket } = await two.openWarm()
  await two.post('/sessions/close?afterMs=10000', { ticket })
  await pass(1_000)
  reaping.connection.is = touching.connection.is = 'hung'
  await pass(2_800)
  // Its hold is tried every three seconds, last just before the ledger answers, and then at 15.8 s.
  expect(await during(two.beat(ticket))).toMatchObject({ status: 'warm' })
  await pass(12_900 - (Date.now() - startedAt))
  reaping.connection.is = touching.connection.is = 'up'
  await pass(20_000)
  expect(log).not.toContain('vm 1 stopped')
  await one.proxy.close()
})

test('a proxy that closes while the ledger is away leaves alone what another may have touched', async () => {
  const { runtime, log } = createFakeRuntime()
  const ledger = memoryLedger()
  const away = connectTo(ledger)
  const one = createTestProxy({ runtime, ledger: away.ledger })
  const two = createTestProxy({ runtime, ledger })
  const { ticket } = await one.openWarm()
  expect(outcomeOf(await two.send('hi', ticket))).toBe('warm')
  away.connection.is = 'cut'
  await one.proxy.close()
  expect(log.at(-1)).toBe('vm 1 ran hi')
})

test('a reaper that another has followed meanwhile takes nothing for ended', async () => {
  const { runtime } = createFakeRuntime()
  const ledger = memoryLedger()
  const write: typeof ledger.write = async (entry, fence) =>
    fence === undefined ? ledger.write(entry) : { is: 'stale' }
  const one = createTestProxy({ runtime, ledger: { ...ledger, write } })
  const two = createTestProxy({ runtime, ledger: { ...ledger, lead: async () => undefined } })
  const { ticket } = await two.openWarm()
  await pass(730_000)
  expect(await one.beat(ticket)).toMatchObject({ status: 'warm' })
})

test('a warm-up that arrives after its session was closed elsewhere and here stops what it has started', async () => {
  const { runtime, log } = createFakeRuntime()
  const ledger = memoryLedger()
  const late: typeof runtime.invoke = async (...call) => {
    await new Promise(resolve => setTimeout(resolve, 3_000))
    return runtime.invoke(...call)
  }
  const one = createTestProxy({ runtime: { ...runtime, invoke: late }, ledger })
  const two = createTestProxy({ runtime, ledger })
  const { ticket } = await one.openLease()
  await pass(1_000)
  for (const each of [two, one]) expect((await each.post('/sessions/close', { ticket })).status).toBe(204)
  await pass(5_000)
  expect(log).toEqual(['nothing to stop', 'vm 1 started', 'vm 1 warmed', 'vm 1 stopped'])
})

test.each([true, false])(
  'a beat that arrives after its session was closed elsewhere stops what it has started (agent echoes: %s)',
  async echoes => {
    const { runtime, log } = createFakeRuntime({ echoes })
    const ledger = memoryLedger()
    let lateMs = 0
    const late: typeof runtime.invoke = async (...call) => {
      if (lateMs > 0) await new Promise(resolve => setTimeout(resolve, lateMs))
      return runtime.invoke(...call)
    }
    const one = createTestProxy({ runtime: { ...runtime, invoke: late }, ledger })
    const two = createTestProxy({ runtime, ledger })
    const { ticket } = await one.openWarm()
    lateMs = 3_000
    const beating = one.beat(ticket)
    await pass(1_000)
    expect((await two.post('/sessions/close', { ticket })).status).toBe(204)
    expect(await during(beating)).toMatchObject({ error: { code: 'session_expired' } })
    expect(log.slice(2)).toEqual(['vm 1 stopped', 'vm 2 started', 'vm 2 warmed', 'vm 2 stopped'])
  },
)

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

test.each(['cold, and is tried again', 'on a session of the pool'])(
  'the reaper does not stop the session of a message that goes %s, however long its answer takes to begin',
  async way => {
    const { runtime, log, failNext } = createFakeRuntime({ idleTimeoutMs: 10_000 })
    const invoke: typeof runtime.invoke = async (...call) => {
      const answer = await runtime.invoke(...call)
      await new Promise(resolve => setTimeout(resolve, 90_000))
      return answer
    }
    const now = Date.now()
    const spare = { runtimeSessionId: 'a session that was warmed ahead of need', qualifier: 'DEFAULT' }
    const claimed = { ...spare, bornAtMs: now, touchedAtMs: now, evidence: 'assumed' as const }
    const pool = { claim: async () => (way.startsWith('cold') ? null : claimed) }
    const { send } = createTestProxy({ runtime: { ...runtime, invoke }, ledger: memoryLedger(), pool })
    if (way.startsWith('cold')) failNext(failure('throttled'))
    expect((await during(send('hi'))).status).toBe(200)
    expect(log.at(-1)).toBe('vm 1 ran hi')
  },
)

test('while Redis is away messages run, and what was missed is written down when it is back', async () => {
  const { runtime, log } = createFakeRuntime()
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  const { ticket } = await one.openWarm()
  const parked = await two.openWarm()
  await redis.kill()
  const answer = await during(one.send('hi', ticket))
  await answer.text()
  expect(outcomeOf(answer)).toBe('warm')
  expect(one.events).toContainEqual(expect.objectContaining({ type: 'ledger-failed' }))
  expect((await during(two.post(park, { ticket: parked.ticket }))).status).toBe(204)
  await redis.restart()
  await vi.waitUntil(() => probe.ping().catch(() => undefined), { timeout: 5_000 })
  await pass(60_000)
  expect(log.filter(line => line.includes('stop'))).toEqual(['vm 2 stopped'])
  // The conversation is in the list again, and a message on the other instance is seen.
  expect((await probe.keys(`{${prefix}}:session:*`)).length).toBe(2)
})

test('without a ledger the proxy works, and says once what it cannot do', async () => {
  const { runtime } = createFakeRuntime()
  const { openWarm, post, send, events } = createTestProxy({ runtime })
  const [first, second] = [await openWarm(), await openWarm()]
  await post(park, { ticket: first.ticket })
  await post(park, { ticket: second.ticket })
  expect(outcomeOf(await send('hi', first.ticket))).toBe('warm')
  const told = events.filter(event => event.type === 'ledger-missing')
  expect(told).toEqual([expect.objectContaining({ message: expect.stringMatching(/only this process.*be listed/i) })])
})

test('the list tells who, what, since when, until when and why', async () => {
  const { runtime, answerWith } = createFakeRuntime()
  answerWith(() => streamOf('ok'))
  const { ledger, close } = (await ledgerKinds.ioredis?.(redis.url, prefix)) ?? {}
  closing.push(() => close?.())
  const { openWarm, send, post } = createTestProxy({ runtime, ledger } as never)
  const openedAt = Date.now()
  const talking = await openWarm()
  await (await send('hi', talking.ticket)).text()
  await post(park, { ticket: (await openWarm()).ticket })
  await settle()
  const entries = []
  for await (const entry of ledger?.list() ?? []) entries.push(entry)
  const common = { callerId: 'ann', agent: 'default', state: 'held', bornAt: openedAt }
  expect(entries.sort((a, b) => a.heldUntil - b.heldUntil)).toMatchObject([
    { ...common, reason: 'parked', heldUntil: openedAt + 30_000 },
    { ...common, reason: 'conversation', heldUntil: openedAt + 900_000, isSent: true },
  ])
})
