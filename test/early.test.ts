import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startSite, visit } from './bench/measure-early.ts'

type Site = Awaited<ReturnType<typeof startSite>>
let browser: Browser
let hook: Site
let script: Site

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: inject('chromiumPath'), args: ['--no-sandbox', '--disable-gpu'] })
  hook = await startSite('hook')
  script = await startSite('script')
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await hook?.close()
  await script?.close()
})

test('on a slow phone the early script opens the one session in less than half the time that the hook takes', async () => {
  const withHook = await visit(browser, hook)
  const withScript = await visit(browser, script)
  expect(withHook).toHaveLength(1)
  expect(withScript).toHaveLength(1)
  expect(withScript[0]).toBeLessThan(0.5 * (withHook[0] ?? 0))
}, 60_000)

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
