import type { WarmSessionOptions } from '@warm-agent/client'
import { createFakeBrowser, type FakeBrowser, type FakeEnvironmentOptions } from '@warm-agent/testing'
import { type Page, startMounted } from './start.ts'

/** The tabs of one browser. The first one has the turn to hold the spare. */
export async function openTabs(
  count: number,
  browser: FakeBrowser = createFakeBrowser(),
  options: WarmSessionOptions = {},
) {
  const opening = Array.from({ length: count }, () => startMounted(options, { browser, chance: Math.random() }))
  return (await Promise.all(opening)) as [Page, Page, ...Page[]]
}

/** The same when that spare is warm. */
export async function openWarmTabs(count: number, browser?: FakeBrowser) {
  const tabs = await openTabs(count, browser)
  await tabs[0].proxy.openings[0]?.complete()
  return tabs
}

/** A page whose conversation has begun. */
export async function startChat(world: FakeEnvironmentOptions) {
  const page = await startMounted({}, world)
  await page.proxy.openings[0]?.complete()
  await page.ask()
  return page
}

/** @returns how many sessions each tab has opened. */
export const countOpenings = (tabs: Page[]) => tabs.map(({ proxy }) => proxy.openings.length)
