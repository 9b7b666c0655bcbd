import { settle } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { answered, holdAnswers } from './fake-proxy.ts'
import { start } from './start.ts'

const minute = 60_000

/** A session with one user, and answers that come when the test says so. */
async function startWith(options: Parameters<typeof start>[0] = {}) {
  const world = start({ warmOn: 'manual', ...options })
  const leave = world.session.mount()
  await world.warmUp()
  const answer = holdAnswers(world.proxy)
  return { ...world, leave, answer: (response = answered('warm')) => answer(response) }
}

test('when its last user goes while a message is on its way, the session ends after the answer, and leaves time to read it', async () => {
  const { leave, ask, answer, proxy, environment, status } = await startWith()
  const asked = ask()
  await settle()
  leave()
  await environment.advance(minute)
  expect(proxy.closes).toEqual([])
  answer()
  await asked
  await environment.advance(1000)
  expect(proxy.closes).toEqual([{ ticket: 'ticket-of-message', afterMs: 30_000 }])
  expect(status()).toBe('idle')
  expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })
})

test('a user who comes back while a message is on its way keeps the session', async () => {
  const { session, leave, ask, answer, proxy, environment, status } = await startWith()
  const asked = ask()
  await settle()
  leave()
  await environment.advance(5000)
  session.mount()
  answer()
  await asked
  await environment.advance(5000)
  expect(proxy.closes).toEqual([])
  expect(status()).toBe('active')
})

test('when its last user goes while a message waits for the lease, that message still goes on it', async () => {
  const { session, proxy, ask, environment } = start()
  const leave = session.mount()
  const asked = ask()
  await settle()
  leave()
  await environment.advance(5000)
  await proxy.openings[0]?.lease()
  await asked
  expect(proxy.messages[0]?.headers.get('Warm-Agent-Ticket')).toBe('ticket-1')
  await environment.advance(1000)
  expect(proxy.closes).toEqual([{ ticket: 'ticket-of-message', afterMs: 30_000 }])
})

test.each([
  ['handoff()', async ({ session }: ReturnType<typeof start>) => void (await session.handoff())],
  ['getHeaders()', async ({ session }: ReturnType<typeof start>) => void session.getHeaders()],
])('what was given out by %s is a conversation’s, whether or not its answer is told', async (_, giveOut) => {
  const world = await startWith()
  const { session, environment, proxy, types, status } = world
  await giveOut(world)
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
  const { session, proxy, environment } = start()
  session.mount()
  await proxy.openings[0]?.lease()
  session.getHeaders()
  await proxy.openings[0]?.warm({ holdMs: minute })
  await proxy.openings[0]?.end()
  await environment.advance(2 * minute)
  expect(proxy.closes).toEqual([])
})
