import { expect, test } from 'vitest'
import { answered, failing, refused } from './fake-proxy.ts'
import { post, start } from './start.ts'

test('the ticket of an expired session is still sent: the proxy starts it again and says so', async () => {
  const { session, proxy, ask, environment, warmUp, status } = start()
  await warmUp()
  await environment.sleep(20 * 60_000)
  expect(status()).toBe('expired')
  proxy.onMessage = () => answered('rewarmed')
  await ask()
  expect(proxy.tickets()).toEqual(['ticket-2'])
  expect(session.store.getState()).toMatchObject({ status: 'active', outcome: 'rewarmed' })
})

test.each([
  ['a string', '/api/agent/messages', post],
  ['a Request', new Request('https://chat.example/api/agent/messages', post), undefined],
])('a ticket that the proxy does not know costs one repeat, cold (%s)', async (_, input, init) => {
  const { session, proxy, warmUp, types } = start()
  await warmUp()
  proxy.onMessage = ticket => (ticket ? refused() : answered('cold'))
  const answer = await session.fetch(input, init)
  expect(await answer.text()).toBe('hello')
  expect(proxy.tickets()).toEqual(['ticket-2', null])
  expect(proxy.messages.map(({ body }) => body)).toEqual(['hi', 'hi'])
  expect(types().slice(-3)).toEqual(['message-sent', 'session-expired', 'message-answered'])
  expect(session.store.getState()).toMatchObject({ status: 'active', outcome: 'cold' })
})

test('of two messages whose ticket is refused at once, only one session is held after that', async () => {
  const { proxy, ask, warmUp } = start()
  await warmUp()
  let colds = 0
  proxy.onMessage = ticket => (ticket ? refused() : answered('cold', `cold-${++colds}`))
  await Promise.all([ask(), ask()])
  expect(proxy.tickets()).toEqual(['ticket-2', 'ticket-2', null, null])
  // Its answer may be read just now.
  expect(proxy.closes).toEqual([{ ticket: 'cold-1', afterMs: 30_000 }])
})

test.each([
  ['a stream', () => new Response('hi').body],
  [
    'a stream of a browser that cannot iterate it',
    () => Object.assign(new Response('hi').body ?? {}, { [Symbol.asyncIterator]: undefined }),
  ],
  ['what Node iterates', () => Object.assign(new Response('hi').body?.values() ?? {}, {})],
])('a body that can be read only once (%s) is not sent twice, and the caller reads the refusal', async (_, make) => {
  const { session, proxy, warmUp, status } = start()
  await warmUp()
  proxy.onMessage = () => refused()
  const body = make()
  const answer = await session.fetch('/api/agent/messages', { method: 'POST', body, duplex: 'half' } as RequestInit)
  expect(proxy.messages).toHaveLength(1)
  expect(await answer.json()).toMatchObject({ error: { code: 'ticket_invalid' } })
  expect(status()).toBe('expired')
})

test('a 401 of another kind, and a second refusal, reach the caller unread', async () => {
  const { session, proxy, warmUp, ask } = start()
  await warmUp()
  proxy.onMessage = () => refused('unauthenticated')
  expect(await (await ask()).json()).toMatchObject({ error: { code: 'unauthenticated' } })
  proxy.onMessage = () => new Response('<h1>Log in</h1>', { status: 401 })
  expect(await (await ask()).text()).toBe('<h1>Log in</h1>')
  expect(session.store.getState().status).toBe('warm')
  expect(proxy.messages).toHaveLength(2)
  proxy.onMessage = () => refused()
  expect(await (await ask()).json()).toMatchObject({ error: { code: 'ticket_invalid' } })
  expect(proxy.messages).toHaveLength(4)
})

test.each([
  ['a network error', 1],
  ['headers that cannot be made', 0],
])('%s is the caller’s, and nothing is sent again', async (_, sent) => {
  let headers = (): HeadersInit => ({})
  const { session, proxy, warmUp, ask, events } = start({ headers: () => headers() })
  await warmUp()
  if (sent) proxy.onMessage = failing()
  else headers = failing()
  await expect(ask()).rejects.toThrow(new TypeError('Failed to fetch'))
  expect(proxy.messages).toHaveLength(sent)
  expect(events.at(-1)).toMatchObject({ type: 'message-failed', error: new TypeError('Failed to fetch') })
  expect(session.store.getState().status).toBe('warm')
})

test.each([429, 500, 502, 503])('an answer with status %i is not sent again', async status => {
  const { proxy, warmUp, ask, events } = start()
  await warmUp()
  proxy.onMessage = () => new Response('no', { status })
  expect((await ask()).status).toBe(status)
  expect(proxy.messages).toHaveLength(1)
  expect(events.at(-1)).toMatchObject({ type: 'message-answered', outcome: null, status })
})
