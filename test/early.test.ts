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
  const shortest = { hook: Number.POSITIVE_INFINITY, script: Number.POSITIVE_INFINITY }
  const isMet = () => shortest.script < 0.5 * shortest.hook
  // Whatever else the machine does only makes a visit longer: so the shortest of as many of each tells.
  for (let pair = 0; pair < 3 && !isMet(); pair++) {
    for (const [name, site] of Object.entries({ hook, script }) as [keyof typeof shortest, Site][]) {
      const openings = await visit(browser, site)
      expect(openings).toHaveLength(1)
      shortest[name] = Math.min(shortest[name], ...openings)
    }
  }
  expect(shortest).toSatisfy(isMet)
}, 60_000)
