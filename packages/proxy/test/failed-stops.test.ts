import { memoryLedger } from '@warm-agent/proxy'
import { expect, test, vi } from 'vitest'
import { createTestProxy, outcomeOf, ticketOf } from './browser.ts'
import { createFakeRuntime, failure } from './fake-runtime.ts'
import { park, prepareFleet } from './fleet.ts'

const { instance, settle, pass, during } = prepareFleet()

/** A platform that does not stop sessions as long as it `isUnwell`. */
function createUnwellRuntime(options?: Parameters<typeof createFakeRuntime>[0]) {
  const { runtime, ...fake } = createFakeRuntime(options)
  const platform = { isUnwell: true }
  const stop: typeof runtime.stop = async session => {
    if (!platform.isUnwell) return runtime.stop(session)
    fake.log.push('stop failed')
    throw failure('unavailable', true)
  }
  return { ...fake, platform, runtime: { ...runtime, stop } }
}

const stopsOf = (log: string[]) => log.filter(line => line.includes('stop'))

test('a close that the platform did not take is made again within seconds, by whichever instance reaps', async () => {
  const { runtime, log, platform } = createUnwellRuntime()
  const [one, two] = [await instance({ runtime }), await instance({ runtime })]
  const { ticket } = await one.openWarm()
  expect((await during(one.post('/sessions/close', { ticket }))).status).toBe(503)
  await settle()
  platform.isUnwell = false
  await one.die()
  await pass(12_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
  expect(two.events).toContainEqual(expect.objectContaining({ type: 'session-reaped' }))
  await pass(60_000)
  expect(stopsOf(log).filter(line => line !== 'stop failed')).toEqual(['vm 1 stopped'])
})

test('a close that the platform did not take is made again although the answer goes on: its end is decided', async () => {
  const { runtime, log, platform, answerWith } = createUnwellRuntime()
  answerWith(() => new ReadableStream())
  const { openWarm, send, post } = createTestProxy({ runtime, ledger: memoryLedger() })
  const { ticket } = await openWarm()
  await send('hi', ticket)
  expect((await during(post('/sessions/close', { ticket }))).status).toBe(503)
  platform.isUnwell = false
  await pass(12_000)
  expect(stopsOf(log).at(-1)).toBe('vm 1 stopped')
})

test('a close that comes while the stop of another is tried again has the outcome of that', async () => {
  const { runtime, log } = createUnwellRuntime()
  const { openWarm, post } = createTestProxy({ runtime, ledger: memoryLedger() })
  const { ticket } = await openWarm()
  const first = post('/sessions/close', { ticket })
  await vi.waitUntil(() => log.includes('stop failed'))
  const answers = await during(Promise.all([first, post('/sessions/close', { ticket })]))
  expect(answers.map(({ status }) => status)).toEqual([503, 503])
  expect(stopsOf(log)).toHaveLength(4)
})

test('a proxy that drains waits for the stop of a parked session that is just tried again', async () => {
  for (const kind of ['a', 'no']) {
    const { runtime, log, platform } = createUnwellRuntime()
    const { openWarm, post, proxy } = createTestProxy({ runtime, ...(kind === 'a' && { ledger: memoryLedger() }) })
    const { ticket } = await openWarm()
    // The next attempt waits for as long as it may.
    vi.spyOn(Math, 'random').mockReturnValue(0.99)
    await post(park, { ticket })
    await pass(30_000)
    platform.isUnwell = false
    await during(proxy.close())
    expect(stopsOf(log)).toEqual(['stop failed', 'vm 1 stopped'])
  }
})

test('a proxy that drains takes ten seconds at most, also when neither the ledger nor the platform answers', async () => {
  const { runtime } = createFakeRuntime()
  const hangs = () => new Promise<never>(() => {})
  const ledger = { ...memoryLedger(), lead: async () => 1, resign: hangs }
  const { openWarm, proxy } = createTestProxy({ runtime: { ...runtime, stop: hangs }, ledger })
  await openWarm()
  const closedAtMs = Date.now()
  await during(proxy.close())
  expect(Date.now() - closedAtMs).toBeLessThanOrEqual(10_500)
})

test('a close whose stop hangs is given up when a warm-up would be', async () => {
  const { runtime } = createFakeRuntime()
  const stop = () => new Promise<never>(() => {})
  const { openWarm, post } = createTestProxy({ runtime: { ...runtime, stop }, limits: { warmTimeoutMs: 10_000 } })
  const { ticket } = await openWarm()
  const closedAtMs = Date.now()
  expect((await during(post('/sessions/close', { ticket }))).status).toBe(504)
  expect(Date.now() - closedAtMs).toBeLessThan(12_000)
})

test('a stop that the platform refuses for good is not made again every few seconds', async () => {
  const { runtime } = createFakeRuntime()
  let stops = 0
  const stop = async () => {
    stops++
    throw failure('refused')
  }
  const { openWarm, post } = await instance({ runtime: { ...runtime, stop } })
  const { ticket } = await openWarm()
  await during(post('/sessions/close', { ticket }))
  await pass(100_000)
  expect(stops).toBe(1)
})

test.each(['a', 'no'])(
  'a close after one that failed tries again, and the session is refused all the while (%s ledger)',
  async kind => {
    const { runtime, log, platform } = createUnwellRuntime()
    const ledger = kind === 'a' && { ledger: memoryLedger() }
    const { openWarm, post, beat, send, events } = createTestProxy({ runtime, ...ledger })
    const { ticket } = await openWarm()
    const close = () => during(post('/sessions/close', { ticket }))
    expect([(await close()).status, (await close()).status]).toEqual([503, 503])
    // Nobody knows whether it runs.
    expect(await beat(ticket)).toMatchObject({ error: { code: 'session_expired' } })
    expect(outcomeOf(await send('hi', ticket))).toBe('rewarmed')
    platform.isUnwell = false
    expect((await close()).status).toBe(204)
    expect(stopsOf(log).at(-1)).toBe('vm 1 stopped')
    expect(events.at(-1)).toMatchObject({ type: 'session-closed' })
    const count = log.length
    expect((await close()).status).toBe(204)
    expect(log).toHaveLength(count)
  },
)

test.each([
  ['closed', '/sessions/close'],
  ['parked', park],
])('a proxy that drains tries once more to stop what was %s and did not stop', async (_, path) => {
  for (const kind of ['a', 'no']) {
    const { runtime, log, platform } = createUnwellRuntime()
    const { openWarm, post, proxy } = createTestProxy({ runtime, ...(kind === 'a' && { ledger: memoryLedger() }) })
    const { ticket } = await openWarm()
    await during(post(path, { ticket }))
    await pass(33_000)
    platform.isUnwell = false
    await during(proxy.close())
    expect(stopsOf(log).at(-1)).toBe('vm 1 stopped')
  }
})

test('a proxy that drains leaves alone what was started again under the id of a session that it could not stop', async () => {
  const { runtime, log, platform, killAll } = createUnwellRuntime()
  const [one, two] = [createTestProxy({ runtime }), createTestProxy({ runtime })]
  const { ticket } = await one.openWarm()
  await during(one.post('/sessions/close', { ticket }))
  platform.isUnwell = false
  await pass(900_000)
  killAll()
  const answer = await two.send('hi', ticket)
  const again = await one.send('and', ticketOf(answer))
  expect([outcomeOf(answer), outcomeOf(again)]).toEqual(['rewarmed', 'warm'])
  await one.proxy.close()
  expect((await one.post('/sessions/close', { ticket })).status).toBe(204)
  expect(log.at(-1)).toBe('vm 2 ran and')
})
