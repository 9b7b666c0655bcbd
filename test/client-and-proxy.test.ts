import { createWarmSession, type SessionEvent } from '@warm-agent/client'
import { createFakeEnvironment } from '@warm-agent/testing'
import { expect, test, vi } from 'vitest'
import { createTestProxy } from '../packages/proxy/test/browser.ts'
import { createFakeRuntime } from '../packages/proxy/test/fake-runtime.ts'

/** The two sides of the wire on each other, with a page and a platform that are played. */
function start(runtimeOptions?: Parameters<typeof createFakeRuntime>[0]) {
  const platform = createFakeRuntime(runtimeOptions)
  const { proxy, events: proxyEvents } = createTestProxy({ runtime: platform.runtime })
  const environment = createFakeEnvironment({ url: 'http://chat.test/' })
  const events: SessionEvent[] = []
  const session = createWarmSession({
    environment,
    fetch: (input, init) => proxy.fetch(new Request(new URL(String(input), 'http://chat.test'), init)),
    onEvent: event => events.push(event),
  })
  const happened = (type: SessionEvent['type']) => vi.waitUntil(() => events.find(event => event.type === type))
  const ask = (body: string) => session.fetch('/api/agent/messages', { method: 'POST', body })
  return { ...platform, proxy, proxyEvents, session, environment, events, happened, ask }
}

test('a page opens, holds, sends and leaves: one VM, started once, stopped in the end', async () => {
  const { session, environment, happened, ask, log, proxy, proxyEvents } = start()
  const leave = session.mount()
  await happened('warm-succeeded')
  expect(session.store.getState()).toMatchObject({ status: 'warm', heartbeat: 'running' })

  // By the page's clock; the proxy's stands still, so to it the beat comes early.
  await environment.advance(600_000)
  await happened('beat-succeeded')

  const answer = await ask('hello')
  expect(await answer.text()).toBe('onetwo')
  expect(session.store.getState()).toMatchObject({ status: 'active', outcome: 'warm' })

  leave()
  await environment.advance(1000)
  await vi.waitUntil(() => proxyEvents.some(({ type }) => type === 'session-parked'))
  // Its answer may still be read, so it is parked: that ends with the proxy.
  expect(log.at(-1)).toBe('vm 1 ran hello')
  await proxy.close()
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 warmed', 'vm 1 ran hello', 'vm 1 stopped'])
  expect(session.store.getState().status).toBe('idle')
})

test('a message that is faster than the VM joins it', async () => {
  const { session, ask, log } = start({ bootMs: 50 })
  session.mount()
  await (await ask('hello')).text()
  expect(session.store.getState().outcome).toBe('joined')
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 ran hello'])
})

test('a session whose VM was replaced is expired at the next beat, and the next message starts it again', async () => {
  const { session, environment, happened, ask, killAll } = start()
  session.mount()
  await happened('warm-succeeded')
  killAll()
  await environment.advance(600_000)
  expect(await happened('session-expired')).toMatchObject({ reason: 'refused' })
  await (await ask('hello')).text()
  expect(session.store.getState()).toMatchObject({ status: 'active', outcome: 'rewarmed' })
})
