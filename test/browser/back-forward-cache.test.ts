import { expect } from 'vitest'
import { test } from './harness/browser-test.ts'
import { eventsOf, lateBeats, pastDeadline, soon, statusOf } from './harness/watch.ts'

test('coming back from the back/forward cache adopts the parked session by a beat, and opens nothing (PEERS: bfcache, sleep, discard)', async ({
  proxy,
  profile,
}) => {
  // Too long for any beat but that of the adoption.
  Object.assign(proxy.behaviour, { beatMs: 20_000, ttlMs: 30_000 })
  const tab = await profile.open(`${proxy.url}/react`)
  await soon(() => statusOf(tab)).toBe('warm')
  await tab.navigate(`${proxy.url}/elsewhere`)
  await soon(() => proxy.sessions()).toMatchObject([{ state: 'parked' }])
  await tab.back()

  await soon(() => proxy.sessions()).toMatchObject([{ state: 'live' }])
  expect(await tab.evaluate(() => page.returns)).toEqual([false, true])
  // On this machine any request would have arrived: none has far to go.
  expect(await tab.evaluate(() => page.attempts)).toContainEqual(
    expect.objectContaining({ path: '/api/agent/sessions/close', isKeptAlive: true }),
  )
  await tab.evaluate(() => page.send('I am back.'))
  expect(proxy.visits('beat')).toMatchObject([{ state: 'parked' }])
  expect(proxy.visits('open')).toHaveLength(1)
  expect(proxy.visits('message')).toMatchObject([{ session: 'session-1', outcome: 'warm' }])
})

test('coming back from the back/forward cache too late beats nothing (PEERS: bfcache, sleep, discard)', async ({
  proxy,
  profile,
}) => {
  proxy.behaviour.ttlMs = 1200
  const tab = await profile.open(`${proxy.url}/plain`)
  await soon(() => statusOf(tab)).toBe('warm')
  await tab.navigate(`${proxy.url}/elsewhere`)
  await pastDeadline(proxy)
  await tab.back()

  await soon(() => eventsOf(tab)).toContain('spare-given')
  expect(await tab.evaluate(() => page.returns)).toEqual([false, true])
  await tab.evaluate(() => page.send('I am back.'))
  expect(proxy.visits('message')).toMatchObject([{ session: 'session-2' }])
  expect(lateBeats(proxy)).toEqual([])
})

test('coming back to a conversation with which the next page went on finds it alive: it is asked after when that page’s notice has arrived', async ({
  proxy,
  profile,
}) => {
  Object.assign(proxy.behaviour, { beatMs: 20_000, ttlMs: 30_000 })
  const tab = await profile.open(`${proxy.url}/plain`)
  await soon(() => statusOf(tab)).toBe('warm')
  await tab.evaluate(() => page.send('first'))
  await tab.navigate(`${proxy.url}/plain?next`)
  await soon(() => statusOf(tab)).toBe('active')
  await tab.back()

  await soon(() => proxy.visits().slice(-2)).toMatchObject([
    { route: 'close', page: '/plain?next' },
    { route: 'beat', page: '/plain', state: 'parked' },
  ])
  expect(await statusOf(tab)).toBe('active')
  await tab.evaluate(() => page.send('I am back.'))
  expect(proxy.visits('message').at(-1)).toMatchObject({ session: 'session-1', outcome: 'warm' })
})
