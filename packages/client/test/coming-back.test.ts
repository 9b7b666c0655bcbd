import { createFakeBrowser, settle } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { answered, holdAnswers } from './fake-proxy.ts'
import { later } from './later.ts'
import { leaveWarm } from './leave-warm.ts'
import { startChat } from './open-tabs.ts'
import { slowLocks } from './slow-locks.ts'
import { startMounted } from './start.ts'

const minute = 60_000

/** A page with a conversation, and the page after it, which goes on with that: both in one tab, the first one left. */
async function goOn() {
  const world = { browser: createFakeBrowser(), tab: new Map<string, string>() }
  const first = await startChat(world)
  await first.environment.leave()
  const second = await startMounted({}, { ...world, nowMs: first.environment.now() + 300 })
  await second.environment.advance(250)
  return { first, second }
}

test('a page that returns from the back/forward cache has the newer ticket of the page that was left after it', async () => {
  const { tab, nowMs, page } = await leaveWarm()
  const other = await startMounted({}, { tab, nowMs })
  await expect.poll(other.status).toBe('warm')
  await other.ask()
  await other.environment.leave()
  await page.environment.comeBack()
  await page.environment.advance(250)
  expect(page.proxy.beats).toMatchObject([{ ticket: 'ticket-of-message' }])
  await page.environment.advance(minute)
  expect(page.status()).toBe('active')
})

test('a page that returns from the back/forward cache without a word of its own goes on with the conversation of the page after it', async () => {
  const browser = createFakeBrowser()
  const tab = new Map<string, string>()
  const landing = await startMounted({}, { browser, tab })
  await landing.proxy.openings[0]?.lease()
  await landing.environment.leave()
  const chat = await startMounted({}, { browser, tab })
  await chat.ask()
  await chat.environment.leave()
  await landing.environment.comeBack()
  await landing.environment.advance(250)
  expect(landing.status()).toBe('active')
  expect(landing.proxy.beats).toMatchObject([{ ticket: 'ticket-of-message' }])
  expect(landing.proxy.openings).toHaveLength(1)
})

test('a page that is back asks after its conversation when the notice of the page after it has arrived', async () => {
  const { first, second } = await goOn()
  await second.environment.leave()
  await first.environment.sleep(600)
  await first.environment.comeBack()
  expect(first.proxy.beats).toEqual([])
  await first.environment.advance(250)
  expect(first.proxy.beats).toHaveLength(1)
  expect(first.status()).toBe('active')
})

test('a page that is back before the page after it has gone waits for its conversation', async () => {
  const { first, second } = await goOn()
  await first.environment.comeBack()
  await second.environment.leave()
  await first.environment.advance(250)
  expect(first.status()).toBe('active')
  expect(first.types()).not.toContain('spare-given')
})

test('a page that is back before the page after it has gone waits for the conversation of that, if it has none', async () => {
  const world = { browser: createFakeBrowser(), tab: new Map<string, string>() }
  const landing = await startMounted({ warmOn: 'manual' }, world)
  await landing.environment.leave()
  const chat = await startChat(world)
  await landing.environment.comeBack()
  await chat.environment.leave()
  await landing.environment.advance(250)
  expect(landing.status()).toBe('active')
})

test('a page that is back keeps its conversation although the page after it has left another one', async () => {
  const world = { browser: createFakeBrowser(), tab: new Map<string, string>() }
  const first = await startChat(world)
  await first.environment.leave()
  const second = await startMounted({}, { ...world, nowMs: first.environment.now() + minute })
  await second.proxy.openings[0]?.lease({ ticket: 'ticket-of-second' })
  second.proxy.onMessage = () => answered('warm', 'ticket-of-second')
  await second.ask()
  await second.environment.leave()
  await first.environment.sleep(minute + 600)
  await first.environment.comeBack()
  await first.environment.advance(250)
  expect(first.proxy.beats).toMatchObject([{ ticket: 'ticket-of-message' }])
})

test('a warm-up by hand goes on while its page is left, and is there when that is back', async () => {
  const { session, proxy, environment, status } = await startMounted(
    { warmOn: 'manual' },
    { browser: createFakeBrowser() },
  )
  void session.warm()
  await settle()
  await environment.leave()
  await environment.comeBack()
  await proxy.openings[0]?.complete()
  expect(status()).toBe('warm')
})

test('a conversation that the page after it kept alive is not over by the clock of a page that is back', async () => {
  const { first, second } = await goOn()
  await second.environment.advance(14 * minute)
  await second.ask()
  await second.environment.advance(2 * minute)
  await second.environment.leave()
  await first.environment.sleep(16 * minute + 600)
  await first.environment.comeBack()
  expect(first.status()).toBe('active')
  await first.ask()
  expect(first.types()).not.toContain('session-expired')
  expect(first.proxy.tickets()).toEqual(['ticket-2', 'ticket-of-message'])
})

test.each([
  ['has not warmed up', { warmOn: 'manual' }, async () => {}],
  [
    'has failed to warm up',
    {},
    async ({ proxy }: Awaited<ReturnType<typeof startMounted>>) => proxy.openings[0]?.fail(),
  ],
] as const)(
  'a page that %s goes on, when it is back, with the conversation of the page after it',
  async (_, options, end) => {
    const world = { browser: createFakeBrowser(), tab: new Map<string, string>() }
    const landing = await startMounted(options, world)
    await end(landing)
    await landing.environment.leave()
    const chat = await startChat(world)
    await chat.environment.leave()
    await landing.environment.comeBack()
    await landing.ask()
    expect(landing.proxy.tickets()).toEqual(['ticket-of-message'])
  },
)

test('a session that is closed while its page is left can be used when that is back', async () => {
  const { session, environment, proxy, ask } = await startMounted()
  await proxy.openings[0]?.complete()
  await environment.leave()
  await session.close()
  await environment.comeBack()
  await ask()
  await ask()
  expect(proxy.tickets()).toEqual([null, 'ticket-of-message'])
})

test('a conversation that is given its lock when its page was left has it again when that is back', async () => {
  const browser = createFakeBrowser()
  const { environment, ask, types } = await startMounted({ warmOn: 'manual' }, { browser })
  const granting = later()
  slowLocks(browser, () => granting.promise)
  await ask()
  await environment.leave()
  granting.resolve()
  await settle()
  expect(await browser.locks.query()).toMatchObject({ held: [] })
  await environment.comeBack()
  await environment.advance(250)
  expect(types()).not.toContain('spare-given')
})

test('a page that is back, and left again before it knows whether its conversation is its own, does not park it', async () => {
  const { first, second } = await goOn()
  for (let time = 0; time < 2; time++) {
    await first.environment.comeBack()
    await first.environment.advance(100)
    await first.environment.leave()
  }
  // That of the first time.
  expect(first.proxy.closes).toHaveLength(1)
  expect(first.types()).not.toContain('spare-given')
  await second.environment.leave()
  await first.environment.comeBack()
  await first.environment.advance(250)
  expect(first.status()).toBe('active')
})

test('a message of a page that is left again before it knows whose its conversation is goes on none', async () => {
  const { first, second } = await goOn()
  await first.environment.comeBack()
  const asking = first.ask()
  await first.environment.advance(100)
  await first.environment.leave()
  await asking
  expect(first.proxy.tickets()).toEqual(['ticket-2', null])
  expect(second.status()).toBe('active')
})

test('a page that is back, and left again before the page after it has gone, takes nothing from the next', async () => {
  const world = { browser: createFakeBrowser(), tab: new Map<string, string>() }
  const landing = await startMounted({ warmOn: 'manual' }, world)
  await landing.environment.leave()
  const chat = await startChat(world)
  await landing.environment.comeBack()
  await Promise.all([landing.environment.leave(), chat.environment.leave()])
  const next = await startMounted({}, world)
  expect(landing.types()).not.toContain('lease-adopted')
  expect(next.types()).toEqual(['lease-adopted'])
})

test('a page that is back with a message in the air goes on with the session of that', async () => {
  const world = { browser: createFakeBrowser(), tab: new Map<string, string>() }
  const page = await startMounted({ warmOn: 'manual' }, world)
  const answer = holdAnswers(page.proxy)
  const asking = page.ask()
  await page.environment.leave()
  const other = await startChat(world)
  await other.environment.leave()
  await page.environment.comeBack()
  await page.environment.advance(250)
  answer(answered('cold', 'ticket-of-page'))
  await asking
  const next = page.ask()
  await settle()
  answer(answered('warm'))
  await next
  expect(page.proxy.tickets()).toEqual([null, 'ticket-of-page'])
  expect(page.proxy.closes).toEqual([])
})
