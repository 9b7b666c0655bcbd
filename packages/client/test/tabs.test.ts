import type { WarmSessionOptions } from '@warm-agent/client'
import { createFakeBrowser, type FakeBrowser, settle } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { answered, holdAnswers } from './fake-proxy.ts'
import { start } from './start.ts'

/** The tabs of one browser; each has a session mounted. */
async function openTabs(
  count: number,
  browser: FakeBrowser | undefined = createFakeBrowser(),
  options: WarmSessionOptions = {},
) {
  const tabs = Array.from({ length: count }, () => {
    const tab = start(options, { browser, chance: Math.random() })
    tab.session.mount()
    return tab
  })
  await settle()
  return tabs as [ReturnType<typeof start>, ...ReturnType<typeof start>[]]
}

/** The warm-up that a trigger has begun, to its end. */
async function warmUp({ proxy }: ReturnType<typeof start>) {
  await proxy.openings[0]?.lease()
  await proxy.openings[0]?.warm()
  await proxy.openings[0]?.end()
}

const openings = (tabs: ReturnType<typeof start>[]) => tabs.map(({ proxy }) => proxy.openings.length)

test('five tabs have one unsent spare, and one heartbeat (suna JAY-596)', async () => {
  const tabs = await openTabs(5)
  expect(openings(tabs)).toEqual([1, 0, 0, 0, 0])
  await warmUp(tabs[0])
  for (const { environment } of tabs) await environment.advance(10 * 60_000)
  expect(tabs.map(({ proxy }) => proxy.beats.length)).toEqual([1, 0, 0, 0, 0])
})

test('when the tab that holds the spare sends, the next one warms its own', async () => {
  const tabs = await openTabs(3)
  await warmUp(tabs[0])
  await tabs[0].ask()
  await settle()
  expect(openings(tabs)).toEqual([1, 1, 0])
  expect(tabs[0].status()).toBe('active')
})

test('the tab that speaks first takes the spare, and the next in line then warms its own', async () => {
  const tabs = await openTabs(3)
  const [holder, speaker] = tabs
  await warmUp(holder)
  await speaker?.ask()
  await settle()
  expect(speaker?.proxy.messages[0]?.headers.get('Warm-Agent-Ticket')).toBe('ticket-2')
  expect(holder.types()).toContain('spare-given')
  expect(holder.status()).toBe('idle')
  expect(holder.proxy.closes).toEqual([])
  expect(openings(tabs)).toEqual([1, 0, 1])
})

test('a holder that wrote the spare down in the moment that it was taken gives it up all the same', async () => {
  const browser = createFakeBrowser()
  const tabs = await openTabs(3, browser)
  const [holder, speaker] = tabs
  await warmUp(holder)
  // Of a removal in one process and a write in another, at once, the write is what remains.
  const remove = browser.memory.delete
  browser.memory.delete = () => {
    browser.memory.delete = remove
    return false
  }
  await speaker?.ask()
  await settle()
  expect(speaker?.proxy.messages[0]?.headers.get('Warm-Agent-Ticket')).toBe('ticket-2')
  expect(holder.status()).toBe('idle')
  expect(openings(tabs)).toEqual([1, 0, 1])
})

test('of two tabs that speak at once one has the spare, and no message is lost', async () => {
  const tabs = await openTabs(3)
  const [holder, ...speakers] = tabs
  await warmUp(holder)
  const asked = speakers.map(tab => tab.ask())
  await settle()
  await Promise.all(asked)
  const tickets = speakers.map(({ proxy }) => proxy.messages.map(({ headers }) => headers.get('Warm-Agent-Ticket')))
  expect(tickets).toEqual([['ticket-2'], [null]])
})

test('a tab that closes its session makes room for the next', async () => {
  const tabs = await openTabs(2)
  await tabs[0].session.close()
  await settle()
  expect(openings(tabs)).toEqual([1, 1])
})

test('a tab that closes its session while it looks whether it can hold the spare of another one holds none', async () => {
  const browser = createFakeBrowser()
  const [closed, next] = await openTabs(2, browser)
  await warmUp(closed)
  let answer = () => {}
  const { query } = browser.locks
  browser.locks.query = async () => {
    await new Promise<void>(resolve => {
      answer = resolve
    })
    return query()
  }
  await closed.environment.leave()
  await next?.session.close()
  answer()
  await next?.environment.advance(60_000)
  expect(next?.types()).not.toContain('lease-adopted')
  expect(next?.proxy.openings).toEqual([])
})

test('the spare of a tab that freezes is held by the next one', async () => {
  const [frozen, next] = await openTabs(2)
  await warmUp(frozen)
  await frozen.environment.freeze()
  expect(frozen.proxy.closes).toEqual([{ ticket: 'ticket-2', afterMs: 30_000, keepalive: true }])
  await next?.environment.advance(250)
  expect(next?.proxy.beats).toMatchObject([{ ticket: 'ticket-2' }])
  expect(next?.status()).toBe('warm')
  expect(next?.proxy.openings).toEqual([])
  await frozen.environment.advance(60 * 60_000)
  await frozen.environment.show()
  expect(frozen.proxy.beats).toEqual([])
  expect(frozen.status()).toBe('idle')
})

test('a tab that was frozen does not close the spare that it left, when its timers wake late', async () => {
  const [frozen, next] = await openTabs(2)
  await warmUp(frozen)
  await frozen.environment.hide()
  await frozen.environment.freeze()
  await next?.environment.advance(250)
  expect(next?.status()).toBe('warm')
  await frozen.environment.sleep(10 * 60_000)
  // It resumes before it is shown.
  await frozen.environment.hide()
  expect(frozen.proxy.closes).toEqual([{ ticket: 'ticket-2', afterMs: 30_000, keepalive: true }])
  expect(frozen.status()).toBe('expired')
})

test.each([
  ['it wakes late', (holder: ReturnType<typeof start>) => holder.environment.sleep(10 * 60_000)],
  ['its session is closed', (holder: ReturnType<typeof start>) => holder.session.close()],
])('a holder that has not heard that its spare was taken does not close the conversation when %s', async (_, end) => {
  const browser = createFakeBrowser()
  const [holder, speaker] = await openTabs(2, browser)
  await warmUp(holder)
  await holder.environment.hide()
  // No tab is told, as a suspended one is not.
  browser.listeners.clear()
  await speaker?.ask()
  expect(speaker?.proxy.messages[0]?.headers.get('Warm-Agent-Ticket')).toBe('ticket-2')
  await end(holder)
  await settle()
  expect(holder.status()).not.toBe('warm')
  expect(holder.proxy.closes).toEqual([])
})

test('an answer to a request that is no message does not park the session that another tab has taken meanwhile', async () => {
  const [holder, speaker] = await openTabs(2)
  await warmUp(holder)
  const answer = holdAnswers(holder.proxy)
  const asked = holder.session.fetch('/api/history')
  await settle()
  await speaker?.ask()
  answer(answered('warm', 'ticket-of-message'))
  await asked
  expect(holder.proxy.closes).toEqual([])
})

test('a spare that was taken is touched again, lest the tab that held it has parked it in that moment', async () => {
  const [holder, speaker] = await openTabs(2)
  await warmUp(holder)
  await speaker?.ask()
  expect(speaker?.proxy.beats).toEqual([])
  await speaker?.environment.advance(250)
  expect(speaker?.proxy.beats).toMatchObject([{ ticket: 'ticket-of-message' }])
})

test('a spare on which another tab has spoken, and is gone, is nobody’s to speak on', async () => {
  const browser = createFakeBrowser()
  const [holder, speaker] = await openTabs(2, browser)
  await warmUp(holder)
  // The holder is busy meanwhile, and hears nothing.
  browser.listeners.clear()
  await speaker?.ask()
  await speaker?.environment.leave()
  await holder.ask()
  expect(holder.proxy.messages[0]?.headers.get('Warm-Agent-Ticket')).toBeNull()
})

test('a spare whose storage was cleared is still this tab’s to speak on', async () => {
  const browser = createFakeBrowser()
  const [holder] = await openTabs(2, browser)
  await warmUp(holder)
  browser.memory.clear()
  for (const listener of browser.listeners) listener()
  await settle()
  await holder.ask()
  expect(holder.proxy.messages[0]?.headers.get('Warm-Agent-Ticket')).toBe('ticket-2')
})

test('a spare whose headers were given out is no other tab’s, nor lost with its page, and the next tab warms its own', async () => {
  const browser = createFakeBrowser()
  const tab = new Map<string, string>()
  const holder = start({}, { browser, tab })
  holder.session.mount()
  await settle()
  const [next] = await openTabs(1, browser)
  await warmUp(holder)
  holder.session.getHeaders()
  await settle()
  expect(next.proxy.openings).toHaveLength(1)
  expect([...tab.values()].map(kept => JSON.parse(kept))).toMatchObject([{ ticket: 'ticket-2', isSent: true }])
})

test.each([
  ['whose users are idle', { holdWhile: 'active', hiddenHoldMs: 60_000 } as const, {}],
  ['that was held for long enough', {}, { holdMs: 60_000 }],
])('a spare %s is warmed again by no tab, whatever others write', async (_, options, lease) => {
  const browser = createFakeBrowser()
  const tabs = await openTabs(2, browser, options)
  for (let minutes = 0; minutes < 60; minutes++) {
    for (const [tab, { proxy, environment }] of tabs.entries()) {
      await proxy.openings.at(-1)?.lease({ ticket: `ticket of ${tab}` })
      await proxy.openings.at(-1)?.warm({ ticket: `ticket of ${tab}`, ...lease })
      await proxy.openings.at(-1)?.end()
      await environment.advance(60_000)
      for (const listener of browser.listeners) listener()
      await settle()
    }
  }
  // The second tab’s turn has come while its own user was there.
  expect(openings(tabs)).toEqual([1, 1])
})

test('a warm-up that fails is tried once by each tab in its turn, and by none again while its user stays', async () => {
  const browser = createFakeBrowser()
  const tabs = await openTabs(2, browser)
  for (let minutes = 0; minutes < 60; minutes++) {
    for (const { proxy, environment } of tabs) {
      await proxy.openings.at(-1)?.fail()
      await environment.advance(60_000)
      for (const listener of browser.listeners) listener()
      await settle()
    }
  }
  expect(openings(tabs)).toEqual([1, 1])
})

test('a lock that cannot be had is another tab’s: its session is left alone', async () => {
  const browser = createFakeBrowser()
  const [holder, speaker] = await openTabs(2, browser)
  await warmUp(holder)
  browser.locks.request = async () => Promise.reject(new DOMException('No longer runnable.', 'InvalidStateError'))
  await speaker?.ask()
  expect(speaker?.proxy.messages[0]?.headers.get('Warm-Agent-Ticket')).toBeNull()
})

test('headers that were given out make the spare their tab’s own', async () => {
  const [holder, speaker] = await openTabs(2)
  await warmUp(holder)
  expect(holder.session.getHeaders()).toMatchObject({ 'warm-agent-ticket': 'ticket-2' })
  await speaker?.ask()
  expect(speaker?.proxy.messages[0]?.headers.get('Warm-Agent-Ticket')).toBeNull()
})

test('locks that cannot be asked after cost no message', async () => {
  const browser = createFakeBrowser()
  const [left] = await openTabs(1, browser)
  await warmUp(left)
  await left.environment.leave()
  browser.locks.query = async () => Promise.reject(new DOMException('Not here.', 'SecurityError'))
  const [next] = await openTabs(1, browser)
  await next.ask()
  expect(next.proxy.messages).toHaveLength(1)
})

test('the spare of a tab that is closed is held by the next one', async () => {
  const [closed, next] = await openTabs(2)
  await warmUp(closed)
  await closed.environment.leave()
  await next?.environment.advance(250)
  expect(next?.proxy.beats).toMatchObject([{ ticket: 'ticket-2' }])
  expect(next?.proxy.openings).toEqual([])
})

test('a tab that freezes before its lease is here makes room for the next', async () => {
  const tabs = await openTabs(2)
  await tabs[0].environment.freeze()
  expect(tabs[0].proxy.openings[0]?.signal.aborted).toBe(true)
  expect(openings(tabs)).toEqual([1, 1])
})

test('a conversation stays with its tab when that freezes', async () => {
  const [frozen, other] = await openTabs(2)
  await warmUp(frozen)
  await frozen.ask()
  await frozen.environment.freeze()
  expect(frozen.proxy.closes).toEqual([])
  await frozen.environment.show()
  expect(frozen.status()).toBe('active')
  expect(other?.types()).not.toContain('lease-adopted')
})

test('two messages at once go on the one spare that their tab has', async () => {
  const [tab] = await openTabs(1)
  await warmUp(tab)
  await Promise.all([tab.ask(), tab.ask()])
  expect(tab.proxy.messages.map(({ headers }) => headers.get('Warm-Agent-Ticket'))).toEqual(['ticket-2', 'ticket-2'])
})

test('the speaker and the holder of the spare never both have it', async () => {
  const [holder, speaker] = await openTabs(2)
  await warmUp(holder)
  await Promise.all([speaker?.ask(), holder.ask()])
  const tickets = [holder, speaker].map(tab => tab?.proxy.messages[0]?.headers.get('Warm-Agent-Ticket'))
  expect(tickets.filter(ticket => ticket === 'ticket-2')).toHaveLength(1)
})

test('different users of one browser have a spare each, and never each other’s', async () => {
  const browser = createFakeBrowser()
  const tabs = ['ann', 'bob', 'ann'].map(user => {
    const tab = start({ user }, { browser })
    tab.session.mount()
    return tab
  }) as [ReturnType<typeof start>, ...ReturnType<typeof start>[]]
  await settle()
  await warmUp(tabs[0])
  expect(openings(tabs)).toEqual([1, 1, 0])
  await tabs[2]?.ask()
  expect(tabs[2]?.proxy.messages[0]?.headers.get('Warm-Agent-Ticket')).toBe('ticket-2')
})

test('different agents have a spare each', async () => {
  const browser = createFakeBrowser()
  const tabs = ['one', 'two'].map(agent => start({ agent }, { browser }))
  for (const { session } of tabs) session.mount()
  await settle()
  expect(openings(tabs)).toEqual([1, 1])
})

test('without Web Locks every tab has its own', async () => {
  const tabs = Array.from({ length: 2 }, () => start())
  for (const { session } of tabs) session.mount()
  expect(openings(tabs)).toEqual([1, 1])
})

test('warm() is a decision, and waits for no turn', async () => {
  const tabs = await openTabs(2)
  void tabs[1]?.session.warm()
  expect(openings(tabs)).toEqual([1, 1])
})

test('a page that may not share locks has its own', async () => {
  const browser = createFakeBrowser()
  browser.locks = {
    ...browser.locks,
    request: async () => Promise.reject(new DOMException('Not here.', 'SecurityError')),
  }
  const [tab] = await openTabs(1, browser)
  expect(tab.proxy.openings).toHaveLength(1)
})

test('a page that warms up by hand alone takes nobody’s spare', async () => {
  const browser = createFakeBrowser()
  const [holder] = await openTabs(1, browser)
  await warmUp(holder)
  const cold = start({ warmOn: 'manual' }, { browser })
  cold.session.mount()
  await cold.ask()
  expect(cold.proxy.messages[0]?.headers.get('Warm-Agent-Ticket')).toBeNull()
  expect(holder.status()).toBe('warm')
})
