import { type Lease, WarmAgentError } from '@warm-agent/protocol'
import { createFakeBrowser, settle } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { beaten, failing } from './fake-proxy.ts'
import { later } from './later.ts'
import { leaveWarm } from './leave-warm.ts'
import { slowLocks } from './slow-locks.ts'
import { start, startMounted } from './start.ts'

test('after a reload the lease is taken up, and is warm when a beat has found it alive', async () => {
  const { tab, nowMs } = await leaveWarm()
  const { session, proxy, types, status } = start({}, { tab, nowMs: nowMs + 500 })
  const answer = later<Lease>()
  proxy.onBeat = () => answer.promise
  session.mount()
  await settle()
  expect(status()).toBe('warming')
  answer.resolve(beaten())
  await expect.poll(status).toBe('warm')
  expect(types()).toEqual(['lease-adopted', 'beat-succeeded'])
  expect(proxy.openings).toEqual([])
  expect(proxy.beats).toMatchObject([{ ticket: 'ticket-2' }])
})

test('a warm-up that goes on over a reload is asked after each second', async () => {
  const { tab, nowMs } = await leaveWarm()
  const { session, proxy, environment, status } = start({}, { tab, nowMs })
  proxy.onBeat = () => beaten({ status: 'warming' })
  session.mount()
  await environment.advance(3000)
  expect(proxy.beats).toHaveLength(4)
  expect(status()).toBe('warming')
})

test('a message that comes before that beat is answered goes on the lease', async () => {
  const { tab, nowMs } = await leaveWarm()
  const { session, proxy, ask } = start({}, { tab, nowMs })
  proxy.onBeat = () => later<Lease>().promise
  session.mount()
  await ask()
  expect(proxy.tickets()).toEqual(['ticket-2'])
  expect(proxy.openings).toEqual([])
})

test('a conversation goes on after a reload', async () => {
  const { tab, nowMs } = await leaveWarm({ isSent: true })
  const { proxy, status } = await startMounted({}, { tab, nowMs })
  await expect.poll(status).toBe('active')
  expect(proxy.beats).toMatchObject([{ ticket: 'ticket-of-message' }])
})

test('a message that is sent just before its page mounts goes on with the conversation, too', async () => {
  const world = { browser: createFakeBrowser(), tab: new Map<string, string>() }
  const page = await startMounted({}, world)
  await page.proxy.openings[0]?.complete()
  await page.ask()
  await page.environment.leave()
  slowLocks(world.browser)
  const { session, proxy, ask } = start({}, world)
  const sent = ask()
  session.mount()
  await sent
  expect(proxy.tickets()).toEqual(['ticket-of-message'])
  expect(proxy.openings).toEqual([])
})

test('a spare that the proxy has stopped meanwhile is replaced at once', async () => {
  const { tab, nowMs } = await leaveWarm()
  const { session, proxy, types } = start({}, { tab, nowMs })
  proxy.onBeat = failing(new WarmAgentError('session_expired', 'gone'))
  session.mount()
  await expect.poll(types).toEqual(['lease-adopted', 'session-expired', 'warm-started'])
  expect(proxy.openings).toHaveLength(1)
})

test('a conversation that was lost over a reload waits for its next message, on its own ticket', async () => {
  const { tab, nowMs } = await leaveWarm({ isSent: true })
  const { session, proxy, environment, ask, status } = start({}, { tab, nowMs })
  proxy.onBeat = failing(new WarmAgentError('session_expired', 'gone'))
  session.mount()
  await expect.poll(status).toBe('expired')
  await environment.hide()
  await environment.show()
  expect(proxy.openings).toEqual([])
  await ask()
  expect(proxy.tickets()[0]).toBe('ticket-of-message')
})

test('a lease that was left too long ago is not even tried', async () => {
  const { tab, nowMs } = await leaveWarm()
  const { proxy, types } = await startMounted({}, { tab, nowMs: nowMs + 30_000 })
  expect(types()).toEqual(['warm-started'])
  expect(proxy.beats).toEqual([])
})

test.each([{ ttlMs: 20_000 }, { holdMs: 20_000 }])('nor is one that was over by then: %j', async durations => {
  const tab = new Map<string, string>()
  const page = await startMounted({}, { tab })
  await page.proxy.openings[0]?.lease(durations)
  await page.environment.leave()
  const next = await startMounted({}, { tab, nowMs: page.environment.now() + 20_000 })
  expect(next.types()).toEqual(['warm-started'])
  expect(next.proxy.beats).toEqual([])
})

test('a hold goes on to count over a reload', async () => {
  const tab = new Map<string, string>()
  const page = await startMounted({}, { tab })
  await page.proxy.openings[0]?.lease({ holdMs: 60_000 })
  await page.environment.advance(40_000)
  await page.environment.leave()
  const { session, proxy, environment, status } = start({}, { tab, nowMs: page.environment.now() })
  proxy.onBeat = failing()
  session.mount()
  await environment.advance(19_999)
  expect(status()).toBe('warming')
  await environment.advance(1)
  expect(status()).toBe('expired')
  expect(proxy.closes).toEqual([{ ticket: 'ticket-1' }])
})

test('the beat of a reload does not overtake the notice that the page was left', async () => {
  const { tab, page } = await leaveWarm()
  const { proxy, environment } = await startMounted({}, { tab, nowMs: page.environment.now() })
  await environment.advance(249)
  expect(proxy.beats).toEqual([])
  await environment.advance(1)
  expect(proxy.beats).toHaveLength(1)
})

test('a page that is mounted twice takes its lease up once, and keeps it for the next', async () => {
  const { tab, nowMs } = await leaveWarm({ isSent: true })
  const { session, types } = start({}, { tab, nowMs: nowMs - 250, browser: createFakeBrowser() })
  session.mount()
  session.mount()
  await settle()
  expect(types()).toEqual(['lease-adopted'])
  expect(tab.size).toBe(1)
})

test('a lease is taken up once', async () => {
  const { tab, nowMs } = await leaveWarm()
  await startMounted({}, { tab, nowMs })
  const late = await startMounted({}, { tab, nowMs })
  expect(late.types()).toEqual(['warm-started'])
})

test('leases of different agents are not mixed up', async () => {
  const { tab, nowMs } = await leaveWarm()
  const { types } = await startMounted({ agent: 'other' }, { tab, nowMs })
  expect(types()).toEqual(['warm-started'])
})

test('what somebody else wrote there is no lease', async () => {
  const { tab, nowMs } = await leaveWarm()
  for (const key of tab.keys()) tab.set(key, '{"nonsense":')
  const { types } = await startMounted({}, { tab, nowMs })
  expect(types()).toEqual(['warm-started'])
})

test('with keepOnReload: false the next page begins anew', async () => {
  const tab = new Map<string, string>()
  const { warmUp, environment, proxy } = await startMounted({ keepOnReload: false }, { tab })
  await warmUp()
  await environment.leave()
  expect(proxy.closes).toHaveLength(1)
  expect([...tab]).toEqual([])
})

test('what is over leaves no ticket in the tab', async () => {
  const tab = new Map<string, string>()
  const { warmUp, ask, environment, status } = await startMounted({}, { tab })
  await warmUp()
  await ask()
  await environment.sleep(20 * 60_000)
  expect(status()).toBe('expired')
  expect([...tab]).toEqual([])
})
