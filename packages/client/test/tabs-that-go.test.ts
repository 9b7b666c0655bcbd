import { createFakeBrowser } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { later } from './later.ts'
import { countOpenings, openTabs, openWarmTabs } from './open-tabs.ts'

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
