import type { Chromium } from './chromium.ts'
import { attachTab, type Tab } from './tab.ts'
import { until } from './until.ts'

/** A user's browser: cookies, storage, locks and channels of its own. */
export interface Profile {
  /**
   * Opens a tab, in front unless told otherwise; resolves when it is loaded. Tabs in front of several windows are all visible.
   * @param how.leadsTo Where the page goes by itself. Before that DevTools look away: what they watch prerenders nothing.
   */
  open(url: string, how?: { background?: boolean; newWindow?: boolean; leadsTo?: string }): Promise<Tab>
  close(): Promise<void>
}

export interface Target {
  targetId: string
  browserContextId: string
  url: string
  openerId?: string
}

export async function openProfile(chromium: Chromium): Promise<Profile> {
  const { browserContextId } = await chromium.send<Target>('Target.createBrowserContext')

  async function targets() {
    const { targetInfos } = await chromium.send<{ targetInfos: Target[] }>('Target.getTargets')
    return targetInfos.filter(target => target.browserContextId === browserContextId)
  }

  return {
    async open(url, { leadsTo, ...how } = {}) {
      const target = await chromium.send<Target>('Target.createTarget', { url, browserContextId, ...how })
      if (leadsTo) await until('the page has led on', async () => (await targets()).some(({ url }) => url === leadsTo))
      return attachTab(chromium, target.targetId, targets)
    },
    async close() {
      await chromium.send('Target.disposeBrowserContext', { browserContextId })
    },
  }
}
