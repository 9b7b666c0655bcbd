import { createFakeBrowser, type FakeBrowser, settle } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { start } from './start.ts'

/** The tabs of one browser; each has a session mounted. */
async function openTabs(count: number, browser: FakeBrowser | undefined = createFakeBrowser()) {
  const tabs = Array.from({ length: count }, () => {
    const tab = start({}, { browser, chance: Math.random() })
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

test('of two tabs that speak at once one has the spare, and no message is lost', async () => {
  const tabs = await openTabs(3)
  const [holder, ...speakers] = tabs
  await warmUp(holder)
  const asked = speakers.map(tab => tab.ask())
  await settle()
  for (const { environment, proxy } of speakers) {
    await environment.advance(200)
    await proxy.openings[0]?.lease()
  }
  await Promise.all(asked)
  const tickets = speakers.map(({ proxy }) => proxy.messages.map(({ headers }) => headers.get('Warm-Agent-Ticket')))
  expect(tickets).toEqual([['ticket-2'], ['ticket-1']])
})

test('a tab that closes its session makes room for the next', async () => {
  const tabs = await openTabs(2)
  await tabs[0].session.close()
  await settle()
  expect(openings(tabs)).toEqual([1, 1])
})

test('a frozen tab is replaced, and gives up its spare when it learns of that', async () => {
  const browser = createFakeBrowser()
  const [frozen] = await openTabs(1, browser)
  await frozen.proxy.openings[0]?.lease()
  frozen.environment.freeze()
  const [next] = await openTabs(1, browser)
  expect(next.proxy.openings).toHaveLength(0)
  await next.environment.advance(1000)
  expect(next.proxy.openings).toHaveLength(1)
  await settle()
  expect(frozen.proxy.closes).toEqual([{ ticket: 'ticket-1' }])
  expect(frozen.status()).toBe('expired')
})

test('a tab that freezes while another one waits is replaced too', async () => {
  const [holder, follower] = await openTabs(2)
  await follower?.environment.advance(1000)
  holder.environment.freeze()
  await follower?.environment.advance(6000)
  expect(follower?.proxy.openings).toHaveLength(1)
})

test('a tab that lives is not replaced', async () => {
  const browser = createFakeBrowser()
  const [holder] = await openTabs(1, browser)
  const [next] = await openTabs(1, browser)
  await next.environment.advance(60_000)
  expect(next.proxy.openings).toHaveLength(0)
  expect(holder.status()).toBe('warming')
})

test('a message does not wait long for the spare of a frozen tab', async () => {
  const browser = createFakeBrowser()
  const [frozen] = await openTabs(1, browser)
  await frozen.proxy.openings[0]?.lease()
  frozen.environment.freeze()
  const [speaker] = await openTabs(1, browser)
  const asked = speaker.ask()
  await speaker.environment.advance(200)
  await asked
  expect(speaker.proxy.messages[0]?.headers.get('Warm-Agent-Ticket')).toBeNull()
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
  browser.locks = { request: async () => Promise.reject(new DOMException('Not here.', 'SecurityError')) }
  const [tab] = await openTabs(1, browser)
  expect(tab.proxy.openings).toHaveLength(1)
})
