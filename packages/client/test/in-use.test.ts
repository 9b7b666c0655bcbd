import { settle } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { answered, holdAnswers, refused } from './fake-proxy.ts'
import { start } from './start.ts'

const minute = 60_000

/** A warm session with one user, and answers that come when the test says so. */
async function startInUse() {
  const page = start({ warmOn: 'manual' })
  const leave = page.session.mount()
  await page.warmUp()
  return { ...page, leave, answer: holdAnswers(page.proxy) }
}

test('when its last user goes while a message is on its way, the session ends after the answer, and leaves time to read it', async () => {
  const { leave, ask, answer, proxy, environment, status } = await startInUse()
  const asked = ask()
  await settle()
  leave()
  await environment.advance(minute)
  expect(proxy.closes).toEqual([])
  answer(answered('warm'))
  await asked
  await environment.advance(1000)
  expect(proxy.closes).toEqual([{ ticket: 'ticket-of-message', afterMs: 30_000 }])
  expect(status()).toBe('idle')
  expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })
})

test('a session whose headers were given out leaves time to read the answer, too, when its last user goes', async () => {
  const { session, leave, proxy, environment } = await startInUse()
  session.getHeaders()
  leave()
  await environment.advance(1000)
  expect(proxy.closes).toEqual([{ ticket: 'ticket-2', afterMs: 30_000 }])
})

test('a user who comes back while a message is on its way keeps the session', async () => {
  const { session, leave, ask, answer, proxy, environment, status } = await startInUse()
  const asked = ask()
  await settle()
  leave()
  await environment.advance(5000)
  session.mount()
  answer(answered('warm'))
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
  expect(proxy.tickets()[0]).toBe('ticket-1')
  await environment.advance(1000)
  expect(proxy.closes).toEqual([{ ticket: 'ticket-of-message', afterMs: 30_000 }])
})

test('after close a message that waited goes cold, and nothing that goes on is held for it', async () => {
  const { session, proxy, ask, status, environment } = start()
  session.mount()
  const asked = ask()
  const handed = session.handoff()
  await settle()
  await session.close()
  await asked
  expect(proxy.tickets()).toEqual([null])
  const { headers, answered: tell } = await handed
  expect(headers).not.toHaveProperty('warm-agent-ticket')
  tell(answered('cold', 'late').headers)
  expect(status()).toBe('idle')
  expect(proxy.closes).toMatchObject([
    { ticket: 'ticket-of-message', afterMs: 30_000 },
    { ticket: 'late', afterMs: 30_000 },
  ])
  expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })
})

test('a message that waited while its conversation was closed does not go on the next one’s session', async () => {
  const { session, proxy, ask, warmUp, events } = start()
  session.mount()
  const asked = ask()
  await settle()
  void session.close()
  await warmUp()
  await asked
  expect(proxy.tickets()).toEqual([null])
  expect(session.store.getState()).toMatchObject({ status: 'warm', outcome: null })
  expect(events).toContainEqual(expect.objectContaining({ type: 'message-answered', outcome: null }))
})

test.each<[string, Response[], RequestInit?]>([
  ['that comes', [answered('warm', 'late')]],
  ['to a GET', [answered('warm', 'late')], { method: 'GET', body: null }],
  ['to what is sent again', [refused(), answered('cold', 'late')]],
  ['to a GET that is sent again', [refused(), answered('cold', 'late')], { method: 'GET', body: null }],
])('an answer %s after close does not bring the session back; what it names is parked', async (_, answers, init) => {
  const { session, proxy, warmUp, ask, status, environment } = start()
  await warmUp()
  const answer = holdAnswers(proxy)
  const asked = ask(init)
  await settle()
  await session.close()
  for (const each of answers) {
    answer(each)
    await settle()
  }
  expect((await asked).status).toBe(200)
  expect(status()).toBe('idle')
  expect(proxy.closes).toEqual([{ ticket: 'ticket-2' }, { ticket: 'late', afterMs: 30_000 }])
  expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })
})

test('after close a new session is warmed up beside a message that is still on its way, and counts its own messages', async () => {
  const { session, proxy, warmUp, ask, status } = start()
  await warmUp()
  const answer = holdAnswers(proxy)
  const asked = ask()
  await settle()
  await session.close()
  void session.warm()
  await proxy.openings.at(-1)?.lease()
  expect(proxy.openings).toHaveLength(2)
  answer(answered('warm', 'late'))
  await asked
  expect(status()).toBe('warming')
  await proxy.openings.at(-1)?.fail()
  void session.warm()
  expect(proxy.openings).toHaveLength(3)
})

test('an answer after close that names no session closes none', async () => {
  const { session, proxy, warmUp, ask } = start()
  await warmUp()
  const answer = holdAnswers(proxy)
  const asked = ask()
  await settle()
  await session.close()
  answer(new Response('no', { status: 502 }))
  await asked
  expect(proxy.closes).toEqual([{ ticket: 'ticket-2' }])
})

test('a listener that closes the session on its first answer leaves nothing behind', async () => {
  const { session, environment, ask } = start({
    onEvent: ({ type }) => {
      if (type === 'message-answered') void session.close()
    },
  })
  await ask()
  expect(session.store.getState().status).toBe('idle')
  expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })
})
