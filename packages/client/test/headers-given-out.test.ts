import { createFakeBrowser, settle } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { later } from './later.ts'
import { openTabs, openWarmTabs } from './open-tabs.ts'
import { slowLocks } from './slow-locks.ts'
import { type Page, startMounted } from './start.ts'

const minute = 60_000

test('a client that takes no fetch waits for the lease by handoff, and tells what was answered', async () => {
  const { session, proxy, types } = await startMounted()
  expect(session.getHeaders()).toEqual({ 'warm-agent-version': '1' })
  expect(types()).toEqual(['warm-started'])
  const handing = session.handoff()
  await proxy.openings[0]?.lease()
  const { headers, answered } = await handing
  expect(headers).toMatchObject({ 'warm-agent-ticket': 'ticket-1' })
  answered(new Headers({ 'Warm-Agent-Ticket': 'renewed', 'Warm-Agent-Outcome': 'joined' }))
  expect(session.store.getState()).toMatchObject({ status: 'active', outcome: 'joined' })
  expect(types().slice(-2)).toEqual(['message-sent', 'message-answered'])
  expect(session.getHeaders()).toMatchObject({ 'warm-agent-ticket': 'renewed' })
})

test('handoff waits no longer than it may, and gives up with its signal', async () => {
  const { session, environment } = await startMounted()
  const handing = session.handoff({ timeoutMs: 100 })
  await environment.advance(100)
  expect((await handing).headers).toEqual({ 'warm-agent-version': '1' })
  const leaving = new AbortController()
  const left = session.handoff({ signal: leaving.signal })
  leaving.abort(new Error('left'))
  await expect(left).rejects.toThrow('left')
})

test('handoff gives up with its signal also while the browser takes its time to tell whose the spare is', async () => {
  const browser = createFakeBrowser()
  const [holder] = await openWarmTabs(1, browser)
  const telling = later()
  slowLocks(browser, () => telling.promise)
  const leaving = new AbortController()
  const handing = holder.session.handoff({ signal: leaving.signal })
  await settle()
  leaving.abort(new Error('left'))
  telling.resolve()
  await expect(handing).rejects.toThrow('left')
})

test.each([
  ['handoff()', async ({ session }: Page) => void (await session.handoff())],
  ['getHeaders()', async ({ session }: Page) => void session.getHeaders()],
])('what was given out by %s is a conversation’s, whether or not its answer is told', async (_, giveOut) => {
  const page = await startMounted({ warmOn: 'manual' })
  const { session, environment, proxy, types, status } = page
  await page.warmUp()
  await giveOut(page)
  await environment.advance(2 * 60 * minute)
  expect(proxy.closes).toEqual([])
  expect(status()).toBe('active')
  await environment.hide()
  await environment.advance(3 * minute)
  expect(proxy.closes).toEqual([])
  expect(session.store.getState().heartbeat).toBe('paused')
  expect(types()).not.toContain('session-ending')
  session.getHeaders()
  expect(types().filter(type => type === 'message-sent')).toHaveLength(1)
})

test('what was given out while it warmed up is not closed when its hold as a spare is over', async () => {
  const { session, proxy, environment } = await startMounted()
  await proxy.openings[0]?.lease()
  session.getHeaders()
  await proxy.openings[0]?.warm({ holdMs: minute })
  await proxy.openings[0]?.end()
  await environment.advance(2 * minute)
  expect(proxy.closes).toEqual([])
})

test('what was given out when it was warm is not over when its hold as a spare is', async () => {
  const { session, proxy, environment, types } = await startMounted()
  await proxy.openings[0]?.warm({ holdMs: minute })
  await proxy.openings[0]?.end()
  session.getHeaders()
  await environment.advance(2 * minute)
  expect(types()).not.toContain('session-expired')
})

test('a spare whose headers were given out is no other tab’s, nor lost with its page, and the next tab warms its own', async () => {
  const browser = createFakeBrowser()
  const tab = new Map<string, string>()
  const holder = await startMounted({}, { browser, tab })
  const [next] = await openTabs(1, browser)
  await holder.proxy.openings[0]?.complete()
  holder.session.getHeaders()
  await settle()
  expect(next.proxy.openings).toHaveLength(1)
  expect([...tab.values()].map(kept => JSON.parse(kept))).toMatchObject([{ ticket: 'ticket-2', isSent: true }])
})

test('headers that were given out make the spare their tab’s own', async () => {
  const [holder, next] = await openWarmTabs(2)
  expect(holder.session.getHeaders()).toMatchObject({ 'warm-agent-ticket': 'ticket-2' })
  await settle()
  expect(next.types()).toEqual(['warm-started'])
})
