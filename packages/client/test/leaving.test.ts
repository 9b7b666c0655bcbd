import { WarmAgentError } from '@warm-agent/protocol'
import { createFakeBrowser, settle } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { failing } from './fake-proxy.ts'
import { start, startMounted } from './start.ts'

const minute = 60_000

test('leaving parks the session, and coming back asks whether it lives before anything else', async () => {
  const { proxy, environment, warmUp, status, types } = await startMounted()
  await warmUp()
  await environment.leave()
  expect(types().at(-1)).toBe('page-hidden')
  await environment.advance(1000)
  expect(proxy.beats).toEqual([])
  expect(proxy.closes).toEqual([{ ticket: 'ticket-2', afterMs: 30_000, keepalive: true }])
  await environment.sleep(20_000)
  await environment.comeBack()
  expect(proxy.beats).toMatchObject([{ ticket: 'ticket-2', atMs: 1_021_000 }])
  expect(status()).toBe('warm')
  await environment.advance(8 * minute)
  expect(proxy.beats).toHaveLength(1)
})

test('a page that only sends parks its session, too', async () => {
  const { proxy, ask, environment } = start()
  await ask()
  await environment.leave()
  expect(proxy.closes).toEqual([{ ticket: 'ticket-of-message', afterMs: 30_000, keepalive: true }])
})

test('a conversation that is closed gives its lock back', async () => {
  const browser = createFakeBrowser()
  const { session, ask } = await startMounted({ warmOn: 'manual' }, { browser })
  await ask()
  await settle()
  expect((await browser.locks.query()).held).toHaveLength(1)
  await session.close()
  await settle()
  expect((await browser.locks.query()).held).toEqual([])
})

test('what has no session is not parked', async () => {
  const { proxy, environment } = await startMounted()
  await environment.leave()
  await environment.comeBack()
  expect(proxy.closes).toEqual([])
})

test('coming back after the deadline expires the session without a beat', async () => {
  const { proxy, environment, warmUp, status } = start()
  await warmUp()
  await environment.leave()
  await environment.sleep(20 * minute)
  await environment.comeBack()
  expect(status()).toBe('expired')
  expect(proxy.beats).toHaveLength(0)
})

test('coming back to a session that the proxy has stopped expires it', async () => {
  const { proxy, environment, warmUp, status } = start()
  await warmUp()
  proxy.onBeat = failing(new WarmAgentError('session_expired', 'gone'))
  await environment.leave()
  await environment.sleep(2 * minute)
  await environment.comeBack()
  await environment.advance(250)
  expect(status()).toBe('expired')
})

test('a conversation that seems to be over is parked too: its microVM may live', async () => {
  const { session, environment, proxy, status } = await startMounted()
  await proxy.openings[0]?.fail()
  await session.fetch('/api/agent/messages', { method: 'POST', body: 'hi' })
  await environment.sleep(61_000)
  expect(status()).toBe('expired')
  await environment.leave()
  expect(proxy.closes).toEqual([{ ticket: 'ticket-of-message', afterMs: 30_000, keepalive: true }])
})

const broken = () => {
  throw new DOMException('It failed.', 'QuotaExceededError')
}

test.each([
  ['full', { getItem: () => null, removeItem: () => {}, setItem: broken }],
  ['broken', { getItem: broken, removeItem: broken, setItem: broken }],
])('a storage that is %s harms nobody', async (_, storage) => {
  const { session, environment, proxy, ask } = start({}, { browser: createFakeBrowser() })
  environment.storage = () => storage
  session.mount()
  await settle()
  await proxy.openings[0]?.complete()
  await ask()
  expect(proxy.tickets()).toEqual(['ticket-2'])
  await environment.leave()
  expect(proxy.closes).toHaveLength(1)
  await session.close()
})
