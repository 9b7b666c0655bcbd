import { createFakeBrowser, createFakeEnvironment, settle } from '@warm-agent/testing'
import { expect, test, vi } from 'vitest'

test('a lock has one holder, whatever becomes of its signal, and those who wait may leave the line', async () => {
  const { locks } = createFakeBrowser()
  const held: string[] = []
  const holders = [new AbortController(), new AbortController(), new AbortController()]
  const [first, second, third] = holders.map(({ signal }, index) => {
    let giveBack = () => {}
    const done = locks.request('turn', { signal }, () => {
      held.push(['first', 'second', 'third'][index] ?? '')
      return new Promise<void>(resolve => {
        giveBack = resolve
      })
    })
    return { done, giveBack: () => giveBack() }
  })
  holders[0]?.abort()
  holders[1]?.abort(new Error('left'))
  await expect(second?.done).rejects.toThrow('left')
  expect(held).toEqual(['first'])
  expect(await locks.request('turn', { ifAvailable: true }, lock => lock)).toBeNull()
  first?.giveBack()
  await first?.done
  await settle()
  expect(held).toEqual(['first', 'third'])
  expect((await locks.query()).held).toMatchObject([{ name: 'turn' }])
  third?.giveBack()
  await third?.done
  await settle()
  expect((await locks.query()).held).toEqual([])
})

test('of what one tab remembers for the browser all others hear, but those that were left or are frozen', async () => {
  const browser = createFakeBrowser()
  const tabs = Array.from({ length: 4 }, () => {
    const environment = createFakeEnvironment({ browser })
    const hear = vi.fn()
    environment.onPageChange(hear)
    return { environment, hear }
  })
  await tabs[2]?.environment.leave()
  await tabs[3]?.environment.freeze()
  for (const { hear } of tabs) hear.mockClear()
  tabs[0]?.environment.storage('browser')?.setItem('spare', 'here')
  await settle()
  expect(tabs.map(({ hear }) => hear.mock.calls.length)).toEqual([0, 1, 0, 0])
})
