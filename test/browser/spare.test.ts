import { expect } from 'vitest'
import { test } from './harness/browser-test.ts'
import type { ProxyStub } from './harness/proxy-stub.ts'
import { moreBeats, soon } from './harness/watch.ts'
import { openWindows, spares } from './harness/windows.ts'

const messages = (proxy: ProxyStub) => proxy.visits('message').map(({ session, outcome }) => `${session} ${outcome}`)

test('five tabs hold one spare and beat it once per period (PEERS: two tabs, two VMs)', async ({ proxy, profile }) => {
  const { tabs } = await openWindows(proxy, profile, 5)
  await moreBeats(proxy, 10)
  expect(await Promise.all(tabs.map(tab => tab.evaluate(() => document.visibilityState)))).not.toContain('hidden')
  expect(proxy.visits('open')).toHaveLength(1)
  const atMs = proxy
    .visits('beat')
    .slice(-10)
    .map(visit => visit.atMs)
  const gaps = atMs.slice(1).map((ms, index) => ms - (atMs[index] ?? 0))
  expect(Math.min(...gaps)).toBeGreaterThan(proxy.behaviour.beatMs / 2)
})

test('the tab that speaks first takes the spare, and another tab then warms the next (PEERS: two tabs, two VMs)', async ({
  proxy,
  profile,
}) => {
  const { tabs, names } = await openWindows(proxy, profile, 5)
  await soon(() => proxy.sessions()).toMatchObject([{ state: 'live' }])
  await moreBeats(proxy, 2)
  await tabs[3]?.evaluate(() => page.send('fourth'))
  expect(messages(proxy)).toEqual(['session-1 warm'])

  await soon(() => spares(proxy).map(({ name, state }) => `${name} ${state}`)).toEqual(['session-2 live'])
  expect(proxy.visits('open')[1]?.page).not.toBe(names[3])
  await tabs[1]?.evaluate(() => page.send('second'))
  expect(messages(proxy)).toEqual(['session-1 warm', 'session-2 warm'])
  await soon(() => proxy.visits('open').length).toBe(3)
  await moreBeats(proxy, 3)
  expect(spares(proxy)).toHaveLength(1)
})

test('tabs that speak at the same moment each have a session of their own (PEERS: one session handed to two users)', async ({
  proxy,
  profile,
}) => {
  const { tabs } = await openWindows(proxy, profile, 4)
  await soon(() => proxy.sessions()).toMatchObject([{ state: 'live' }])
  await Promise.all(tabs.map(tab => tab.evaluate(() => page.send('at once'))))
  expect(proxy.visits('message')).toHaveLength(4)
  expect(new Set(proxy.visits('message').map(({ session }) => session)).size).toBe(4)
  expect(messages(proxy)).toContain('session-1 warm')
})

test('a message typed in a tab that only follows, before the lease, joins or goes its own way, once', async ({
  proxy,
  profile,
}) => {
  Object.assign(proxy.behaviour, { leaseAfterMs: 1500, warmAfterMs: 2000 })
  const { tabs } = await openWindows(proxy, profile, 2)
  expect(proxy.visits('open')).toHaveLength(1)
  expect(await tabs[1]?.evaluate(() => page.send('early'))).toBe('You said: early')
  expect(proxy.visits('message')).toHaveLength(1)
})
