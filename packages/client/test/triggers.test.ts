import { createFakeBrowser } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { later } from './later.ts'
import { start, startMounted } from './start.ts'

const minute = 60_000

test.each(['visible', 'intent'] as const)(
  'with warmOn: %s the warm-up waits for that, and for it once',
  async warmOn => {
    const { session, environment, proxy } = start({ warmOn })
    session.mount()
    await environment.advance(minute)
    expect(proxy.openings).toHaveLength(0)
    // The whole page is no element that may be replaced.
    expect(environment.leftovers().timers).toBe(0)
    await environment.trigger(warmOn)
    expect(proxy.openings).toHaveLength(1)
    await proxy.openings[0]?.lease({ holdMs: 3000 })
    await environment.advance(minute)
    await environment.trigger(warmOn)
    expect(proxy.openings).toHaveLength(1)
  },
)

test('nothing is warmed while it is not enabled, and warm() still does (sample-strands #131)', async () => {
  const { session, proxy } = start({ enabled: false })
  session.mount()
  expect(proxy.openings).toHaveLength(0)
  session.mount('open')
  expect(proxy.openings).toHaveLength(1)
})

test('a user who saves data is warmed for when asked only', async () => {
  const frugal = start({}, { savesData: true })
  frugal.session.mount()
  expect(frugal.proxy.openings).toHaveLength(0)
  void frugal.session.warm()
  expect(frugal.proxy.openings).toHaveLength(1)

  const asked = start({ warmOnSaveData: true }, { savesData: true })
  asked.session.mount()
  expect(asked.proxy.openings).toHaveLength(1)
})

test('the trigger may change at run time: the later mount counts, and what is let go is set no more', async () => {
  const { session, environment, proxy } = start()
  const leave = session.mount('intent')
  session.mount('visible')
  leave()
  await environment.trigger('intent')
  expect(proxy.openings).toHaveLength(0)
  await environment.trigger('visible')
  expect(proxy.openings).toHaveLength(1)
})

test('a target is looked up at once; one that comes late, or is replaced, is watched from then on, until the trigger has fired', async () => {
  const { session, environment, proxy } = start({ warmOn: 'visible' })
  const elements = [null, undefined, { id: 'first' } as Element, { id: 'second' } as Element]
  let element = elements[0]
  const watched = new Set<unknown>()
  let watches = 0
  const { onTrigger } = environment
  environment.onTrigger = (trigger, target, fire) => {
    const end = onTrigger(trigger, target, fire)
    watched.add(target)
    watches++
    return () => {
      watched.delete(target)
      end()
    }
  }
  session.mount('visible', () => element)
  expect([...watched]).toEqual([null])
  for (element of elements) {
    await environment.advance(1000)
    // What is undefined is not there yet, as what is null.
    expect([...watched]).toEqual([element ?? null])
  }
  expect(watches).toBe(3)
  await environment.trigger('visible')
  await proxy.openings[0]?.lease({ holdMs: 3000 })
  // The page shows something else in its place when the session is over: nobody is there for whom to warm up again.
  element = {} as Element
  await environment.advance(10_000)
  await environment.trigger('visible')
  expect(proxy.openings).toHaveLength(1)
})

test('a spare that was lost while the user was away waits for the trigger again', async () => {
  const { session, environment, proxy, warmUp, status } = start({ warmOn: 'intent' })
  session.mount()
  await environment.trigger('intent')
  await warmUp()
  await environment.hide()
  await environment.advance(5 * minute)
  await environment.show()
  expect(status()).toBe('expired')
  await environment.trigger('intent')
  expect(proxy.openings).toHaveLength(2)
})

test('a new chat, by close() and warm(), is warmed again after the user was away, as the one before', async () => {
  const { session, environment, proxy, warmUp, status } = start()
  session.mount()
  await warmUp()
  await session.close()
  await warmUp()
  await environment.hide()
  await environment.advance(3 * minute)
  expect(status()).toBe('expired')
  await environment.show()
  expect(status()).toBe('warming')
  expect(proxy.openings).toHaveLength(3)
})

test.each(['visible', 'intent'] as const)(
  'a session that was closed on purpose waits for nothing: %s',
  async warmOn => {
    const { session, environment, proxy } = start({ warmOn })
    session.mount(warmOn, () => ({}) as Element)
    await environment.hide()
    await environment.show()
    await session.close()
    expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })
    await environment.trigger(warmOn)
    expect(proxy.openings).toHaveLength(0)
  },
)

test('a session that was closed on purpose is not started again by a return', async () => {
  const { session, environment, proxy, warmUp } = start()
  session.mount()
  await warmUp()
  await session.close()
  await environment.hide()
  await environment.show()
  expect(proxy.openings).toHaveLength(1)
})

test('a login token that takes its time is waited for, without an error before', async () => {
  const headers = later<HeadersInit>()
  const { session, environment, proxy, types, status } = start({ headers: () => headers.promise })
  session.mount()
  await environment.advance(60 * 60_000)
  expect(types()).toEqual([])
  expect(status()).toBe('idle')
  headers.resolve({ authorization: 'Bearer late' })
  await environment.advance(0)
  expect(types()).toEqual(['warm-started'])
  expect(proxy.openings).toHaveLength(1)
})

test('a login token that comes after the last user has gone warms nothing, and keeps no other tab from it', async () => {
  const browser = createFakeBrowser()
  const headers = later<HeadersInit>()
  const { session, environment, proxy } = start({ headers: headers.promise }, { browser })
  session.mount()()
  await environment.advance(2000)
  headers.resolve({ authorization: 'Bearer token' })
  await environment.advance(minute)
  expect(proxy.openings).toHaveLength(0)
  const next = await startMounted({}, { browser })
  expect(next.proxy.openings).toHaveLength(1)
})
