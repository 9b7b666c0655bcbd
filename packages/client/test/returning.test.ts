import { WarmAgentError } from '@warm-agent/protocol'
import { createFakeBrowser, settle } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { start } from './start.ts'

const minute = 60_000

/** A page that is warm, and then left: what it leaves in the tab. */
async function leaveWarm(more: { isSent?: boolean } = {}) {
  const tab = new Map<string, string>()
  const page = start({}, { tab })
  page.session.mount()
  await page.warmUp()
  if (more.isSent) await page.ask()
  await page.environment.leave()
  // The notice of leaving has arrived by then.
  return { tab, nowMs: page.environment.now() + 250, page }
}

test('after a reload the lease is taken up, and is warm when a beat has found it alive', async () => {
  const { tab, nowMs } = await leaveWarm()
  const { session, proxy, types, status } = start({}, { tab, nowMs: nowMs + 500 })
  let answer = () => {}
  const { beat } = proxy.transport
  proxy.transport.beat = (ticket, options) =>
    new Promise(resolve => {
      answer = () => resolve(beat(ticket, options))
    })
  session.mount()
  await settle()
  expect(status()).toBe('warming')
  answer()
  await expect.poll(status).toBe('warm')
  expect(types()).toEqual(['lease-adopted', 'beat-succeeded'])
  expect(proxy.openings).toEqual([])
  expect(proxy.beats).toMatchObject([{ ticket: 'ticket-2' }])
})

test('a message that comes before that beat is answered goes on the lease', async () => {
  const { tab, nowMs } = await leaveWarm()
  const { session, proxy, ask } = start({}, { tab, nowMs })
  session.mount()
  await ask()
  expect(proxy.messages[0]?.headers.get('Warm-Agent-Ticket')).toMatch('ticket')
  expect(proxy.openings).toEqual([])
})

test('a conversation goes on after a reload', async () => {
  const { tab, nowMs } = await leaveWarm({ isSent: true })
  const { session, proxy, status } = start({}, { tab, nowMs })
  session.mount()
  await expect.poll(status).toBe('active')
  expect(proxy.beats).toMatchObject([{ ticket: 'ticket-of-message' }])
})

test('a spare that the proxy has stopped meanwhile is replaced at once', async () => {
  const { tab, nowMs } = await leaveWarm()
  const { session, proxy, types } = start({}, { tab, nowMs })
  proxy.onBeat = () => {
    throw new WarmAgentError('session_expired', 'gone')
  }
  session.mount()
  await expect.poll(types).toEqual(['lease-adopted', 'session-expired', 'warm-started'])
  expect(proxy.openings).toHaveLength(1)
})

test('a conversation that was lost over a reload waits for its next message, on its own ticket', async () => {
  const { tab, nowMs } = await leaveWarm({ isSent: true })
  const { session, proxy, environment, ask, status } = start({}, { tab, nowMs })
  proxy.onBeat = () => {
    throw new WarmAgentError('session_expired', 'gone')
  }
  session.mount()
  await expect.poll(status).toBe('expired')
  await environment.hide()
  await environment.show()
  expect(proxy.openings).toEqual([])
  await ask()
  expect(proxy.messages[0]?.headers.get('Warm-Agent-Ticket')).toBe('ticket-of-message')
})

test('a lease that was left too long ago is not even tried', async () => {
  const { tab, nowMs } = await leaveWarm()
  const { session, proxy, types } = start({}, { tab, nowMs: nowMs + 30_000 })
  session.mount()
  expect(types()).toEqual(['warm-started'])
  expect(proxy.beats).toEqual([])
})

test.each([{ ttlMs: 20_000 }, { holdMs: 20_000 }])('nor is one that was over by then: %j', async durations => {
  const tab = new Map<string, string>()
  const page = start({}, { tab })
  page.session.mount()
  await page.proxy.openings[0]?.lease(durations)
  await page.environment.leave()
  const next = start({}, { tab, nowMs: page.environment.now() + 20_000 })
  next.session.mount()
  expect(next.types()).toEqual(['warm-started'])
  expect(next.proxy.beats).toEqual([])
})

test('a hold goes on to count over a reload', async () => {
  const tab = new Map<string, string>()
  const page = start({}, { tab })
  page.session.mount()
  await page.proxy.openings[0]?.lease({ holdMs: 60_000 })
  await page.environment.advance(40_000)
  await page.environment.leave()
  const { session, proxy, environment, status } = start({}, { tab, nowMs: page.environment.now() })
  proxy.onBeat = () => {
    throw new TypeError('Failed to fetch')
  }
  session.mount()
  await environment.advance(19_999)
  expect(status()).toBe('warming')
  await environment.advance(1)
  expect(status()).toBe('expired')
  expect(proxy.closes).toEqual([{ ticket: 'ticket-1' }])
})

test('the beat of a reload does not overtake the notice that the page was left', async () => {
  const { tab, page } = await leaveWarm()
  const { session, proxy, environment } = start({}, { tab, nowMs: page.environment.now() })
  session.mount()
  await environment.advance(249)
  expect(proxy.beats).toEqual([])
  await environment.advance(1)
  expect(proxy.beats).toHaveLength(1)
})

test('a clock that is set back during a reload delays that beat no longer', async () => {
  const { tab, nowMs } = await leaveWarm()
  const { session, proxy, environment, status } = start({}, { tab, nowMs: nowMs - 60 * minute })
  session.mount()
  await environment.advance(250)
  expect(proxy.beats).toHaveLength(1)
  expect(status()).toBe('warm')
})

test('a duplicated tab does not have what its original has', async () => {
  const browser = createFakeBrowser()
  const tab = new Map<string, string>()
  const original = start({}, { tab, browser })
  original.session.mount()
  await settle()
  await original.proxy.openings[0]?.lease()
  await original.ask()
  expect(tab.size).toBe(1)
  const copy = new Map(tab)
  const duplicate = start({}, { tab: copy, browser })
  duplicate.session.mount()
  await settle()
  expect(duplicate.types()).toEqual(['warm-started'])
  expect([...copy]).toEqual([])
  expect(original.status()).toBe('active')
})

test('without Web Locks a page that lives has left nothing', async () => {
  const tab = new Map<string, string>()
  const original = start({}, { tab })
  original.session.mount()
  await original.warmUp()
  const duplicate = start({}, { tab: new Map(tab) })
  duplicate.session.mount()
  expect(duplicate.types()).toEqual(['warm-started'])
})

test('a discarded tab goes on with its conversation: its page never said that it left', async () => {
  const tab = new Map<string, string>()
  const original = start({}, { tab, browser: createFakeBrowser() })
  original.session.mount()
  await settle()
  await original.proxy.openings[0]?.lease()
  await original.ask()
  // The browser gave all its locks away with the tab.
  const { session, status, proxy } = start({}, { tab, browser: createFakeBrowser(), nowMs: 1_050_000 })
  session.mount()
  await expect.poll(status).toBe('active')
  expect(proxy.beats).toMatchObject([{ ticket: 'ticket-of-message' }])
})

test.each([
  ['mounted', (page: ReturnType<typeof start>) => page.session.mount()],
  ['warmed up', (page: ReturnType<typeof start>) => page.session.warm()],
])('a session that is %s, and closed before the lease is this page’s own, holds nothing', async (_, begin) => {
  const { tab, nowMs } = await leaveWarm({ isSent: true })
  const page = start({}, { tab, nowMs, browser: createFakeBrowser() })
  void begin(page)
  await page.session.close()
  await page.environment.advance(20 * minute)
  expect(page.status()).toBe('idle')
  expect(page.types()).toEqual(['session-closed'])
  expect(page.proxy.openings).toEqual([])
})

test('warm() twice while the lease turns out to be another page’s resolves when the one warm-up has ended', async () => {
  const browser = createFakeBrowser()
  const { tab, nowMs } = await leaveWarm({ isSent: true })
  const first = start({}, { tab: new Map(tab), nowMs, browser })
  first.session.mount()
  await settle()
  const { session, proxy, status } = start({}, { tab, nowMs, browser })
  const warmed = Promise.all([session.warm(), session.warm()].map(each => each.then(status)))
  await settle()
  expect(proxy.openings).toHaveLength(1)
  await proxy.openings[0]?.lease()
  await proxy.openings[0]?.warm()
  await proxy.openings[0]?.end()
  expect(await warmed).toEqual(['warm', 'warm'])
})

test('a lease is taken up once', async () => {
  const { tab, nowMs } = await leaveWarm()
  start({}, { tab, nowMs }).session.mount()
  await settle()
  const late = start({}, { tab, nowMs })
  late.session.mount()
  await settle()
  expect(late.types()).toEqual(['warm-started'])
})

test('with keepOnReload: false the next page begins anew', async () => {
  const tab = new Map<string, string>()
  const { session, warmUp, environment, proxy } = start({ keepOnReload: false }, { tab })
  session.mount()
  await warmUp()
  await environment.leave()
  expect(proxy.closes).toHaveLength(1)
  expect([...tab]).toEqual([])
})

test('leases of different agents are not mixed up', async () => {
  const { tab, nowMs } = await leaveWarm()
  const { session, types } = start({ agent: 'other' }, { tab, nowMs })
  session.mount()
  expect(types()).toEqual(['warm-started'])
})

test('what somebody else wrote there is no lease', async () => {
  const { tab, nowMs } = await leaveWarm()
  for (const key of tab.keys()) tab.set(key, '{"nonsense":')
  const { session, types } = start({}, { tab, nowMs })
  session.mount()
  expect(types()).toEqual(['warm-started'])
})

test('a page that returns from the back/forward cache has the newer ticket of the page that was left after it', async () => {
  const { tab, nowMs, page } = await leaveWarm()
  const other = start({}, { tab, nowMs })
  other.session.mount()
  await expect.poll(other.status).toBe('warm')
  await other.ask()
  await other.environment.leave()
  await page.environment.comeBack()
  expect(page.proxy.beats).toMatchObject([{ ticket: 'ticket-of-message' }])
  await page.environment.advance(minute)
  expect(page.status()).toBe('warm')
})

test('a full storage harms nobody', async () => {
  const { session, warmUp, environment, proxy } = start()
  environment.storage = () => ({
    getItem: () => null,
    removeItem: () => {},
    setItem: () => {
      throw new DOMException('Full.', 'QuotaExceededError')
    },
  })
  session.mount()
  await warmUp()
  await environment.leave()
  expect(proxy.closes).toHaveLength(1)
})

test('a conversation that seems to be over is parked too: its microVM may live', async () => {
  const { session, environment, proxy, status } = start()
  session.mount()
  await proxy.openings[0]?.fail()
  await session.fetch('/api/agent/messages', { method: 'POST', body: 'hi' })
  await environment.sleep(61_000)
  expect(status()).toBe('expired')
  await environment.leave()
  expect(proxy.closes).toEqual([{ ticket: 'ticket-of-message', afterMs: 30_000, keepalive: true }])
})

test('a page that returns from the back/forward cache without a word of its own goes on with the conversation of the page after it', async () => {
  const browser = createFakeBrowser()
  const tab = new Map<string, string>()
  const landing = start({}, { browser, tab })
  landing.session.mount()
  await settle()
  await landing.proxy.openings[0]?.lease()
  await landing.environment.leave()
  const chat = start({}, { browser, tab })
  chat.session.mount()
  await settle()
  await chat.ask()
  await chat.environment.leave()
  await landing.environment.comeBack()
  await landing.environment.advance(250)
  expect(landing.status()).toBe('active')
  expect(landing.proxy.beats).toMatchObject([{ ticket: 'ticket-of-message' }])
  expect(landing.proxy.openings).toHaveLength(1)
})

test.each([
  ['is back in a hidden tab', (page: ReturnType<typeof start>) => page.environment.hide()],
  [
    'speaks before it has told that it is back',
    (page: ReturnType<typeof start>) => Promise.all([page.ask(), page.environment.comeBack()]),
  ],
])('a conversation that %s is its own again, and no copy of its tab has it', async (_, comeBack) => {
  const page = await leaving({ isSent: true })
  page.stay()
  await comeBack(page)
  await settle()
  const copy = start({}, { browser: page.browser, tab: new Map(page.tab) })
  copy.session.mount()
  await settle()
  await page.environment.comeBack()
  await copy.proxy.openings[0]?.lease({ ticket: 'ticket-of-copy' })
  await copy.ask()
  await page.ask()
  expect(copy.types()).not.toContain('lease-adopted')
  expect(page.types()).not.toContain('spare-given')
  expect(page.proxy.messages.at(-1)?.headers.get('Warm-Agent-Ticket')).toMatch('ticket')
})

/** A page that is being left: it is given no lock any more. */
async function leaving(options: { isSent: boolean }) {
  const browser = createFakeBrowser()
  const tab = new Map<string, string>()
  const page = start({}, { browser, tab })
  page.session.mount()
  await settle()
  await page.proxy.openings[0]?.lease()
  await page.proxy.openings[0]?.warm()
  await page.proxy.openings[0]?.end()
  if (options.isSent) await page.ask()
  const { request } = browser.locks
  browser.locks.request = () => new Promise(() => {})
  await page.environment.leave()
  return { ...page, browser, tab, stay: () => Object.assign(browser.locks, { request }) }
}

test('a message that is sent while the page is left goes out, the session is parked again, and the next page has it', async () => {
  const { ask, proxy, tab } = await leaving({ isSent: true })
  await ask({ keepalive: true })
  expect(proxy.messages.map(({ headers }) => headers.get('Warm-Agent-Ticket'))).toEqual([
    'ticket-2',
    'ticket-of-message',
  ])
  const park = { ticket: 'ticket-of-message', afterMs: 30_000, keepalive: true }
  expect(proxy.closes).toEqual([park, park])
  expect(JSON.parse([...tab.values()][0] ?? '')).toHaveProperty('leftAtMs')
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
  const next = start({}, { browser: page.browser, tab: page.tab })
  next.session.mount()
  await settle()
  expect(next.types()).toEqual(['warm-started'])
})

test('a page that is back and has lost its conversation to a copy has a spare again', async () => {
  const page = await leaving({ isSent: true })
  page.stay()
  const copy = start({}, { browser: page.browser, tab: new Map(page.tab) })
  copy.session.mount()
  await settle()
  await page.environment.comeBack()
  expect(page.status()).toBe('warming')
  expect(page.proxy.openings).toHaveLength(2)
})
