import { expect } from 'vitest'
import { test } from './harness/browser-test.ts'
import { eventsOf, lateBeats, moreBeats, pastDeadline, soon, statusOf } from './harness/watch.ts'

test('a reload adopts the parked session by a beat, and opens nothing (PEERS: bfcache, sleep, discard)', async ({
  proxy,
  profile,
}) => {
  // Too long for any beat but that of the adoption.
  Object.assign(proxy.behaviour, { beatMs: 20_000, ttlMs: 30_000 })
  const tab = await profile.open(`${proxy.url}/react`)
  await soon(() => statusOf(tab)).toBe('warm')
  await tab.reload()
  await soon(() => statusOf(tab)).toBe('warm')

  expect(proxy.visits('close')).toMatchObject([{ session: 'session-1', afterMs: 30_000 }])
  expect(proxy.visits('beat')).toMatchObject([{ state: 'parked' }])
  expect(proxy.visits('open')).toHaveLength(1)
  expect(proxy.sessions()).toMatchObject([{ state: 'live' }])
  await tab.evaluate(() => page.send('Hello'))
  expect(proxy.visits('message')).toMatchObject([{ session: 'session-1', outcome: 'warm' }])
})

test('a reload while it warms up adopts the warm-up, and a message joins it', async ({ proxy, profile }) => {
  proxy.behaviour.warmAfterMs = 2000
  const tab = await profile.open(`${proxy.url}/react`)
  await soon(() => eventsOf(tab)).toContain('lease-granted')
  await tab.reload()
  expect(await tab.evaluate(() => page.send('Hello'))).toBe('You said: Hello')
  expect(proxy.visits('message')).toMatchObject([{ session: 'session-1', outcome: 'joined' }])
  expect(proxy.visits('open')).toHaveLength(1)
})

test('a conversation goes on with its session after a reload', async ({ proxy, profile }) => {
  proxy.behaviour.ttlMs = 8000
  const tab = await profile.open(`${proxy.url}/react`)
  await tab.evaluate(() => page.send('Hello'))
  await tab.reload()
  await soon(() => proxy.sessions()).toMatchObject([{ state: 'live' }])
  await tab.evaluate(() => page.send('Hello again'))
  expect(proxy.visits('message')).toMatchObject([{ session: 'session-1' }, { session: 'session-1', outcome: 'warm' }])
  expect(proxy.visits('open').length).toBeLessThanOrEqual(1)
})

test('the next page of the same site adopts the session, and the way back gives it back', async ({
  proxy,
  profile,
}) => {
  proxy.behaviour.ttlMs = 8000
  const tab = await profile.open(`${proxy.url}/plain`)
  await soon(() => statusOf(tab)).toBe('warm')
  await tab.navigate(`${proxy.url}/react`)
  await moreBeats(proxy, 2)
  await tab.back()

  await soon(() => proxy.sessions()).toMatchObject([{ state: 'live' }])
  await moreBeats(proxy, 2)
  expect(proxy.visits('open')).toHaveLength(1)
  expect(lateBeats(proxy)).toEqual([])
})

test('a reload past the deadline opens a session anew, and never beats the old one', async ({ proxy, profile }) => {
  proxy.behaviour.ttlMs = 1200
  const tab = await profile.open(`${proxy.url}/plain`)
  await soon(() => statusOf(tab)).toBe('warm')
  await tab.navigate(`${proxy.url}/elsewhere`)
  await pastDeadline(proxy)
  await tab.navigate(`${proxy.url}/plain`)

  await moreBeats(proxy, 2)
  expect(proxy.sessions()).toMatchObject([{ state: 'expired' }, { state: 'live' }])
  expect(lateBeats(proxy)).toEqual([])
})

test('a session that was lost while the page reloaded is noticed, and another is opened', async ({
  proxy,
  profile,
}) => {
  proxy.behaviour.ttlMs = 8000
  const tab = await profile.open(`${proxy.url}/plain`)
  await soon(() => statusOf(tab)).toBe('warm')
  await tab.navigate(`${proxy.url}/elsewhere`)
  for (const session of proxy.sessions()) session.lose()
  await tab.navigate(`${proxy.url}/plain`)

  await soon(() => proxy.visits('open').length).toBe(2)
  await tab.evaluate(() => page.send('Hello'))
  expect(proxy.visits('message')).toMatchObject([{ session: 'session-2' }])
})

test('a discarded tab goes on with its conversation, though its page never said that it left (PEERS: bfcache, sleep, discard)', async ({
  proxy,
  profile,
}) => {
  Object.assign(proxy.behaviour, { beatMs: 20_000, ttlMs: 30_000 })
  const tab = await profile.open(`${proxy.url}/react`)
  await tab.evaluate(() => page.send('before'))
  await profile.open(`${proxy.url}/plain?agent=other`)
  await tab.discard()
  await tab.show()
  await tab.evaluate(() => page.send('after'))
  expect(proxy.visits('message')).toMatchObject([{ session: 'session-1' }, { session: 'session-1', outcome: 'warm' }])
})
