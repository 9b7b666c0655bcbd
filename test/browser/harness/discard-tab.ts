import type { Chromium } from './chromium.ts'
import { until } from './until.ts'

/** Discards the tab at `url` by a click on chrome://discards: no method of the DevTools protocol does it. */
export async function discardTab(chromium: Chromium, url: string): Promise<void> {
  const { targetId } = await chromium.send<{ targetId: string }>('Target.createTarget', { url: 'chrome://discards/' })
  const attached = await chromium.send<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true })
  const click = (given: string) => {
    const main = document.querySelector('discards-main')?.shadowRoot?.querySelector('discards-tab')?.shadowRoot
    const row = [...(main?.querySelectorAll('tr') ?? [])].find(({ innerText }) => innerText.includes(given))
    if (row?.innerText.includes('discarded (')) return true
    const links = [...(row?.querySelectorAll<HTMLElement>('[is=action-link]') ?? [])]
    links.find(({ innerText }) => innerText.includes('Urgent Discard'))?.click()
    return false
  }
  await until('the tab is discarded', async () => {
    const { result } = await chromium.send<{ result: { value: boolean } }>(
      'Runtime.evaluate',
      { expression: `(${click})(${JSON.stringify(url)})`, returnByValue: true },
      attached.sessionId,
    )
    return result.value
  })
  await chromium.send('Target.closeTarget', { targetId })
}
