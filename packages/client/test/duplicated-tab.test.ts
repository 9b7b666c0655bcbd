import { createFakeBrowser, settle } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { leaveWarm } from './leave-warm.ts'
import { type Page, start, startMounted } from './start.ts'

const minute = 60_000

test.each([
  ['warm', 'open'],
  ['cold', 'manual'],
] as const)('a duplicated tab does not have the conversation of its original, which began %s', async (_, warmOn) => {
  const browser = createFakeBrowser()
  const tab = new Map<string, string>()
  const original = await startMounted({ warmOn }, { tab, browser })
  await original.proxy.openings[0]?.lease()
  await original.ask()
  await settle()
  expect(tab.size).toBe(1)
  const copy = new Map(tab)
  const duplicate = await startMounted({}, { tab: copy, browser })
  expect(duplicate.types()).toEqual(['warm-started'])
  expect([...copy]).toEqual([])
  expect(original.status()).toBe('active')
})

test('without Web Locks a page that lives has left nothing', async () => {
  const tab = new Map<string, string>()
  const original = await startMounted({}, { tab })
  await original.warmUp()
  const duplicate = await startMounted({}, { tab: new Map(tab) })
  expect(duplicate.types()).toEqual(['warm-started'])
})

test('a discarded tab goes on with its conversation: its page never said that it left', async () => {
  const tab = new Map<string, string>()
  const original = await startMounted({}, { tab, browser: createFakeBrowser() })
  await original.proxy.openings[0]?.lease()
  await original.ask()
  // The browser gave all its locks away with the tab.
  const world = { tab, browser: createFakeBrowser(), nowMs: 1_050_000 }
  const { status, proxy, environment } = await startMounted({}, world)
  await environment.advance(250)
  expect(status()).toBe('active')
  expect(proxy.beats).toMatchObject([{ ticket: 'ticket-of-message' }])
})

test.each([
  ['mounted', (page: Page) => page.session.mount()],
  ['warmed up', (page: Page) => page.session.warm()],
])('a session that is %s, and closed before the lease is this page’s own, holds nothing', async (_, begin) => {
  const { tab, nowMs } = await leaveWarm({ isSent: true })
  const page = start({}, { tab, nowMs, browser: createFakeBrowser() })
  void begin(page)
  await page.session.close()
  await page.environment.advance(20 * minute)
  expect(page.status()).toBe('idle')
  expect(page.types()).toEqual(['session-closed'])
  expect(page.proxy.openings).toEqual([])
})

test('warm() twice while the lease turns out to be another page’s resolves when the one warm-up has ended', async () => {
  const browser = createFakeBrowser()
  const { tab, nowMs } = await leaveWarm({ isSent: true })
  await startMounted({}, { tab: new Map(tab), nowMs, browser })
  const { session, proxy, status } = start({}, { tab, nowMs, browser })
  const warmed = Promise.all([session.warm(), session.warm()].map(each => each.then(status)))
  await settle()
  expect(proxy.openings).toHaveLength(1)
  await proxy.openings[0]?.complete()
  expect(await warmed).toEqual(['warm', 'warm'])
})
