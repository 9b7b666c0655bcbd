import { createWarmSession } from '@warm-agent/client'
import {
  createFakeBrowser,
  createFakeEnvironment,
  type FakeBrowser,
  type FakeEnvironment,
  settle,
} from '@warm-agent/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createModelProxy, type ModelProxy } from './model-proxy.ts'

/** A tab: its page may be left and reloaded, which begins a new page with what the old one has left. */
function openTab(browser: FakeBrowser, proxy: ModelProxy, clock: { nowMs: number }, number: number) {
  const memory = new Map<string, string>()
  let pages = 0
  function load() {
    const name = `tab ${number}, page ${++pages}`
    const environment = createFakeEnvironment({ browser, tab: memory, nowMs: clock.nowMs, chance: number / 10 })
    const { transport, fetch } = proxy.connect(name, environment)
    const session = createWarmSession({ environment, transport, fetch })
    session.mount()
    return { name, environment, session, messages: 0 }
  }
  let page = load()
  let isShown = true
  return {
    get page() {
      return page
    },
    async send() {
      const text = `${page.name}, message ${++page.messages}`
      await page.session.fetch('/api/agent/messages', { method: 'POST', body: text }).then(
        answer => answer.text(),
        () => {},
      )
    },
    async turn(how: 'show' | 'hide' | 'freeze') {
      if (how === 'freeze' && isShown) return
      isShown = how === 'show'
      await page.environment[how]()
    },
    async reload() {
      await page.environment.leave()
      isShown = true
      page = load()
    },
    async bounce() {
      await page.environment.leave()
      await page.environment.comeBack()
      isShown = true
    },
  }
}

const move = fc.record({
  tab: fc.nat(2),
  what: fc.constantFrom(
    'send',
    'rush',
    'show',
    'hide',
    'freeze',
    'reload',
    'bounce',
    'wait',
    'wait',
    'doze',
    'fail',
    'lose',
  ),
  amount: fc.integer({ min: 1, max: 1_200_000 }),
})

/** All clocks of the browser go on together. */
async function pass(environments: FakeEnvironment[], clock: { nowMs: number }, durationMs: number) {
  const stepMs = 10_000
  for (let left = durationMs; left > 0; left -= stepMs) {
    clock.nowMs += Math.min(stepMs, left)
    for (const environment of environments) await environment.advance(clock.nowMs - environment.now())
  }
}

test('whatever the tabs of a browser go through, no session has two conversations, no message is lost or doubled, one spare is held, and in the end nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 14 }), async moves => {
      const clock = { nowMs: 1_000_000 }
      const proxy = createModelProxy(() => clock.nowMs)
      const browser = createFakeBrowser()
      const tabs = [0, 1, 2].map(number => openTab(browser, proxy, clock, number))
      const environments = () => tabs.map(({ page }) => page.environment)
      const sent: Promise<void>[] = []
      await settle()
      for (const { tab: number, what, amount } of moves) {
        const tab = tabs[number] as (typeof tabs)[number]
        if (what === 'send') sent.push(tab.send())
        else if (what === 'rush') for (const each of tabs) sent.push(each.send())
        else if (what === 'wait') await pass(environments(), clock, Math.min(amount, 120_000))
        else if (what === 'doze') await pass(environments(), clock, amount)
        else if (what === 'fail') proxy.failNext()
        else if (what === 'lose') proxy.loseOne(amount)
        else if (what === 'reload') await tab.reload()
        else if (what === 'bounce') await tab.bounce()
        else await tab.turn(what)
        await settle()
        expect(proxy.held()).toBeLessThanOrEqual(1)
      }
      await pass(environments(), clock, 20_000)
      await Promise.all(sent)
      expect(proxy.mishaps).toEqual([])
      for (const { page } of tabs) await page.session.close()
      await settle()
      await pass(environments(), clock, 31_000)
      expect(proxy.left()).toEqual([])
    }),
    {
      numRuns: 150,
      // What was found once, and must not come back.
      examples: [
        [
          [
            { tab: 0, what: 'hide', amount: 1 },
            { tab: 0, what: 'lose', amount: 1 },
            { tab: 0, what: 'freeze', amount: 1 },
            { tab: 0, what: 'wait', amount: 3000 },
            { tab: 0, what: 'rush', amount: 1 },
            { tab: 0, what: 'send', amount: 1 },
          ],
        ],
        [
          [
            { tab: 1, what: 'hide', amount: 1 },
            { tab: 0, what: 'wait', amount: 84_360 },
            { tab: 1, what: 'send', amount: 1 },
            { tab: 0, what: 'wait', amount: 60_000 },
            { tab: 1, what: 'reload', amount: 1 },
          ],
        ],
      ],
    },
  )
}, 60_000)
