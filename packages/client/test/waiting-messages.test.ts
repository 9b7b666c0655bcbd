import { createFakeBrowser, settle } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { later } from './later.ts'
import { slowLocks } from './slow-locks.ts'
import { type Page, post, start } from './start.ts'

test('a message sent while warming waits for the lease and not for the warm-up (assistant-ui #2869)', async () => {
  const { session, proxy, ask, types } = start()
  session.mount()
  const asked = ask()
  await settle()
  expect(proxy.messages).toHaveLength(0)
  await proxy.openings[0]?.lease()
  expect(proxy.tickets()).toEqual(['ticket-1'])
  await asked
  expect(session.store.getState().status).toBe('active')
  await proxy.openings[0]?.warm()
  await proxy.openings[0]?.end()
  expect(session.store.getState().status).toBe('active')
  expect(types()).toContain('warm-succeeded')
  await ask()
  expect(proxy.tickets()).toEqual(['ticket-1', 'ticket-of-message'])
  expect(proxy.closes).toEqual([])
})

test('a message sent after the lease does not wait at all, and one that waited leaves no timer behind', async () => {
  const { session, proxy, ask, environment } = start()
  session.mount()
  const waiting = ask()
  await proxy.openings[0]?.lease()
  await waiting
  await session.close()
  expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })

  void session.warm()
  await proxy.openings[1]?.lease()
  await ask()
  expect(proxy.tickets()).toEqual(['ticket-1', 'ticket-2'])
})

test('a message sent right after the page has mounted waits until the browser tells whose turn it is to warm up', async () => {
  const browser = createFakeBrowser()
  const telling = later()
  slowLocks(browser, () => telling.promise)
  const { session, proxy, ask } = start({}, { browser })
  session.mount()
  const asked = ask()
  await settle()
  telling.resolve()
  await settle()
  await proxy.openings[0]?.lease()
  await asked
  expect(proxy.tickets()).toEqual(['ticket-1'])
})

test('a GET does not wait: it may be how the headers of the warm-up are made', async () => {
  const { session, proxy } = start()
  session.mount()
  await session.fetch('/api/token')
  expect(proxy.tickets()).toEqual([null])
})

test('the caller may give up waiting, and the warm-up goes on', async () => {
  const { session, proxy, ask, status, types } = start()
  session.mount()
  const controller = new AbortController()
  const asked = ask({ signal: controller.signal })
  await settle()
  controller.abort(new Error('the user pressed stop'))
  await expect(asked).rejects.toThrow('the user pressed stop')
  expect(proxy.messages).toHaveLength(0)
  expect(types()).toEqual(['warm-started'])
  await proxy.openings[0]?.lease()
  await proxy.openings[0]?.warm()
  expect(status()).toBe('warm')
})

test('the caller may give up waiting for the headers of a login, too', async () => {
  const { proxy, ask, types } = start({ headers: () => new Promise<HeadersInit>(() => {}) })
  const controller = new AbortController()
  const asked = ask({ signal: controller.signal })
  await settle()
  controller.abort(new Error('enough'))
  await expect(asked).rejects.toThrow('enough')
  expect(types().at(-1)).toBe('message-failed')
  expect(proxy.messages).toEqual([])
})

test('the signal of a Request counts too, and one that is aborted already sends nothing', async () => {
  const { session, proxy } = start()
  session.mount()
  const controller = new AbortController()
  const { signal } = controller
  const asked = session.fetch(new Request('https://chat.example/api/agent/messages', { ...post, signal }))
  await settle()
  controller.abort()
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
  await expect(session.fetch('/api/agent/messages', { ...post, signal })).rejects.toMatchObject({ name: 'AbortError' })
  expect(proxy.messages).toHaveLength(0)
})

test.each([
  ['fails', ({ proxy }: Page) => proxy.openings[0]?.fail()],
  ['breaks', ({ proxy }: Page) => proxy.openings[0]?.end(new TypeError('Failed to fetch'))],
])('a message goes cold when the opening it waits for %s', async (_, end) => {
  const page = start()
  const { session, proxy, ask } = page
  session.mount()
  const asked = ask()
  await settle()
  await end(page)
  await asked
  expect(proxy.tickets()).toEqual([null])
  expect(session.store.getState()).toMatchObject({ status: 'active', outcome: 'cold', error: null })
})

test('a message waits 15 s for a lease and no longer; a spare that comes later is closed', async () => {
  const { session, proxy, ask, environment, status } = start()
  session.mount()
  const asked = ask()
  await environment.advance(14_999)
  expect(proxy.messages).toHaveLength(0)
  await environment.advance(1)
  await asked
  expect(proxy.tickets()).toEqual([null])
  expect(status()).toBe('active')
  await proxy.openings[0]?.lease()
  expect(proxy.closes).toEqual([{ ticket: 'ticket-1' }])
  await ask()
  expect(proxy.tickets()).toEqual([null, 'ticket-of-message'])
})
