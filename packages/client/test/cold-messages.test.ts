import { createFakeBrowser, settle } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { answered, holdAnswers } from './fake-proxy.ts'
import { start, startMounted } from './start.ts'

test('after a failed warm-up a message goes cold and says so, and its session is held', async () => {
  const { session, proxy, ask, environment } = start()
  session.mount()
  await proxy.openings[0]?.lease()
  await proxy.openings[0]?.fail()
  proxy.onMessage = () => answered('cold', 'ticket-of-cold')
  await ask()
  expect(proxy.tickets()[0]).toBeNull()
  expect(session.store.getState()).toEqual({ status: 'active', heartbeat: 'running', error: null, outcome: 'cold' })
  await environment.advance(36_000)
  expect(proxy.beats).toMatchObject([{ ticket: 'ticket-of-cold', atMs: 1_036_000 }])
  await environment.advance(9 * 60_000)
  expect(proxy.beats).toHaveLength(2)
})

test('no spare is opened beside a message that will bring its own session', async () => {
  const { session, proxy, ask } = start({ warmOn: 'manual' })
  const answer = holdAnswers(proxy)
  const asked = ask()
  await settle()
  await session.warm()
  expect(proxy.openings).toHaveLength(0)
  answer(answered('cold'))
  await asked
  await session.warm()
  expect(proxy.openings).toHaveLength(0)
})

test('a GET on its way brings no session: what is warmed up beside it begins at once', async () => {
  const { session, proxy } = start({ warmOn: 'manual' })
  holdAnswers(proxy)
  void session.fetch('/api/agent/history')
  await settle()
  void session.warm()
  await settle()
  expect(proxy.openings).toHaveLength(1)
})

test('a spare that was leased while a cold message was on its way is closed when that is answered', async () => {
  const { session, proxy, ask, environment } = start()
  session.mount()
  const answer = holdAnswers(proxy)
  const asked = ask()
  await environment.advance(15_000)
  await proxy.openings[0]?.lease()
  answer(answered('cold'))
  await asked
  expect(proxy.closes).toEqual([{ ticket: 'ticket-1' }])
  expect(proxy.openings[0]?.signal.aborted).toBe(true)
})

test('of two cold messages at once, the answer to the second does not stop the session whose answer is being read', async () => {
  const { proxy, ask } = start({ warmOn: 'manual' })
  const answers: ((answer: Response) => void)[] = []
  proxy.onMessage = () => new Promise(resolve => answers.push(resolve))
  const asked = [ask(), ask()]
  await settle()
  answers[0]?.(answered('cold', 'one'))
  await asked[0]
  answers[1]?.(answered('cold', 'two'))
  await asked[1]
  expect(proxy.closes).toEqual([{ ticket: 'one', afterMs: 30_000 }])
})

test('a cold message that is answered after its page was frozen makes the session the conversation’s', async () => {
  const { session, environment, proxy, ask, status } = start({ warmOn: 'manual' })
  session.mount()
  const answer = holdAnswers(proxy)
  const asked = ask()
  await settle()
  await environment.hide()
  await environment.freeze()
  await environment.show()
  answer(answered('cold'))
  await asked
  expect(status()).toBe('active')
  expect(proxy.closes).toEqual([])
})

test('a cold message of a page that was frozen while its warm-up failed brings a session that is held', async () => {
  const { proxy, environment, ask } = await startMounted({}, { browser: createFakeBrowser() })
  await proxy.openings[0]?.lease()
  await environment.hide()
  await environment.freeze()
  await proxy.openings[0]?.fail()
  await environment.hide()
  await ask()
  await environment.advance(36_000)
  expect(proxy.beats).toMatchObject([{ ticket: 'ticket-of-message' }])
})
