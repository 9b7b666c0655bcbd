import type { Chromium } from './chromium.ts'
import { discardTab } from './discard-tab.ts'
import type { Target } from './profile.ts'
import { until } from './until.ts'

/** What a user, or the machine, does to a tab. Only the lost network is emulated. */
export interface Tab {
  /** Runs in the page. Nothing of the test exists there but the arguments. */
  evaluate<Given extends unknown[], Result>(
    run: (...given: Given) => Result | Promise<Result>,
    ...given: Given
  ): Promise<Result>
  /** Brings it to the front of its window, which hides the tab that was there. */
  show(): Promise<void>
  navigate(url: string): Promise<void>
  back(): Promise<void>
  reload(): Promise<void>
  /** As Chromium does to a tab that was hidden for long. Only a hidden tab can be frozen. */
  freeze(): Promise<void>
  unfreeze(): Promise<void>
  /** As Chromium does to a hidden tab when memory is short: the page is gone, and loads again when the tab is shown. */
  discard(): Promise<void>
  setOffline(isOffline: boolean): Promise<void>
  /** The renderer dies, and with it the page. */
  crash(): Promise<void>
  /** Real input: what the page is told of it, the browser decides. */
  point(x: number, y: number): Promise<void>
  touch(x: number, y: number): Promise<void>
  press(key: string): Promise<void>
  /** By `window.open`: like a duplicate, the new tab begins with a copy of the sessionStorage. */
  duplicate(): Promise<Tab>
  close(): Promise<void>
}

export async function attachTab(chromium: Chromium, openedId: string, targets: () => Promise<Target[]>): Promise<Tab> {
  let targetId = openedId
  let sessionId = ''
  let visits = 0
  const send = <Result>(method: string, params?: object) => chromium.send<Result>(method, params, sessionId)

  async function attach(id: string) {
    const attached = await chromium.send<{ sessionId: string }>('Target.attachToTarget', {
      targetId: id,
      flatten: true,
    })
    targetId = id
    sessionId = attached.sessionId
    await until('the page has loaded', hasLoaded)
  }

  const evaluate: Tab['evaluate'] = async (run, ...given) => {
    const expression = `(${run})(...${JSON.stringify(given)})`
    const { result, exceptionDetails } = await send<{ result: { value: never }; exceptionDetails?: object }>(
      'Runtime.evaluate',
      { expression, awaitPromise: true, returnByValue: true },
    )
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails))
    return result.value
  }

  const hasLoaded = () => evaluate(() => document.readyState === 'complete' && location.href.startsWith('http'))

  /** Leaves the document, and waits for the next one. */
  async function leave(by: () => Promise<unknown>) {
    const visit = ++visits
    await evaluate(visit => void Object.assign(globalThis, { visit }), visit)
    void by().catch(() => {})
    await until('the next page has loaded', async () => {
      return (await hasLoaded()) && evaluate(visit => (globalThis as { visit?: number }).visit !== visit, visit)
    })
  }

  /** The target is another one after a discard. */
  let discardedUrl: string | undefined

  await attach(openedId)
  return {
    evaluate,
    async show() {
      await chromium.send('Target.activateTarget', { targetId })
      if (discardedUrl) {
        const url = discardedUrl
        discardedUrl = undefined
        await until('the discarded page has loaded', async () => {
          await attach((await targets()).find(target => target.url === url)?.targetId ?? '')
          return evaluate(() => document.wasDiscarded)
        })
      }
      await until('the tab is visible', () => evaluate(() => document.visibilityState === 'visible'))
    },
    navigate: url => leave(() => send('Page.navigate', { url })),
    back: () => leave(() => send('Runtime.evaluate', { expression: 'history.back()' })),
    reload: () => leave(() => send('Page.reload')),
    freeze: () => send('Page.setWebLifecycleState', { state: 'frozen' }),
    unfreeze: () => send('Page.setWebLifecycleState', { state: 'active' }),
    async discard() {
      const url = await evaluate(() => location.href)
      // A tab with open DevTools is never discarded.
      await chromium.send('Target.detachFromTarget', { sessionId })
      await discardTab(chromium, url)
      discardedUrl = url
      targetId = await until('the discarded tab is listed', async () => {
        return (await targets()).find(target => target.url === url)?.targetId
      })
    },
    point: (x, y) => send('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y }),
    async touch(x, y) {
      await send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y }] })
      await send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
    },
    async press(key) {
      await send('Input.dispatchKeyEvent', {
        type: 'keyDown',
        key,
        code: key,
        windowsVirtualKeyCode: key === 'Tab' ? 9 : 65,
      })
      await send('Input.dispatchKeyEvent', { type: 'keyUp', key, code: key })
    },
    async setOffline(isOffline) {
      await send('Network.enable')
      const conditions = { offline: isOffline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 }
      await send('Network.emulateNetworkConditions', conditions)
    },
    async crash() {
      // The page that would answer is gone.
      void send('Page.crash').catch(() => {})
      await until('the tab has crashed', async () => {
        const silence = new Promise<string>(resolve => setTimeout(resolve, 200, 'silence'))
        return (await Promise.race([evaluate(() => 'alive').catch(() => 'silence'), silence])) === 'silence'
      })
    },
    async duplicate() {
      const known = (await targets()).map(target => target.targetId)
      await send('Runtime.evaluate', { expression: 'void window.open(location.href)', userGesture: true })
      const copy = await until('the new tab is open', async () => {
        return (await targets()).find(target => target.openerId === targetId && !known.includes(target.targetId))
      })
      return attachTab(chromium, copy.targetId, targets)
    },
    async close() {
      await chromium.send('Target.closeTarget', { targetId })
      await until('the tab is closed', async () => !(await targets()).some(target => target.targetId === targetId))
    },
  }
}

declare global {
  interface Document {
    /** Chromium's: the page was discarded, and has been loaded again. */
    readonly wasDiscarded: boolean
  }
}
