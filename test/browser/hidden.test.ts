import { expect } from 'vitest'
import { test } from './harness/browser-test.ts'
import type { Profile } from './harness/profile.ts'
import type { ProxyStub } from './harness/proxy-stub.ts'
import { eventsOf, lateBeats, moreBeats, pastDeadline, soon, statusOf } from './harness/watch.ts'

/** Two tabs of one window: `back`, whose user is away after `hiddenHoldMs`, and `front`, with a session of another agent, which hides it. */
async function openTwo(proxy: ProxyStub, profile: Profile, hiddenHoldMs: number, isConversation: boolean) {
  const back = await profile.open(`${proxy.url}/plain?agent=back&hiddenHoldMs=${hiddenHoldMs}`)
  await soon(() => statusOf(back)).toBe('warm')
  if (isConversation) await back.evaluate(() => page.send('Hello'))
  await moreBeats(proxy, 1, 'back')
  const front = await profile.open(`${proxy.url}/plain?agent=front`)
  await soon(() => back.evaluate(() => document.visibilityState)).toBe('hidden')
  return { back, front }
}

test('an unsent session is held for a while on a hidden page, then closed, and opened again for a user who returns (PEERS: the keep-alive itself keeps zombies alive)', async ({
  proxy,
  profile,
}) => {
  const { back } = await openTwo(proxy, profile, 2000, false)
  // Chromium wakes the timers of a hidden page once a second.
  await moreBeats(proxy, 1, 'back')
  await soon(() => proxy.visits('close', 'back')).toMatchObject([{ session: 'session-1', afterMs: undefined }])
  const before = proxy.visits('beat', 'back').length
  await moreBeats(proxy, 3, 'front')
  expect(proxy.visits('beat', 'back')).toHaveLength(before)
  expect(proxy.visits('open', 'back')).toHaveLength(1)

  await back.show()
  await soon(() => statusOf(back)).toBe('warm')
  expect(proxy.visits('open', 'back')).toHaveLength(2)
})

test('a conversation on a hidden page pauses its beats, and beats at once when it is shown in time (PEERS: the keep-alive itself keeps zombies alive)', async ({
  proxy,
  profile,
}) => {
  proxy.behaviour.ttlMs = 8000
  const { back } = await openTwo(proxy, profile, 0, true)
  await soon(() => back.evaluate(() => page.snapshot().heartbeat)).toBe('paused')
  const before = proxy.visits('beat', 'back').length
  await moreBeats(proxy, 3, 'front')
  expect(proxy.visits('beat', 'back')).toHaveLength(before)
  expect(proxy.visits('close', 'back')).toEqual([])

  await back.show()
  await moreBeats(proxy, 2, 'back')
  expect(await back.evaluate(() => page.snapshot())).toMatchObject({ status: 'active', heartbeat: 'running' })
  expect(proxy.sessions('back')).toMatchObject([{ state: 'live' }])
})

test('a conversation that was hidden past the deadline is expired, and never beaten again (PEERS: background tabs)', async ({
  proxy,
  profile,
}) => {
  proxy.behaviour.ttlMs = 1200
  const { back } = await openTwo(proxy, profile, 0, true)
  await pastDeadline(proxy, 'back')
  await back.show()

  await soon(() => eventsOf(back)).toContain('session-expired')
  expect(await back.evaluate(() => page.send('Are you there?'))).toBe('You said: Are you there?')
  expect(proxy.visits('message').at(-1)).toMatchObject({ session: 'session-1', outcome: 'rewarmed' })
  expect(proxy.visits('message')).toHaveLength(2)
  expect(lateBeats(proxy)).toEqual([])
})
