import { expect } from 'vitest'
import { test } from './harness/browser-test.ts'
import type { Profile } from './harness/profile.ts'
import type { ProxyStub } from './harness/proxy-stub.ts'
import { eventsOf, lateBeats, moreBeats, pastDeadline, soon, statusOf } from './harness/watch.ts'

/** Two tabs of one window: `back`, whose beats are looked at, and `front`, with a session of another agent, which hides it. */
async function openTwo(proxy: ProxyStub, profile: Profile) {
  const back = await profile.open(`${proxy.url}/plain?agent=back`)
  await soon(() => proxy.visits('beat', 'back').length).toBeGreaterThan(0)
  const front = await profile.open(`${proxy.url}/plain?agent=front`)
  await soon(() => back.evaluate(() => document.visibilityState)).toBe('hidden')
  return { back, front }
}

test('a tab that opens in the background opens nothing until it is shown (PEERS: prerendered pages and bots warm VMs)', async ({
  proxy,
  profile,
}) => {
  await profile.open(`${proxy.url}/plain?agent=front`)
  const tab = await profile.open(`${proxy.url}/react`, { background: true })
  expect(await tab.evaluate(() => document.visibilityState)).toBe('hidden')
  await moreBeats(proxy, 3, 'front')
  expect(proxy.visits('open', '')).toEqual([])
  expect(await statusOf(tab)).toBe('idle')

  await tab.show()
  await soon(() => statusOf(tab)).toBe('warm')
  expect(proxy.visits('open', '')).toHaveLength(1)
})

// Web Locks of a prerendered page Chromium holds back by itself, and all that waits for them.
test.for(['/plain', '/plain?without=tabs'])(
  'a page that is prerendered (%s) opens nothing until its user goes there (PEERS: prerendered pages and bots warm VMs)',
  async (path, { proxy, profile }) => {
    const leadsTo = proxy.url + path
    const tab = await profile.open(`${proxy.url}/forerunner?${encodeURIComponent(leadsTo)}`, { leadsTo })
    await soon(() => statusOf(tab)).toBe('warm')
    expect((await eventsOf(tab)).slice(0, 3)).toEqual(['page-hidden', 'page-shown', 'warm-started'])
    expect(proxy.visits('open')).toHaveLength(1)
  },
)

test('a page that was frozen past the deadline expires on waking, before a message or a beat is sent (PEERS: bfcache, sleep, discard)', async ({
  proxy,
  profile,
}) => {
  proxy.behaviour.ttlMs = 1200
  const { back } = await openTwo(proxy, profile)
  await back.freeze()
  await pastDeadline(proxy, 'back')
  const wokenAtMs = Date.now()
  await back.unfreeze()
  await back.show()

  await soon(() =>
    back.evaluate(() => page.events.find(({ type }) => type === 'session-expired')?.atMs),
  ).toBeGreaterThanOrEqual(wokenAtMs)
  expect(await back.evaluate(() => page.send('Are you there?'))).toBe('You said: Are you there?')
  expect(proxy.visits('message')).toHaveLength(1)
  expect(lateBeats(proxy)).toEqual([])
})

test('a page that was frozen for a moment beats when it wakes, and keeps its session (PEERS: bfcache, sleep, discard)', async ({
  proxy,
  profile,
}) => {
  proxy.behaviour.ttlMs = 8000
  const { back } = await openTwo(proxy, profile)
  await back.freeze()
  // One that was under way has arrived by then.
  await moreBeats(proxy, 1, 'front')
  const before = proxy.visits('beat', 'back').length
  await moreBeats(proxy, 2, 'front')
  expect(proxy.visits('beat', 'back')).toHaveLength(before)

  await back.unfreeze()
  await back.show()
  await soon(() => proxy.visits('beat', 'back').length).toBeGreaterThan(before + 1)
  expect(proxy.visits('open', 'back')).toHaveLength(1)
  expect(await back.evaluate(() => page.snapshot())).toMatchObject({ status: 'warm', heartbeat: 'running' })
})
