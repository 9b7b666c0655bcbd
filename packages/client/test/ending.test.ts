import { expect, test } from 'vitest'
import { answered, beaten, holdAnswers } from './fake-proxy.ts'
import { later } from './later.ts'
import { start } from './start.ts'

const minute = 60_000

test('a session that is never sent is closed when its hold is over (starter-toolkit #498)', async () => {
  const { proxy, environment, warmUp, events, status } = start()
  await warmUp()
  proxy.onBeat = () => beaten({ holdMs: 6 * minute })
  await environment.advance(15 * minute)
  expect(proxy.closes).toEqual([{ ticket: 'beaten' }])
  expect(events.at(-1)).toMatchObject({ type: 'session-expired', reason: 'hold', atMs: 1_000_000 + 15 * minute })
  expect(status()).toBe('expired')
  expect(environment.leftovers().timers).toBe(0)
})

test('a hold that ends while a message is on its way waits for the answer', async () => {
  const { proxy, environment, session, ask, status } = start()
  void session.warm()
  await proxy.openings[0]?.lease()
  await proxy.openings[0]?.warm({ holdMs: 1000 })
  const answer = holdAnswers(proxy)
  const asked = ask()
  await environment.advance(5000)
  expect(proxy.closes).toEqual([])
  answer(answered('warm'))
  await asked
  await environment.advance(5000)
  expect(status()).toBe('active')
  expect(proxy.closes).toEqual([])
})

test('a hold that ends while a message is on its way ends when that message fails', async () => {
  const { proxy, environment, session, ask, status } = start()
  void session.warm()
  await proxy.openings[0]?.lease()
  await proxy.openings[0]?.warm({ holdMs: 1000 })
  const answer = later<Response>()
  proxy.onMessage = () => answer.promise
  const asked = ask().catch(() => {})
  await environment.advance(5000)
  expect(status()).toBe('warm')
  answer.reject(new TypeError('offline'))
  await asked
  expect(status()).toBe('expired')
})

test('a conversation that reaches the end of its machine expires and is not closed', async () => {
  const { proxy, environment, warmUp, ask, events } = start()
  await warmUp()
  await ask()
  proxy.onBeat = () => beaten({ holdMs: 5 * minute })
  await environment.advance(14 * minute)
  expect(events.at(-1)).toMatchObject({ type: 'session-expired', reason: 'hold' })
  expect(proxy.closes).toEqual([])
})

test('the end of a conversation’s machine is announced early, once', async () => {
  const { proxy, environment, warmUp, ask, events } = start()
  await warmUp()
  await ask()
  proxy.onBeat = () => beaten({ holdMs: 1_000_000 + 25 * minute - environment.now() })
  await environment.advance(25 * minute)
  const announced = events.filter(({ type }) => type === 'session-ending')
  expect(announced).toMatchObject([{ inMs: 5 * minute, atMs: 1_000_000 + 20 * minute }])
  expect(events.at(-1)).toMatchObject({ type: 'session-expired', reason: 'hold' })
})

test.each(['warm', 'cold'])(
  'the end is announced in a conversation too that began %s and is never idle, for one beat',
  async how => {
    const { session, proxy, environment, warmUp, ask, events } = start()
    if (how === 'warm') await warmUp()
    proxy.onBeat = () => beaten({ holdMs: 1_000_000 + 60 * minute - environment.now() })
    for (let minutes = 0; minutes < 59; minutes += 0.5) {
      await ask()
      await environment.advance(minute / 2)
    }
    expect(events.filter(({ type }) => type === 'session-ending')).toMatchObject([
      { inMs: 5 * minute, atMs: 1_000_000 + 55 * minute },
    ])
    expect(proxy.beats).toHaveLength(1)
    await session.close()
  },
)

test('an end that could not be announced in time tells what is left', async () => {
  const { proxy, environment, warmUp, ask, events } = start()
  await warmUp()
  await ask()
  proxy.onBeat = () => beaten({ holdMs: 10 * minute })
  await environment.advance(9 * minute)
  await environment.sleep(8 * minute)
  expect(events.filter(({ type }) => type === 'session-ending')).toMatchObject([{ inMs: 2 * minute }])
})
