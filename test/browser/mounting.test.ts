import { expect } from 'vitest'
import { test } from './harness/browser-test.ts'
import { moreBeats, soon, statusOf } from './harness/watch.ts'

test('a page under StrictMode opens one session (PEERS: StrictMode, HMR, remount warm twice)', async ({
  proxy,
  profile,
}) => {
  const tab = await profile.open(`${proxy.url}/react`)
  await moreBeats(proxy, 3)
  expect(await tab.evaluate(() => page.mounts)).toBe(2)
  expect(proxy.visits('open')).toHaveLength(1)
  expect(proxy.visits('close')).toEqual([])
  expect(await tab.evaluate(() => page.errors)).toEqual([])
})

test('a storm of 20 remounts opens one session, before its lease and after (PEERS: StrictMode, HMR, remount warm twice)', async ({
  proxy,
  profile,
}) => {
  const tab = await profile.open(`${proxy.url}/react?components=0`)
  await tab.evaluate(() => page.storm(20))
  expect(await tab.evaluate(() => page.mounts)).toBeGreaterThanOrEqual(20)
  await soon(() => statusOf(tab)).toBe('warm')
  await tab.evaluate(() => page.storm(20))

  await moreBeats(proxy, 3)
  expect(proxy.visits('open')).toHaveLength(1)
  expect(proxy.visits('close')).toEqual([])
  expect(await tab.evaluate(() => page.errors)).toEqual([])
})

test('five components share one session and one heartbeat, and the last to go closes it', async ({
  proxy,
  profile,
}) => {
  const tab = await profile.open(`${proxy.url}/react?components=5`)
  await moreBeats(proxy, 3)
  await tab.evaluate(() => page.show(1))
  await moreBeats(proxy, 3)
  expect(proxy.visits('open')).toHaveLength(1)
  expect(proxy.visits('close')).toEqual([])

  await tab.evaluate(() => page.show(0))
  await soon(() => proxy.visits('close')).toMatchObject([{ session: 'session-1', afterMs: undefined }])
  expect(proxy.sessions()).toMatchObject([{ state: 'closed' }])
})

test('the beats of a visible page render nothing', async ({ proxy, profile }) => {
  const tab = await profile.open(`${proxy.url}/react`)
  await soon(() => tab.evaluate(() => document.body.innerText)).toBe('warm')
  const renders = await tab.evaluate(() => page.renders)
  await moreBeats(proxy, 10)
  expect(await tab.evaluate(() => page.renders)).toBe(renders)
})
