import { expect, test } from 'vitest'
import { start } from './start.ts'

const minute = 60_000

test('a page that is hidden for a moment goes on beating', async () => {
  const { proxy, environment, warmUp } = start()
  await warmUp()
  await environment.advance(8 * minute)
  await environment.hide()
  await environment.advance(1.5 * minute)
  expect(proxy.beats).toHaveLength(1)
})

test('a page shown again before the beat is due keeps its time', async () => {
  const { proxy, environment, warmUp } = start()
  await warmUp()
  await environment.hide()
  await environment.advance(1 * minute)
  await environment.show()
  await environment.advance(8 * minute - 1)
  expect(proxy.beats).toHaveLength(0)
  await environment.advance(1)
  expect(proxy.beats).toHaveLength(1)
})

test('a conversation in a hidden page is not beaten for long, and at once when it is shown again (react-use-websocket #273)', async () => {
  const { session, proxy, environment, warmUp, ask, types } = start()
  await warmUp()
  await ask()
  await environment.hide()
  expect(session.store.getState().heartbeat).toBe('running')
  await environment.advance(2 * minute)
  expect(session.store.getState().heartbeat).toBe('paused')
  await environment.advance(8 * minute)
  expect(proxy.beats).toHaveLength(0)
  await environment.show()
  expect(proxy.beats).toHaveLength(1)
  expect(session.store.getState().heartbeat).toBe('running')
  expect(types().slice(-5)).toEqual([
    'page-hidden',
    'heartbeat-paused',
    'page-shown',
    'heartbeat-resumed',
    'beat-succeeded',
  ])
})

test('a conversation that was lost while the page was hidden waits for its next message', async () => {
  const { session, proxy, environment, warmUp, ask, status } = start()
  session.mount()
  await warmUp()
  await ask()
  await environment.hide()
  await environment.advance(30 * minute)
  await environment.show()
  expect(status()).toBe('expired')
  expect(proxy.openings).toHaveLength(1)
  await ask()
  expect(proxy.tickets().at(-1)).toBe('ticket-of-message')
})

test('a spare in a page that stays hidden is closed, and warmed again on return (starter-toolkit #498)', async () => {
  const { session, proxy, environment, warmUp, events, status } = start({ hiddenHoldMs: 30_000 })
  session.mount()
  await warmUp()
  await environment.hide()
  await environment.advance(29_999)
  expect(proxy.closes).toEqual([])
  await environment.advance(1)
  expect(proxy.closes).toEqual([{ ticket: 'ticket-2' }])
  expect(events.at(-1)).toMatchObject({ type: 'session-expired', reason: 'hold' })
  await environment.advance(60 * minute)
  expect(proxy.openings).toHaveLength(1)
  await environment.show()
  expect(status()).toBe('warming')
  expect(proxy.openings).toHaveLength(2)
})

test('a hidden page whose timers did not fire finds out on its return that the session is over', async () => {
  const { proxy, environment, warmUp, status, types, session } = start()
  session.mount()
  await warmUp()
  await environment.hide()
  environment.after = () => () => {}
  await environment.sleep(16 * minute)
  await environment.show()
  expect(types()).toContain('session-expired')
  expect(proxy.beats).toHaveLength(0)
  expect(status()).toBe('warming')
})

test('with holdWhile: active a spare is held for those who show signs of life', async () => {
  const { session, proxy, environment, warmUp, status } = start({ holdWhile: 'active' })
  session.mount()
  await warmUp()
  await environment.advance(1.9 * minute)
  await environment.act()
  await environment.advance(1.9 * minute)
  expect(status()).toBe('warm')
  await environment.advance(0.1 * minute)
  expect(status()).toBe('expired')
  expect(proxy.closes).toHaveLength(1)
  await environment.act()
  expect(status()).toBe('warming')
  await session.close()
})

test('with holdWhile: active, what a hidden page does by itself is no sign of life', async () => {
  const { environment, warmUp, status } = start({ holdWhile: 'active' })
  await warmUp()
  await environment.hide()
  await environment.advance(1.9 * minute)
  await environment.act()
  await environment.advance(0.1 * minute)
  expect(status()).toBe('expired')
})
