import type { Chromium } from './chromium.ts'
import { attachTab, type Tab } from './tab.ts'

/** A user's browser: cookies, storage, locks and channels of its own. */
export interface Profile {
  /** Opens a tab, in front unless told otherwise; resolves when it is loaded. Tabs in front of several windows are all visible. */
  open(url: string, how?: { background?: boolean; newWindow?: boolean }): Promise<Tab>
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
    async open(url, how = {}) {
      const target = await chromium.send<Target>('Target.createTarget', { url, browserContextId, ...how })
      return attachTab(chromium, target.targetId, targets)
    },
    async close() {
      await chromium.send('Target.disposeBrowserContext', { browserContextId })
    },
  }
}
