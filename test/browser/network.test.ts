import { expect } from 'vitest'
import { test } from './harness/browser-test.ts'
import { eventsOf, lateBeats, moreBeats, soon, statusOf } from './harness/watch.ts'

test('a message typed before the lease waits for it and joins the warm-up (PEERS: the first message is sent without its session)', async ({
  proxy,
  profile,
}) => {
  Object.assign(proxy.behaviour, { leaseAfterMs: 400, warmAfterMs: 3000 })
  const tab = await profile.open(`${proxy.url}/react`)
  expect(await tab.evaluate(() => page.send('Hello'))).toBe('You said: Hello')
  expect(proxy.visits('message')).toMatchObject([{ session: 'session-1', state: 'warming', outcome: 'joined' }])
  expect(proxy.visits('open')).toHaveLength(1)
  expect(await tab.evaluate(() => page.snapshot())).toMatchObject({ status: 'active', outcome: 'joined' })
})

test('a message after a warm-up that failed goes cold, and arrives once', async ({ proxy, profile }) => {
  proxy.behaviour.failures = { warm: { status: 503, code: 'agent_unavailable' } }
  const tab = await profile.open(`${proxy.url}/react`)
  await soon(() => statusOf(tab)).toBe('error')
  expect(await tab.evaluate(() => page.send('Hello'))).toBe('You said: Hello')
  expect(proxy.visits('message')).toMatchObject([{ outcome: 'cold' }])
})

test('a page that loses the network for a moment keeps its session', async ({ proxy, profile }) => {
  proxy.behaviour.ttlMs = 8000
  const tab = await profile.open(`${proxy.url}/plain`)
  await soon(() => proxy.visits('beat').length).toBeGreaterThan(0)
  await tab.setOffline(true)
  await soon(() => eventsOf(tab)).toContain('beat-failed')
  await tab.setOffline(false)

  await moreBeats(proxy, 2)
  expect(await tab.evaluate(() => page.snapshot())).toMatchObject({ status: 'warm', heartbeat: 'running' })
  expect(proxy.visits('open')).toHaveLength(1)
})

test('a page without a network past the deadline expires its session by the clock, and tries no beat after it', async ({
  proxy,
  profile,
}) => {
  // Amid the retries, which come a second apart.
  proxy.behaviour.ttlMs = 1700
  const tab = await profile.open(`${proxy.url}/plain`)
  await soon(() => eventsOf(tab)).toContain('beat-succeeded')
  await tab.setOffline(true)
  await soon(() => eventsOf(tab)).toContain('session-expired')
  const [deadlineMs, lastBeatMs] = await tab.evaluate(() => [
    Math.max(...page.events.filter(({ type }) => type === 'beat-succeeded').map(({ atMs }) => atMs)) + 1700,
    Math.max(...page.attempts.filter(({ path }) => path.endsWith('/beat')).map(({ atMs }) => atMs)),
  ])
  expect(lastBeatMs).toBeLessThan(deadlineMs ?? 0)

  await tab.setOffline(false)
  expect(await tab.evaluate(() => page.send('Are you there?'))).toBe('You said: Are you there?')
  expect(proxy.visits('message')).toHaveLength(1)
  expect(lateBeats(proxy)).toEqual([])
})

test('a session that the proxy lost is noticed by the next beat, and the message that follows is not lost', async ({
  proxy,
  profile,
}) => {
  const tab = await profile.open(`${proxy.url}/plain`)
  await soon(() => statusOf(tab)).toBe('warm')
  for (const session of proxy.sessions()) session.lose()
  await soon(() => tab.evaluate(() => page.events)).toContainEqual(
    expect.objectContaining({ type: 'session-expired', reason: 'refused' }),
  )
  expect(await tab.evaluate(() => page.send('Are you there?'))).toBe('You said: Are you there?')
  expect(proxy.visits('message')).toHaveLength(1)
})
