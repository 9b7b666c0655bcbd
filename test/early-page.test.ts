import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startSite } from './bench/measure-early.ts'
import { launchBrowser } from './support/launch-browser.ts'

let browser: Browser
let script: Awaited<ReturnType<typeof startSite>>

beforeAll(async () => {
  browser = await launchBrowser(inject('chromiumPath'))
  script = await startSite('script')
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await script?.close()
})

test('a page that is left before its bundle has come closes the session that the script opened', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.addInitScript(() => {
    const { parse } = JSON
    JSON.parse = text => {
      document.documentElement.dataset.lease = text
      return parse(text)
    }
  })
  await page.route('**/*.js', () => {})
  await page.goto(script.url, { waitUntil: 'commit' })
  await page.locator('html[data-lease]').waitFor({ state: 'attached' })
  await page.goto('about:blank')
  await expect.poll(() => script.closes).toContain(`close ticket-${script.openedAtMs.length}`)
  await context.close()
}, 60_000)

test('a tab beside one that holds the spare opens nothing early (PEERS: two tabs, two VMs)', async () => {
  const context = await browser.newContext()
  const before = script.openedAtMs.length
  for (let tab = 0; tab < 2; tab++) {
    const page = await context.newPage()
    await page.goto(script.url)
    await page.locator(tab ? 'main[data-status=idle]' : 'main[data-status=warm]').waitFor()
  }
  expect(script.openedAtMs).toHaveLength(before + 1)
  await context.close()
}, 60_000)
