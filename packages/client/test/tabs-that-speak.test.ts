import { createFakeBrowser, type FakeBrowser, settle } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { answered, holdAnswers } from './fake-proxy.ts'
import { later } from './later.ts'
import { countOpenings, openTabs, openWarmTabs } from './open-tabs.ts'
import { slowLocks } from './slow-locks.ts'
import { type Page, start, startMounted } from './start.ts'

test('the tab that speaks first takes the spare, and the next in line then warms its own', async () => {
  const tabs = await openWarmTabs(3)
  const [holder, speaker] = tabs
  await speaker.ask()
  await settle()
  expect(speaker.proxy.tickets()[0]).toBe('ticket-2')
  expect(holder.types()).toContain('spare-given')
  expect(holder.status()).toBe('idle')
  expect(holder.proxy.closes).toEqual([])
  expect(countOpenings(tabs)).toEqual([1, 0, 1])
})

test('a tab whose spare was taken by the only other one warms its own again', async () => {
  const tabs = await openWarmTabs(2)
  await tabs[1].ask()
  await settle()
  expect(countOpenings(tabs)).toEqual([2, 0])
})

test('a holder that wrote the spare down in the moment that it was taken gives it up all the same', async () => {
  const browser = createFakeBrowser()
  const tabs = await openWarmTabs(3, browser)
  const [holder, speaker] = tabs
  // Of a removal in one process and a write in another, at once, the write is what remains.
  const remove = browser.memory.delete
  browser.memory.delete = () => {
    browser.memory.delete = remove
    return false
  }
  await speaker.ask()
  await settle()
  expect(speaker.proxy.tickets()[0]).toBe('ticket-2')
  expect(holder.status()).toBe('idle')
  expect(countOpenings(tabs)).toEqual([1, 0, 1])
})

test('of two tabs that speak at once one has the spare, and no message is lost', async () => {
  const [, ...speakers] = await openWarmTabs(3)
  const asked = speakers.map(tab => tab.ask())
  await settle()
  await Promise.all(asked)
  expect(speakers.map(({ proxy }) => proxy.tickets())).toEqual([['ticket-2'], [null]])
})

test('the speaker and the holder of the spare never both have it', async () => {
  const [holder, speaker] = await openWarmTabs(2)
  await Promise.all([speaker.ask(), holder.ask()])
  const tickets = [...holder.proxy.tickets(), ...speaker.proxy.tickets()]
  expect(tickets.filter(ticket => ticket === 'ticket-2')).toHaveLength(1)
})

test('two messages at once go on the one spare that their tab has', async () => {
  const [tab] = await openWarmTabs(1)
  await Promise.all([tab.ask(), tab.ask()])
  expect(tab.proxy.tickets()).toEqual(['ticket-2', 'ticket-2'])
})

test('a spare that was taken is touched again, lest the tab that held it has parked it in that moment', async () => {
  const [, speaker] = await openWarmTabs(2)
  await speaker.ask()
  expect(speaker.proxy.beats).toEqual([])
  await speaker.environment.advance(250)
  expect(speaker.proxy.beats).toMatchObject([{ ticket: 'ticket-of-message' }])
})

test('a spare on which another tab has spoken, and is gone, is nobody’s to speak on', async () => {
  const browser = createFakeBrowser()
  const [holder, speaker] = await openWarmTabs(2, browser)
  // The holder is busy meanwhile, and hears nothing.
  browser.listeners.clear()
  await speaker.ask()
  await speaker.environment.leave()
  await holder.ask()
  expect(holder.proxy.tickets()[0]).toBeNull()
  await speaker.environment.comeBack()
  await speaker.environment.advance(250)
  expect(speaker.status()).toBe('active')
})

test('two messages at once, on a spare that another tab has taken, lose no session that they are answered with', async () => {
  const browser = createFakeBrowser()
  const [holder, speaker] = await openWarmTabs(2, browser)
  browser.listeners.clear()
  await speaker.ask()
  await Promise.all([holder.ask(), holder.ask()])
  expect(holder.types().filter(type => type === 'spare-given')).toHaveLength(1)
  expect(holder.status()).toBe('active')
})

test('a spare is its tab’s own while the browser takes its time to tell that its lock is', async () => {
  const browser = createFakeBrowser()
  const [holder] = await openWarmTabs(1, browser)
  const { request } = browser.locks
  const telling = later()
  browser.locks.request = ((name: string, options: LockOptions, granted: LockGrantedCallback<unknown>) =>
    request(name, options, lock => telling.promise.then(() => granted(lock)))) as typeof request
  const asking = holder.ask()
  await settle()
  for (const listener of browser.listeners) listener()
  await settle()
  telling.resolve()
  await asking
  expect(holder.proxy.tickets()).toEqual(['ticket-2'])
})

test('a tab that begins anew while it looks whether its spare was taken goes on with the new one', async () => {
  const browser = createFakeBrowser()
  const [holder, speaker] = await openWarmTabs(2, browser)
  const { query } = browser.locks
  const looking = later()
  browser.locks.query = () => looking.promise.then(query)
  await speaker.ask()
  await settle()
  void holder.session.close()
  void holder.session.warm()
  looking.resolve()
  await settle()
  expect(holder.status()).toBe('warming')
  expect(holder.types()).not.toContain('spare-given')
})

test('a tab that closes its session while it takes the spare of another one holds nothing', async () => {
  const browser = createFakeBrowser()
  const [, speaker] = await openWarmTabs(2, browser)
  const telling = later()
  slowLocks(browser, () => telling.promise)
  const asking = speaker.ask()
  await settle()
  await speaker.session.close()
  telling.resolve()
  await asking
  expect(speaker.types()).not.toContain('lease-adopted')
})

test('a spare whose storage was cleared is still this tab’s to speak on', async () => {
  const browser = createFakeBrowser()
  const [holder] = await openWarmTabs(2, browser)
  browser.memory.clear()
  for (const listener of browser.listeners) listener()
  await settle()
  await holder.ask()
  expect(holder.proxy.tickets()[0]).toBe('ticket-2')
})

test('a lock that cannot be had is another tab’s: its session is left alone', async () => {
  const browser = createFakeBrowser()
  const [, speaker] = await openWarmTabs(2, browser)
  browser.locks.request = async () => Promise.reject(new DOMException('No longer runnable.', 'InvalidStateError'))
  await speaker.ask()
  expect(speaker.proxy.tickets()[0]).toBeNull()
})

test('a page that warms up by hand alone takes nobody’s spare', async () => {
  const browser = createFakeBrowser()
  const [holder] = await openWarmTabs(1, browser)
  const cold = await startMounted({ warmOn: 'manual' }, { browser })
  await cold.ask()
  expect(cold.proxy.tickets()[0]).toBeNull()
  expect(holder.status()).toBe('warm')
})

test('an answer to a request that is no message does not park the session that another tab has taken meanwhile', async () => {
  const [holder, speaker] = await openWarmTabs(2)
  const answer = holdAnswers(holder.proxy)
  const asked = holder.session.fetch('/api/history')
  await settle()
  await speaker.ask()
  answer(answered('warm', 'ticket-of-message'))
  await asked
  expect(holder.proxy.closes).toEqual([])
})

test.each([
  ['it wakes late', (holder: Page) => holder.environment.sleep(10 * 60_000)],
  ['its session is closed', (holder: Page) => holder.session.close()],
])('a holder that has not heard that its spare was taken does not close the conversation when %s', async (_, end) => {
  const browser = createFakeBrowser()
  const [holder, speaker] = await openWarmTabs(2, browser)
  await holder.environment.hide()
  // No tab is told, as a suspended one is not.
  browser.listeners.clear()
  await speaker.ask()
  expect(speaker.proxy.tickets()[0]).toBe('ticket-2')
  await end(holder)
  await settle()
  expect(holder.status()).not.toBe('warm')
  expect(holder.proxy.closes).toEqual([])
})

test('a holder that has not heard that its spare was taken gives it up at its next beat', async () => {
  const browser = createFakeBrowser()
  const [holder, speaker] = await openWarmTabs(2, browser)
  browser.listeners.clear()
  await speaker.ask()
  await holder.environment.advance(10 * 60_000)
  expect(holder.types()).toContain('spare-given')
})

test.each([
  ['has heard of it', () => {}],
  ['has not', (browser: FakeBrowser) => browser.listeners.clear()],
])('what all tabs share has no ticket of a conversation, whether the tab that held the spare %s', async (_, change) => {
  const browser = createFakeBrowser()
  const [holder, speaker] = await openTabs(2, browser)
  await holder.proxy.openings[0]?.lease({ ticket: 'a-long-and-secret-ticket' })
  change(browser)
  await speaker.ask()
  await settle()
  expect(speaker.proxy.tickets()).toEqual(['a-long-and-secret-ticket'])
  expect([...browser.memory.values()].join()).not.toContain('a-long-and-secret-ticket')
})

test('what all tabs share does not grow with the number of conversations', async () => {
  const browser = createFakeBrowser()
  const { session, proxy, ask } = start({}, { browser })
  for (let chat = 100; chat < 150; chat++) {
    session.mount()
    await settle()
    await proxy.openings.at(-1)?.lease({ ticket: `ticket of chat ${chat}` })
    await ask()
    await session.close()
  }
  expect(proxy.tickets().at(-1)).toBe('ticket of chat 149')
  expect([...browser.memory.values()].join().length).toBeLessThan(300)
})
