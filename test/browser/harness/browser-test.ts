import { test as base, inject, vi } from 'vitest'
import { buildPages } from './build-pages.ts'
import { launchChromium } from './chromium.ts'
import { openProfile } from './profile.ts'
import { startProxyStub } from './proxy-stub.ts'

vi.setConfig({ testTimeout: 30_000 })

/** Each file has a Chromium; each test has a proxy, and a profile of its own. */
export const test = base
  .extend('pages', { scope: 'file' }, buildPages)
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads which fixtures are used
  .extend('chromium', { scope: 'file' }, async ({}, { onCleanup }) => {
    const chromium = await launchChromium(inject('chromiumPath'))
    onCleanup(chromium.close)
    return chromium
  })
  .extend('proxy', async ({ pages }, { onCleanup }) => {
    const proxy = await startProxyStub(pages)
    onCleanup(proxy.close)
    return proxy
  })
  .extend('profile', async ({ chromium }, { onCleanup }) => {
    const profile = await openProfile(chromium)
    onCleanup(profile.close)
    return profile
  })
