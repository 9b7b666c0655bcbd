import { createFakeBrowser, settle } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { countOpenings, openTabs, openWarmTabs } from './open-tabs.ts'
import { startMounted } from './start.ts'

test('five tabs have one unsent spare, and one heartbeat (suna JAY-596)', async () => {
  const tabs = await openTabs(5)
  expect(countOpenings(tabs)).toEqual([1, 0, 0, 0, 0])
  await tabs[0].proxy.openings[0]?.complete()
  for (const { environment } of tabs) await environment.advance(10 * 60_000)
  expect(tabs.map(({ proxy }) => proxy.beats.length)).toEqual([1, 0, 0, 0, 0])
})

test('different users of one browser have a spare each, and never each other’s', async () => {
  const browser = createFakeBrowser()
  const tabs = await Promise.all(['ann', 'bob', 'ann'].map(user => startMounted({ user }, { browser })))
  await tabs[0]?.proxy.openings[0]?.complete()
  expect(countOpenings(tabs)).toEqual([1, 1, 0])
  await tabs[2]?.ask()
  expect(tabs[2]?.proxy.tickets()[0]).toBe('ticket-2')
})

test('different agents have a spare each', async () => {
  const browser = createFakeBrowser()
  const tabs = await Promise.all(['one', 'two'].map(agent => startMounted({ agent }, { browser })))
  expect(countOpenings(tabs)).toEqual([1, 1])
})

test('without Web Locks every tab has its own', async () => {
  const tabs = [await startMounted(), await startMounted()]
  expect(countOpenings(tabs)).toEqual([1, 1])
})

test('a page that may not share locks has its own', async () => {
  const browser = createFakeBrowser()
  browser.locks = {
    ...browser.locks,
    request: async () => Promise.reject(new DOMException('Not here.', 'SecurityError')),
  }
  const [tab] = await openTabs(1, browser)
  expect(tab.proxy.openings).toHaveLength(1)
})

test('warm() is a decision, and waits for no turn', async () => {
  const tabs = await openTabs(2)
  void tabs[1].session.warm()
  expect(countOpenings(tabs)).toEqual([1, 1])
})

test('when the tab that holds the spare sends, the next one warms its own', async () => {
  const tabs = await openWarmTabs(3)
  await tabs[0].ask()
  await settle()
  expect(countOpenings(tabs)).toEqual([1, 1, 0])
  expect(tabs[0].status()).toBe('active')
})

test('a tab that is mounted twice waits for one turn, and one spare', async () => {
  const tabs = await openWarmTabs(3)
  const [holder, next] = tabs
  next.session.mount()
  await settle()
  await holder.ask()
  await settle()
  await next.proxy.openings[0]?.lease({ ticket: 'ticket-of-next' })
  await next.ask()
  await settle()
  expect(countOpenings(tabs)).toEqual([1, 1, 1])
})

test('with keepOnReload: false a spare is still that of all tabs', async () => {
  const tabs = await openTabs(2, createFakeBrowser(), { keepOnReload: false })
  await tabs[0].proxy.openings[0]?.complete()
  await tabs[1].ask()
  expect(tabs[1].proxy.tickets()).toEqual(['ticket-2'])
})

test('a tab that closes its session makes room for the next', async () => {
  const tabs = await openTabs(2)
  await tabs[0].session.close()
  await settle()
  expect(countOpenings(tabs)).toEqual([1, 1])
})

test.each([
  ['whose users are idle', { holdWhile: 'active', hiddenHoldMs: 60_000 } as const, {}],
  ['that was held for long enough', {}, { holdMs: 60_000 }],
])('a spare %s is warmed again by no tab, whatever others write', async (_, options, lease) => {
  const browser = createFakeBrowser()
  const tabs = await openTabs(2, browser, options)
  for (let minutes = 0; minutes < 60; minutes++) {
    for (const [tab, { proxy, environment }] of tabs.entries()) {
      await proxy.openings.at(-1)?.lease({ ticket: `ticket of ${tab}` })
      await proxy.openings.at(-1)?.warm({ ticket: `ticket of ${tab}`, ...lease })
      await proxy.openings.at(-1)?.end()
      await environment.advance(60_000)
      for (const listener of browser.listeners) listener()
      await settle()
    }
  }
  // The second tab’s turn has come while its own user was there.
  expect(countOpenings(tabs)).toEqual([1, 1])
})

test('a warm-up that fails is tried once by each tab in its turn, and by none again while its user stays', async () => {
  const browser = createFakeBrowser()
  const tabs = await openTabs(2, browser)
  for (let minutes = 0; minutes < 60; minutes++) {
    for (const { proxy, environment } of tabs) {
      await proxy.openings.at(-1)?.fail()
      await environment.advance(60_000)
      for (const listener of browser.listeners) listener()
      await settle()
    }
  }
  expect(countOpenings(tabs)).toEqual([1, 1])
})
