import { createFakeEnvironment, settle } from '@warm-agent/testing'
import { afterEach, expect, test, vi } from 'vitest'
import { answered, holdAnswers, refused } from './fake-proxy.ts'
import { start } from './start.ts'

const ticketOf = ({ headers }: { headers: Headers }) => headers.get('Warm-Agent-Ticket')
const post = { method: 'POST', body: 'hi' }

afterEach(() => {
  vi.unstubAllGlobals()
})

test.each([
  ['the proxy, by path', '/api/agent/messages', true, true],
  ['the proxy, by URL', 'https://chat.example/api/agent/messages?x=1', true, true],
  ['a chat route of the page', '/api/chat', true, false],
  ['a relative address', 'answers', true, false],
  ['a neighbour of the endpoint', '/api/agents', true, false],
  ['another origin', 'https://evil.example/api/agent/messages', false, false],
  ['another port', 'https://chat.example:8443/api/agent/messages', false, false],
  ['another scheme', 'http://chat.example/api/agent/messages', false, false],
  ['an address without a scheme', '//evil.example/api/agent', false, false],
])('%s (%s) gets the ticket: %s, our headers: %s', async (_, address, getsTicket, getsHeaders) => {
  const { session, proxy, warmUp } = start({ headers: { authorization: 'Bearer token' } })
  await warmUp()
  for (const input of [address, new URL(address, 'https://chat.example/room/7')]) {
    await session.fetch(input, post)
    const message = proxy.messages.at(-1)
    expect(message?.input).toBe(input)
    expect(message?.headers.has('Warm-Agent-Ticket')).toBe(getsTicket)
    expect(message?.headers.get('Warm-Agent-Version')).toBe(getsTicket ? '1' : null)
    expect(message?.headers.get('authorization')).toBe(getsHeaders ? 'Bearer token' : null)
  }
})

test('another origin is not even told about', async () => {
  const { session, proxy, warmUp, events } = start()
  await warmUp()
  const told = events.length
  const init = { ...post, headers: { 'x-own': '1' } }
  await session.fetch('https://evil.example/', init)
  expect(Object.entries(proxy.messages[0]?.init ?? {})).toEqual(Object.entries(init))
  expect(events).toHaveLength(told)
})

test('an endpoint of another origin gets ticket, headers and cookies; the page itself gets no headers', async () => {
  const { session, proxy, warmUp } = start({
    endpoint: 'https://agents.example/v1/',
    headers: async () => ({ authorization: 'Bearer token' }),
  })
  await warmUp()
  await session.fetch('https://agents.example/v1/messages', post)
  expect(proxy.messages[0]?.init).toMatchObject({ credentials: 'include' })
  expect(ticketOf(proxy.messages[0] as never)).toBe('ticket-2')
  await session.fetch('https://agents.example/v2/messages', post)
  expect(ticketOf(proxy.messages[1] as never)).toBeNull()
  await session.fetch('/api/chat', post)
  expect(proxy.messages[2]?.init).not.toHaveProperty('credentials')
  expect(proxy.messages[2]?.headers.has('authorization')).toBe(false)
})

test('a Request is passed through and keeps its own headers', async () => {
  const { session, proxy, warmUp } = start({ headers: () => [['authorization', 'ours']] })
  await warmUp()
  const request = new Request('https://chat.example/api/agent/messages', {
    ...post,
    headers: { authorization: 'theirs', 'x-own': '1' },
  })
  await session.fetch(request)
  const [message] = proxy.messages
  expect(message?.input).toBe(request)
  expect(message?.body).toBe('hi')
  expect(Object.fromEntries(message?.headers ?? [])).toMatchObject({
    authorization: 'theirs',
    'x-own': '1',
    'content-type': 'text/plain;charset=UTF-8',
    'warm-agent-ticket': 'ticket-2',
  })
})

test('fetch takes null for its options, as the page’s own does', async () => {
  const { session, proxy } = start()
  await session.fetch('/api/agent/health', null as never)
  expect(proxy.messages).toHaveLength(1)
})

test('fetch is bound and stays the same', async () => {
  const { session, proxy, warmUp } = start()
  const { fetch } = session
  await warmUp()
  await fetch('/api/chat', post)
  await session.close()
  expect(session.fetch).toBe(fetch)
  expect(proxy.messages).toHaveLength(1)
})

test.each([
  ['as it is', (fetch: typeof globalThis.fetch) => fetch],
  [
    'behind what takes its time',
    (fetch: typeof globalThis.fetch): typeof fetch =>
      async (input, init) => {
        await settle()
        return fetch(input, { ...init })
      },
  ],
])('fetch may take the place of the page’s own, %s, and carry another session', async (_, wrap) => {
  const native = vi.fn<typeof fetch>(async () => answered('warm'))
  vi.stubGlobal('fetch', native)
  vi.resetModules()
  const { createWarmSession } = await import('@warm-agent/client')
  const environment = createFakeEnvironment()
  const session = createWarmSession({ environment })
  const other = createWarmSession({ environment, agent: 'other', fetch: session.fetch })
  globalThis.fetch = wrap(session.fetch)
  for (const url of ['https://elsewhere.example/', '/api/chat', '/api/agent/messages']) {
    for (const fetch of [globalThis.fetch, other.fetch]) {
      await fetch(url, post)
      expect(native.mock.calls.splice(0)).toMatchObject([[url, post]])
    }
  }
  await session.close()
  await other.close()
  expect(native.mock.calls.map(([url]) => url)).toEqual(Array(2).fill('https://chat.example/api/agent/sessions/close'))
})

test('an answer makes the session the conversation’s, with its outcome and the renewed ticket', async () => {
  const { session, proxy, warmUp, ask, events } = start()
  await warmUp()
  const answer = await ask()
  expect(await answer.text()).toBe('hello')
  expect(session.store.getState()).toEqual({ status: 'active', heartbeat: 'running', error: null, outcome: 'warm' })
  expect(events.slice(-2)).toMatchObject([
    { type: 'message-sent' },
    { type: 'message-answered', outcome: 'warm', status: 200 },
  ])
  await ask()
  expect(proxy.messages.map(ticketOf)).toEqual(['ticket-2', 'ticket-of-message'])
})

test('an answer is handed on when its headers are here, however long it goes on', async () => {
  const { session, proxy, warmUp, ask } = start()
  await warmUp()
  const { headers } = answered('warm')
  proxy.onMessage = () => new Response(new ReadableStream(), { headers })
  expect((await ask()).bodyUsed).toBe(false)
  expect(session.store.getState().status).toBe('active')
})

test('a chat route of the page that relays the proxy’s headers is the same to the session', async () => {
  const { session, warmUp } = start()
  await warmUp()
  await session.fetch('/api/chat', post)
  expect(session.store.getState()).toMatchObject({ status: 'active', outcome: 'warm' })
})

test('an answer that is none of the proxy’s changes nothing, and a GET is no message', async () => {
  const { session, proxy, warmUp, types } = start()
  await warmUp()
  proxy.onMessage = () => new Response('ok', { headers: { 'Warm-Agent-Ticket': 'forged' } })
  await session.fetch('/api/todos', post)
  expect(session.store.getState()).toMatchObject({ status: 'warm', outcome: null })
  expect(types().slice(-2)).toEqual(['message-sent', 'message-answered'])
  const told = types().length
  await session.fetch('/api/todos')
  await session.fetch(new Request('https://chat.example/api/todos', { method: 'get' }))
  expect(types()).toHaveLength(told)
  expect(proxy.messages.map(ticketOf)).toEqual(['ticket-2', 'ticket-2', 'ticket-2'])
})

test('a message sent while warming waits for the lease and not for the warm-up (assistant-ui #2869)', async () => {
  const { session, proxy, ask, types } = start()
  session.mount()
  const asked = ask()
  await settle()
  expect(proxy.messages).toHaveLength(0)
  await proxy.openings[0]?.lease()
  expect(proxy.messages.map(ticketOf)).toEqual(['ticket-1'])
  await asked
  expect(session.store.getState().status).toBe('active')
  await proxy.openings[0]?.warm()
  await proxy.openings[0]?.end()
  expect(session.store.getState().status).toBe('active')
  expect(types()).toContain('warm-succeeded')
  await ask()
  expect(proxy.messages.map(ticketOf)).toEqual(['ticket-1', 'ticket-of-message'])
  expect(proxy.closes).toEqual([])
})

test('a message sent after the lease does not wait at all, and one that waited leaves no timer behind', async () => {
  const { session, proxy, ask, environment } = start()
  session.mount()
  const waiting = ask()
  await proxy.openings[0]?.lease()
  await waiting
  await session.close()
  expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })

  void session.warm()
  await proxy.openings[1]?.lease()
  await ask()
  expect(proxy.messages.map(ticketOf)).toEqual(['ticket-1', 'ticket-2'])
})

test('a GET does not wait: it may be how the headers of the warm-up are made', async () => {
  const { session, proxy } = start()
  session.mount()
  await session.fetch('/api/token')
  expect(proxy.messages.map(ticketOf)).toEqual([null])
})

test('the caller may give up waiting, and the warm-up goes on', async () => {
  const { session, proxy, ask, status, types } = start()
  session.mount()
  const controller = new AbortController()
  const asked = ask({ signal: controller.signal })
  await settle()
  controller.abort(new Error('the user pressed stop'))
  await expect(asked).rejects.toThrow('the user pressed stop')
  expect(proxy.messages).toHaveLength(0)
  expect(types()).toEqual(['warm-started'])
  await proxy.openings[0]?.lease()
  await proxy.openings[0]?.warm()
  expect(status()).toBe('warm')
})

test('the caller may give up waiting for the headers of a login, too', async () => {
  const { proxy, ask, types } = start({ headers: () => new Promise<HeadersInit>(() => {}) })
  const controller = new AbortController()
  const asked = ask({ signal: controller.signal })
  await settle()
  controller.abort(new Error('enough'))
  await expect(asked).rejects.toThrow('enough')
  expect(types().at(-1)).toBe('message-failed')
  expect(proxy.messages).toEqual([])
})

test('the signal of a Request counts too, and one that is aborted already sends nothing', async () => {
  const { session, proxy } = start()
  session.mount()
  const controller = new AbortController()
  const { signal } = controller
  const asked = session.fetch(new Request('https://chat.example/api/agent/messages', { ...post, signal }))
  await settle()
  controller.abort()
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
  await expect(session.fetch('/api/agent/messages', { ...post, signal })).rejects.toMatchObject({ name: 'AbortError' })
  expect(proxy.messages).toHaveLength(0)
})

test.each([
  ['fails', (opening: { fail(): Promise<void> }) => opening.fail()],
  ['breaks', (opening: { end(error: Error): Promise<void> }) => opening.end(new TypeError('Failed to fetch'))],
])('a message goes cold when the opening it waits for %s', async (_, end) => {
  const { session, proxy, ask, status } = start()
  session.mount()
  const asked = ask()
  await settle()
  await end(proxy.openings[0] as never)
  await asked
  expect(proxy.messages.map(ticketOf)).toEqual([null])
  expect(session.store.getState()).toMatchObject({ status: 'active', outcome: 'cold', error: null })
  expect(status()).toBe('active')
})

test('a message waits 15 s for a lease and no longer; a spare that comes later is closed', async () => {
  const { session, proxy, ask, environment, status } = start()
  session.mount()
  const asked = ask()
  await environment.advance(14_999)
  expect(proxy.messages).toHaveLength(0)
  await environment.advance(1)
  await asked
  expect(proxy.messages.map(ticketOf)).toEqual([null])
  expect(status()).toBe('active')
  await proxy.openings[0]?.lease()
  expect(proxy.closes).toEqual([{ ticket: 'ticket-1' }])
  await ask()
  expect(proxy.messages.map(ticketOf)).toEqual([null, 'ticket-of-message'])
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

test('after close a message that waited goes cold, and nothing that goes on is held for it', async () => {
  const { session, proxy, ask, status, environment } = start()
  session.mount()
  const asked = ask()
  const handed = session.handoff()
  await settle()
  await session.close()
  await asked
  expect(proxy.messages.map(ticketOf)).toEqual([null])
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
  expect(proxy.messages.map(ticketOf)).toEqual([null])
  expect(session.store.getState()).toMatchObject({ status: 'warm', outcome: null })
  expect(events).toContainEqual(expect.objectContaining({ type: 'message-answered', outcome: null }))
})

test('after a failed warm-up a message goes cold and says so, and its session is held', async () => {
  const { session, proxy, ask, environment } = start()
  session.mount()
  await proxy.openings[0]?.lease()
  await proxy.openings[0]?.fail()
  proxy.onMessage = () => answered('cold', 'ticket-of-cold')
  await ask()
  expect(ticketOf(proxy.messages[0] as never)).toBeNull()
  expect(session.store.getState()).toEqual({ status: 'active', heartbeat: 'running', error: null, outcome: 'cold' })
  await environment.advance(36_000)
  expect(proxy.beats).toMatchObject([{ ticket: 'ticket-of-cold', atMs: 1_036_000 }])
  await environment.advance(9 * 60_000)
  expect(proxy.beats).toHaveLength(2)
})

test('the ticket of an expired session is still sent: the proxy starts it again and says so', async () => {
  const { session, proxy, ask, environment, warmUp, status } = start()
  await warmUp()
  await environment.sleep(20 * 60_000)
  expect(status()).toBe('expired')
  proxy.onMessage = () => answered('rewarmed')
  await ask()
  expect(proxy.messages.map(ticketOf)).toEqual(['ticket-2'])
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
  expect(proxy.messages.map(ticketOf)).toEqual(['ticket-2', null])
  expect(proxy.messages.map(({ body }) => body)).toEqual(['hi', 'hi'])
  expect(types().slice(-3)).toEqual(['message-sent', 'session-expired', 'message-answered'])
  expect(session.store.getState()).toMatchObject({ status: 'active', outcome: 'cold' })
})

test.each([
  ['a stream', () => new Response('hi').body],
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
  ['a network error', () => Promise.reject(new TypeError('Failed to fetch'))],
  ['headers that cannot be made', undefined],
])('%s is the caller’s, and nothing is sent again', async (_, onMessage) => {
  let isBroken = false
  const { session, proxy, warmUp, ask, events } = start({
    headers() {
      if (isBroken) throw new TypeError('Failed to fetch')
      return {}
    },
  })
  await warmUp()
  if (onMessage) proxy.onMessage = onMessage
  else isBroken = true
  await expect(ask()).rejects.toThrow(new TypeError('Failed to fetch'))
  expect(proxy.messages).toHaveLength(onMessage ? 1 : 0)
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

test('an answer that comes after close does not bring the session back; what it names is parked', async () => {
  const { session, proxy, warmUp, ask, status, environment } = start()
  await warmUp()
  const answer = holdAnswers(proxy)
  const asked = ask()
  await settle()
  await session.close()
  answer(answered('warm', 'late'))
  expect((await asked).status).toBe(200)
  expect(status()).toBe('idle')
  expect(proxy.closes).toEqual([{ ticket: 'ticket-2' }, { ticket: 'late', afterMs: 30_000 }])
  expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })
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

test.each([
  ['the endpoint', '/api/agent/messages'],
  ['a route of the app', '/api/chat'],
])('without a ticket a header names the agent to %s, with one the ticket does', async (_, url) => {
  const { session, proxy, warmUp } = start({ agent: 'Reisen ✈', warmOn: 'manual' })
  await session.fetch(url, post)
  const agent = proxy.messages[0]?.headers.get('Warm-Agent-Agent') ?? ''
  expect(decodeURIComponent(agent)).toBe('Reisen ✈')
  await session.close()
  await warmUp()
  await session.fetch(url, post)
  expect(proxy.messages[1]?.headers.get('Warm-Agent-Agent')).toBeNull()
})
