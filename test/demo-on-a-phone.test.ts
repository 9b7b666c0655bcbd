import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startDemo } from './support/demo.ts'
import { launchBrowser } from './support/launch-browser.ts'

let demo: Awaited<ReturnType<typeof startDemo>>
let browser: Browser
let page: Page

beforeAll(async () => {
  demo = await startDemo()
  browser = await launchBrowser(inject('chromiumPath'))
  const phone = await browser.newContext({ viewport: { width: 375, height: 667 }, isMobile: true, hasTouch: true })
  page = await phone.newPage()
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await demo?.stop()
})

test('a tapped suggestion leaves the page where it is, without a keyboard, and eight lines can be read', async () => {
  await page.goto(demo.url)
  const chip = await page.locator('.chip').first().boundingBox()
  await page.touchscreen.tap((chip?.x ?? 0) + 9, (chip?.y ?? 0) + 9)
  await page.getByTestId('outcome-warm').waitFor()

  expect(await page.evaluate(() => [scrollY, document.activeElement?.tagName])).toEqual([0, 'BODY'])
  const lines = await page
    .locator('.chat-log')
    .evaluateAll(logs => logs.map(log => log.clientHeight / Number.parseFloat(getComputedStyle(log).lineHeight)))
  expect(lines.map(count => count >= 8)).toEqual([true, true])
}, 30_000)

test('on the smallest the head of a chat shows its title whole, beside the button and the status', async () => {
  await page.setViewportSize({ width: 360, height: 740 })
  await page.getByTestId('end-warm').waitFor()
  const titles = page.locator('.chat-header h2')
  const cutOff = () => titles.evaluateAll(all => all.filter(each => each.scrollWidth > each.clientWidth).length)
  expect(await titles.count()).toBe(2)
  expect(await cutOff()).toBe(0)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
})
