import { createFakeBrowser, settle } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { answered, holdAnswers } from './fake-proxy.ts'
import { later } from './later.ts'
import { countOpenings, openTabs, openWarmTabs } from './open-tabs.ts'
import { startMounted } from './start.ts'

test('the spare of a tab that is closed is held by the next one', async () => {
  const [closed, next] = await openWarmTabs(2)
  await closed.environment.leave()
  await next.environment.advance(250)
  expect(next.proxy.beats).toMatchObject([{ ticket: 'ticket-2' }])
  expect(next.proxy.openings).toEqual([])
})

test('the spare of a tab that freezes is held by the next one', async () => {
  const [frozen, next] = await openWarmTabs(2)
  await frozen.environment.freeze()
  expect(frozen.proxy.closes).toEqual([{ ticket: 'ticket-2', afterMs: 30_000, keepalive: true }])
  await next.environment.advance(250)
  expect(next.proxy.beats).toMatchObject([{ ticket: 'ticket-2' }])
  expect(next.status()).toBe('warm')
  expect(next.proxy.openings).toEqual([])
  await frozen.environment.advance(60 * 60_000)
  await frozen.environment.show()
  expect(frozen.proxy.beats).toEqual([])
  expect(frozen.status()).toBe('idle')
})

test('a tab that was frozen does not close the spare that it left, when its timers wake late', async () => {
  const [frozen, next] = await openWarmTabs(2)
  await frozen.environment.hide()
  await frozen.environment.freeze()
  await next.environment.advance(250)
  expect(next.status()).toBe('warm')
  await frozen.environment.sleep(10 * 60_000)
  // It resumes before it is shown.
  await frozen.environment.hide()
  expect(frozen.proxy.closes).toEqual([{ ticket: 'ticket-2', afterMs: 30_000, keepalive: true }])
  expect(frozen.status()).toBe('expired')
})

test('a tab that freezes before its lease is here makes room for the next', async () => {
  const tabs = await openTabs(2)
  await tabs[0].environment.freeze()
  expect(tabs[0].proxy.openings[0]?.signal.aborted).toBe(true)
  expect(countOpenings(tabs)).toEqual([1, 1])
})

test('a tab that froze before the user’s eyes, and whose spare is gone, has one again when it is shown', async () => {
  const [frozen, next] = await openWarmTabs(2)
  await frozen.environment.freeze()
  await next.environment.advance(250)
  await next.environment.leave()
  await frozen.environment.show()
  expect(frozen.status()).toBe('warm')
})

test('a tab that was frozen, and speaks on the spare that it had, leaves that of the others alone', async () => {
  const browser = createFakeBrowser()
  const [frozen] = await openWarmTabs(1, browser)
  await frozen.environment.hide()
  await frozen.environment.freeze()
  const world = { browser, nowMs: frozen.environment.now() + 60_000 }
  const holder = await startMounted({}, world)
  await holder.proxy.openings[0]?.lease({ ticket: 'ticket-of-holder' })
  const next = await startMounted({}, world)
  await frozen.environment.hide()
  await frozen.ask()
  await next.ask()
  expect(frozen.proxy.tickets()).toEqual(['ticket-2'])
  expect(next.proxy.tickets()).toEqual(['ticket-of-holder'])
})

test('a spare on which another tab has spoken, and is gone, is not spoken on by a hidden tab that was frozen with it', async () => {
  const [frozen, speaker, third] = await openWarmTabs(3)
  await frozen.environment.hide()
  await frozen.environment.freeze()
  await speaker?.environment.advance(250)
  await speaker?.ask()
  await speaker?.environment.leave()
  await third?.proxy.openings[0]?.lease({ ticket: 'ticket-of-third' })
  await third?.ask()
  await frozen.environment.hide()
  await frozen.ask()
  expect(frozen.proxy.tickets()).toEqual([null])
})

test('a tab that was frozen with its spare, and speaks while it is hidden, has it alone', async () => {
  const browser = createFakeBrowser()
  const tab = new Map<string, string>()
  const page = await startMounted({}, { browser, tab })
  await page.proxy.openings[0]?.complete()
  await page.environment.hide()
  await page.environment.freeze()
  await page.environment.hide()
  await page.ask()
  const copy = await startMounted({}, { browser, tab: new Map(tab) })
  expect(copy.types()).toEqual(['warm-started'])
})

test('a tab whose user is idle lets the next one have the spare of a tab that is closed', async () => {
  const [closed, idle, next] = await openTabs(3, createFakeBrowser(), { holdWhile: 'active' })
  await closed.proxy.openings[0]?.complete()
  await idle.environment.advance(3 * 60_000)
  await closed.environment.leave()
  await settle()
  expect(idle.types()).not.toContain('lease-adopted')
  expect(next?.types()).toContain('lease-adopted')
})

test('a tab whose message is on its way without a session takes up no spare that is left over', async () => {
  const browser = createFakeBrowser()
  const [closed] = await openWarmTabs(1, browser)
  const page = await startMounted({ warmOn: 'intent' }, { browser })
  const answer = holdAnswers(page.proxy)
  const asked = page.ask()
  await settle()
  await closed.environment.leave()
  await page.environment.trigger('intent')
  expect(page.types()).not.toContain('lease-adopted')
  answer(answered('cold'))
  await asked
})

test('a tab that has warmed up by hand takes up no spare beside its own', async () => {
  const [closed, own, next] = await openWarmTabs(3)
  void own.session.warm()
  await settle()
  await own.proxy.openings[0]?.warm({ ticket: 'ticket-of-its-own' })
  await own.environment.hide()
  await own.environment.show()
  await closed.environment.leave()
  await settle()
  expect(own.types()).not.toContain('lease-adopted')
  expect(next?.types()).toContain('lease-adopted')
})

test('a conversation stays with its tab when that freezes', async () => {
  const [frozen, other] = await openWarmTabs(2)
  await frozen.ask()
  await frozen.environment.freeze()
  expect(frozen.proxy.closes).toEqual([])
  await frozen.environment.show()
  expect(frozen.status()).toBe('active')
  expect(other.types()).not.toContain('lease-adopted')
})

test('a tab that closes its session while it looks whether it can hold the spare of another one holds none', async () => {
  const browser = createFakeBrowser()
  const [closed, next] = await openWarmTabs(2, browser)
  const { query } = browser.locks
  const looking = later()
  browser.locks.query = () => looking.promise.then(query)
  await closed.environment.leave()
  await next.session.close()
  looking.resolve()
  await next.environment.advance(60_000)
  expect(next.types()).not.toContain('lease-adopted')
  expect(next.proxy.openings).toEqual([])
})

test('locks that cannot be asked after cost no message', async () => {
  const browser = createFakeBrowser()
  const [left] = await openWarmTabs(1, browser)
  await left.environment.leave()
  browser.locks.query = async () => Promise.reject(new DOMException('Not here.', 'SecurityError'))
  const [next] = await openTabs(1, browser)
  await next.ask()
  expect(next.proxy.messages).toHaveLength(1)
})
