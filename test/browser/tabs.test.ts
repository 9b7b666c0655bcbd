import { expect } from 'vitest'
import { test } from './harness/browser-test.ts'
import { sessionOf, soon, statusOf } from './harness/watch.ts'

test('a duplicated tab never speaks on the conversation of its original (PEERS: one conversation in two tabs)', async ({
  proxy,
  profile,
}) => {
  const original = await profile.open(`${proxy.url}/react`)
  await soon(() => statusOf(original)).toBe('warm')
  await original.evaluate(() => page.send('from the original'))
  await original.evaluate(() => sessionStorage.setItem('mark', 'copied'))
  const copy = await original.duplicate()
  expect(await copy.evaluate(() => sessionStorage.getItem('mark'))).toBe('copied')
  await copy.evaluate(() => page.send('from the copy'))

  await original.show()
  await original.evaluate(() => page.send('from the original again'))
  expect(sessionOf(proxy, 'from the copy')).not.toBe(sessionOf(proxy, 'from the original'))
  expect(sessionOf(proxy, 'from the original again')).toBe(sessionOf(proxy, 'from the original'))
  expect(proxy.visits('message')).toHaveLength(3)
})

test('a tab and its duplicate never take the same unsent session (PEERS: one session handed to two users)', async ({
  proxy,
  profile,
}) => {
  const original = await profile.open(`${proxy.url}/react`)
  await soon(() => statusOf(original)).toBe('warm')
  const copy = await original.duplicate()
  await Promise.all([
    copy.evaluate(() => page.send('from the copy')),
    original.evaluate(() => page.send('from the original')),
  ])
  expect(sessionOf(proxy, 'from the copy')).not.toBe(sessionOf(proxy, 'from the original'))
  expect(proxy.visits('message')).toHaveLength(2)
})

test('a duplicate of a frozen tab does not take its conversation for abandoned', async ({ proxy, profile }) => {
  proxy.behaviour.ttlMs = 8000
  const original = await profile.open(`${proxy.url}/react`)
  await original.evaluate(() => page.send('from the original'))
  const copy = await original.duplicate()
  await original.freeze()
  await copy.reload()
  await copy.evaluate(() => page.send('from the copy'))
  expect(sessionOf(proxy, 'from the copy')).not.toBe(sessionOf(proxy, 'from the original'))
})

test('both a tab and its duplicate keep their own conversation through a reload', async ({ proxy, profile }) => {
  proxy.behaviour.ttlMs = 8000
  const original = await profile.open(`${proxy.url}/react`)
  await original.evaluate(() => page.send('from the original'))
  const copy = await original.duplicate()
  await copy.evaluate(() => page.send('from the copy'))
  await copy.reload()
  await copy.evaluate(() => page.send('from the copy again'))
  await original.show()
  await original.reload()
  await original.evaluate(() => page.send('from the original again'))

  expect(sessionOf(proxy, 'from the original again')).toBe(sessionOf(proxy, 'from the original'))
  expect(sessionOf(proxy, 'from the copy again')).toBe(sessionOf(proxy, 'from the copy'))
  expect(sessionOf(proxy, 'from the copy')).not.toBe(sessionOf(proxy, 'from the original'))
})

test('tabs of different agents hold a spare each', async ({ proxy, profile }) => {
  await profile.open(`${proxy.url}/plain?agent=one`, { newWindow: true })
  await profile.open(`${proxy.url}/plain?agent=two`, { newWindow: true })
  await soon(() => proxy.sessions()).toMatchObject([
    { agent: 'one', state: 'live' },
    { agent: 'two', state: 'live' },
  ])
})

test('without Web Locks and BroadcastChannel each tab holds a session of its own', async ({ proxy, profile }) => {
  const one = await profile.open(`${proxy.url}/plain?without=tabs`, { newWindow: true })
  const two = await profile.open(`${proxy.url}/plain?without=tabs`, { newWindow: true })
  await soon(() => proxy.sessions()).toMatchObject([{ state: 'live' }, { state: 'live' }])
  await one.evaluate(() => page.send('from one'))
  await two.evaluate(() => page.send('from two'))
  expect(proxy.visits('message')).toMatchObject([
    { session: 'session-1', outcome: 'warm' },
    { session: 'session-2', outcome: 'warm' },
  ])
  expect([...(await one.evaluate(() => page.errors)), ...(await two.evaluate(() => page.errors))]).toEqual([])
})
