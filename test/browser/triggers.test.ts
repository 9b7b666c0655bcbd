import { expect } from 'vitest'
import { test } from './harness/browser-test.ts'
import { soon } from './harness/watch.ts'

const opens = (proxy: { visits(route: 'open'): unknown[] }) => proxy.visits('open').length

test('a pointer that only passes over the chat warms nothing, one that rests there does', async ({
  proxy,
  profile,
}) => {
  const tab = await profile.open(`${proxy.url}/plain?warmOn=intent#top`)
  await tab.point(50, 50)
  await tab.point(400, 400)
  // Longer than a pointer has to rest, by the page's own clock.
  await tab.evaluate(() => new Promise(resolve => setTimeout(resolve, 130)))
  expect(opens(proxy)).toBe(0)
  await tab.point(50, 50)
  await soon(() => opens(proxy)).toBe(1)
})

test('the keyboard that enters the chat warms it', async ({ proxy, profile }) => {
  const tab = await profile.open(`${proxy.url}/plain?warmOn=intent#top`)
  expect(opens(proxy)).toBe(0)
  await tab.press('Tab')
  expect(await tab.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA')
  await soon(() => opens(proxy)).toBe(1)
})

test('a touch of the chat warms it', async ({ proxy, profile }) => {
  const tab = await profile.open(`${proxy.url}/plain?warmOn=intent#top`)
  await tab.touch(50, 50)
  await soon(() => opens(proxy)).toBe(1)
})

test('a chat below the fold warms when it comes into view', async ({ proxy, profile }) => {
  const tab = await profile.open(`${proxy.url}/plain?warmOn=visible`)
  // An observer tells at once how things are: two frames later it has.
  await tab.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))
  expect(opens(proxy)).toBe(0)
  await tab.evaluate(() => document.querySelector('textarea')?.scrollIntoView())
  await soon(() => opens(proxy)).toBe(1)
})
