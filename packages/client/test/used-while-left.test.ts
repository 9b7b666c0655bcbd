import { createFakeBrowser, settle } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { type Page, startMounted } from './start.ts'

/** A page that is being left: it is given no lock any more. */
async function leaving(options: { isSent: boolean }) {
  const browser = createFakeBrowser()
  const tab = new Map<string, string>()
  const page = await startMounted({}, { browser, tab })
  await page.proxy.openings[0]?.complete()
  if (options.isSent) await page.ask()
  const { request } = browser.locks
  browser.locks.request = () => new Promise(() => {})
  await page.environment.leave()
  return { ...page, browser, tab, stay: () => Object.assign(browser.locks, { request }) }
}

test('a message that is sent while the page is left goes out, the session is parked again, and the next page has it', async () => {
  const { ask, proxy, tab } = await leaving({ isSent: true })
  await ask({ keepalive: true })
  expect(proxy.tickets()).toEqual(['ticket-2', 'ticket-of-message'])
  const park = { ticket: 'ticket-of-message', afterMs: 30_000, keepalive: true }
  expect(proxy.closes).toEqual([park, park])
  expect(JSON.parse([...tab.values()][0] ?? '')).toHaveProperty('leftAtMs')
})

test('a message that is sent just before its page is left parks the session again, when it has gone', async () => {
  const page = await startMounted({}, { browser: createFakeBrowser(), tab: new Map() })
  await page.proxy.openings[0]?.complete()
  const sent = page.ask({ keepalive: true })
  await page.environment.leave()
  await sent
  expect(page.proxy.tickets()).toEqual(['ticket-2'])
  const park = { ticket: 'ticket-2', afterMs: 30_000, keepalive: true }
  expect(page.proxy.closes).toEqual([park, park])
})

test('a page that sends before it has told that it is back asks a little later whether its session lives: not before that is parked', async () => {
  const { ask, proxy, environment, stay } = await leaving({ isSent: true })
  stay()
  await ask()
  await environment.comeBack()
  expect(proxy.closes).toHaveLength(2)
  expect(proxy.beats).toEqual([])
  await environment.advance(250)
  expect(proxy.beats).toHaveLength(1)
})

test('a message that is sent while the page is left does not go on the spare that it leaves to other tabs', async () => {
  const { ask, proxy } = await leaving({ isSent: false })
  await ask({ keepalive: true })
  expect(proxy.tickets()).toEqual([null])
})

test('what is only read through a page that was left parks nothing again: another tab may hold the spare by then', async () => {
  const { session, proxy } = await leaving({ isSent: false })
  await session.fetch('/api/status')
  expect(proxy.messages).toHaveLength(1)
  expect(proxy.closes).toHaveLength(1)
})

test.each([
  ['while its page is left', () => {}, []],
  [
    'before its page has told that it is back',
    (page: { stay(): unknown }) => page.stay(),
    [{ ticket: 'ticket-of-message' }],
  ],
])('a conversation that is closed %s is over for the next page too', async (_, change, closes) => {
  const page = await leaving({ isSent: true })
  change(page)
  void page.session.close()
  await settle()
  expect([...page.tab]).toEqual([])
  // The first has parked it.
  expect(page.proxy.closes.slice(1)).toEqual(closes)
  page.stay()
  const next = await startMounted({}, { browser: page.browser, tab: page.tab })
  expect(next.types()).toEqual(['warm-started'])
})

test.each([
  ['is back in a hidden tab', (page: Page) => page.environment.hide()],
  ['speaks before it has told that it is back', (page: Page) => Promise.all([page.ask(), page.environment.comeBack()])],
])('a conversation that %s is its own again, and no copy of its tab has it', async (_, comeBack) => {
  const page = await leaving({ isSent: true })
  page.stay()
  await comeBack(page)
  await settle()
  const copy = await startMounted({}, { browser: page.browser, tab: new Map(page.tab) })
  await page.environment.comeBack()
  await copy.proxy.openings[0]?.lease({ ticket: 'ticket-of-copy' })
  await copy.ask()
  await page.ask()
  expect(copy.types()).not.toContain('lease-adopted')
  expect(page.types()).not.toContain('spare-given')
  expect(page.proxy.tickets().at(-1)).toMatch('ticket')
})

test('a page that is back and has lost its conversation to a copy has a spare again', async () => {
  const page = await leaving({ isSent: true })
  page.stay()
  await startMounted({}, { browser: page.browser, tab: new Map(page.tab) })
  await page.environment.comeBack()
  // The copy might be just going away.
  await page.environment.advance(250)
  expect(page.status()).toBe('warming')
  expect(page.proxy.openings).toHaveLength(2)
})

test.each([
  ['spare the page after it has taken up', false, 300],
  ['conversation the page after it does not have', true, 60_000],
])('a page whose %s is closed late, and takes nothing of that page with it', async (_, isSent, laterMs) => {
  const { session, environment, browser, tab, stay } = await leaving({ isSent })
  stay()
  const next = await startMounted({}, { browser, tab, nowMs: environment.now() + laterMs })
  await next.proxy.openings[0]?.lease({ ticket: 'ticket-of-next' })
  await next.ask()
  const kept = [...tab]
  expect(kept).toHaveLength(1)
  await session.close()
  expect([...tab]).toEqual(kept)
})
