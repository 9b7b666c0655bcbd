import { expect } from 'vitest'
import { test } from './harness/browser-test.ts'
import type { Profile } from './harness/profile.ts'
import type { ProxyStub } from './harness/proxy-stub.ts'
import { eventsOf, soon, statusOf } from './harness/watch.ts'

const parked = [{ session: 'session-1', afterMs: 30_000 }]

test('closing the tab parks its session (PEERS: zombies)', async ({ proxy, profile }) => {
  const tab = await profile.open(`${proxy.url}/plain`)
  await soon(() => statusOf(tab)).toBe('warm')
  await tab.close()
  await soon(() => proxy.visits('close')).toMatchObject(parked)
  expect(proxy.sessions()).toMatchObject([{ state: 'parked' }])
})

test('closing the tab while it warms up parks its session', async ({ proxy, profile }) => {
  proxy.behaviour.warmAfterMs = 20_000
  const tab = await profile.open(`${proxy.url}/plain`)
  await soon(() => eventsOf(tab)).toContain('lease-granted')
  await tab.close()
  await soon(() => proxy.visits('close')).toMatchObject(parked)
})

test('closing the tab before it has its lease ends the request for one, so that the proxy can stop the session', async ({
  proxy,
  profile,
}) => {
  proxy.behaviour.leaseAfterMs = 500
  const tab = await profile.open(`${proxy.url}/plain`)
  await soon(() => proxy.visits('open').length).toBe(1)
  await tab.close()
  await soon(() => proxy.sessions()).toMatchObject([{ state: 'closed' }])
})

test('navigating to another site parks the session', async ({ proxy, profile }) => {
  const tab = await profile.open(`${proxy.url}/plain`)
  await soon(() => statusOf(tab)).toBe('warm')
  await tab.navigate(`${proxy.url.replace('127.0.0.1', 'localhost')}/elsewhere`)
  await soon(() => proxy.visits('close')).toMatchObject(parked)
  expect(proxy.sessions()).toMatchObject([{ state: 'parked' }])
})

test('a crashed tab tells nobody, and the proxy lets its session expire', async ({ proxy, profile }) => {
  proxy.behaviour.ttlMs = 900
  const tab = await profile.open(`${proxy.url}/plain`)
  await soon(() => proxy.visits('beat').length).toBeGreaterThan(0)
  await tab.crash()
  await soon(() => proxy.sessions()).toMatchObject([{ state: 'expired' }])
  expect(proxy.visits('close')).toEqual([])
})

/** A conversation in a page that sends once more when that happens. */
async function openChat(proxy: ProxyStub, profile: Profile, type: string, capture: boolean) {
  const tab = await profile.open(`${proxy.url}/plain`)
  await soon(() => statusOf(tab)).toBe('warm')
  await tab.evaluate(() => page.send('first'))
  const listen = (type: string, capture: boolean) =>
    addEventListener(type, () => void page.send('draft', { keepalive: true }), { capture, once: true })
  await tab.evaluate(listen, type, capture)
  return tab
}

test.for(['pagehide', 'visibilitychange'])(
  'what a page sends on %s arrives, and the next page goes on with its conversation',
  async (type, { proxy, profile }) => {
    const tab = await openChat(proxy, profile, type, true)
    await tab.navigate(`${proxy.url}/plain?next`)
    await soon(() => statusOf(tab)).toBe('active')
    await tab.evaluate(() => page.send('second'))
    expect(proxy.visits('message').map(({ session, text }) => `${session} ${text}`)).toEqual([
      'session-1 first',
      'session-1 draft',
      'session-1 second',
    ])
  },
)

test.for(['pagehide', 'visibilitychange'])(
  'what a page sends on %s while its tab closes does not keep its session',
  async (type, { proxy, profile }) => {
    const tab = await openChat(proxy, profile, type, false)
    await tab.close()
    await soon(() => proxy.visits('message').length).toBe(2)
    await soon(() => proxy.sessions()).toMatchObject([{ state: 'parked' }])
  },
)

test('what a page sends on pagehide before its first message arrives, and leaves its spare to others', async ({
  proxy,
  profile,
}) => {
  const tab = await profile.open(`${proxy.url}/plain`)
  await soon(() => statusOf(tab)).toBe('warm')
  await tab.evaluate(() =>
    addEventListener('pagehide', () => void page.send('draft', { keepalive: true }), { once: true }),
  )
  await tab.close()
  await soon(() => proxy.visits('message')).toMatchObject([{ session: 'session-2', text: 'draft' }])
  await soon(() => proxy.sessions()[0]).toMatchObject({ state: 'parked' })
})
