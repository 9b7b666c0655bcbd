import { expect } from 'vitest'
import { test } from './harness/browser-test.ts'
import { moreBeats, soon } from './harness/watch.ts'
import { lastBeat, openWindows, spares } from './harness/windows.ts'

test('a tab that beats the spare and crashes is replaced (PEERS: two tabs, two VMs)', async ({ proxy, profile }) => {
  const { tabs, names } = await openWindows(proxy, profile, 3)
  await moreBeats(proxy, 2)
  expect(proxy.visits('open')).toHaveLength(1)
  const leader = names.indexOf(lastBeat(proxy))
  await tabs[leader]?.crash()
  await moreBeats(proxy, 3)
  expect(names).toContain(lastBeat(proxy))
  expect(lastBeat(proxy)).not.toBe(names[leader])
  await soon(() => spares(proxy)).toMatchObject([{ name: 'session-1', state: 'live' }])
  expect(proxy.visits('open')).toHaveLength(1)
})

test('a tab that beats the spare and is closed is replaced (PEERS: two tabs, two VMs)', async ({ proxy, profile }) => {
  const { tabs, names } = await openWindows(proxy, profile, 3)
  await moreBeats(proxy, 2)
  expect(proxy.visits('open')).toHaveLength(1)
  const leader = names.indexOf(lastBeat(proxy))
  await tabs[leader]?.close()
  await moreBeats(proxy, 3)
  expect(names).toContain(lastBeat(proxy))
  expect(lastBeat(proxy)).not.toBe(names[leader])
  expect(spares(proxy)).toMatchObject([{ name: 'session-1', state: 'live' }])
  expect(proxy.visits('open')).toHaveLength(1)
})

test('a frozen tab that beat the spare is replaced, and takes nothing when it wakes (PEERS: two tabs, two VMs)', async ({
  proxy,
  profile,
}) => {
  const first = await profile.open(`${proxy.url}/plain?tab=1`)
  await moreBeats(proxy, 2)
  const second = await profile.open(`${proxy.url}/plain?tab=2`)
  await first.freeze()
  await soon(() => lastBeat(proxy)).toBe('/plain?tab=2')
  await moreBeats(proxy, 3)
  expect(proxy.visits('open')).toHaveLength(1)
  await second.evaluate(() => page.send('from the second'))

  await first.unfreeze()
  await first.show()
  await first.evaluate(() => page.send('from the first'))
  const sessions = proxy.visits('message').map(({ session }) => session)
  expect(sessions).toHaveLength(2)
  expect(sessions[1]).not.toBe(sessions[0])
})
