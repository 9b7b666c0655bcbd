import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startSite, visit } from './bench/measure-early.ts'
import { launchBrowser } from './support/launch-browser.ts'

type Site = Awaited<ReturnType<typeof startSite>>
let browser: Browser
let hook: Site
let script: Site

beforeAll(async () => {
  browser = await launchBrowser(inject('chromiumPath'))
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
