import { createFakeEnvironment, settle } from '@warm-agent/testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import { answered, failing } from './fake-proxy.ts'
import { post, start } from './start.ts'

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
  expect(proxy.tickets()[0]).toBe('ticket-2')
  await session.fetch('https://agents.example/v1/messages', { ...post, credentials: 'omit' })
  expect(proxy.messages[1]?.init).toMatchObject({ credentials: 'omit' })
  await session.fetch('https://agents.example/v2/messages', post)
  expect(proxy.tickets()[2]).toBeNull()
  await session.fetch('/api/chat', post)
  expect(proxy.messages[3]?.init).not.toHaveProperty('credentials')
  expect(proxy.messages[3]?.headers.has('authorization')).toBe(false)
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
  onTestFinished(() => void vi.unstubAllGlobals())
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

test.each([
  ['the proxy', '/api/agent/messages'],
  ['a chat route of the page that relays its headers', '/api/chat'],
])('an answer of %s makes the session the conversation’s, with its outcome and the renewed ticket', async (_, url) => {
  const { session, proxy, warmUp, ask, events } = start()
  await warmUp()
  const answer = await session.fetch(url, post)
  expect(await answer.text()).toBe('hello')
  expect(session.store.getState()).toEqual({ status: 'active', heartbeat: 'running', error: null, outcome: 'warm' })
  expect(events.slice(-2)).toMatchObject([
    { type: 'message-sent' },
    { type: 'message-answered', outcome: 'warm', status: 200 },
  ])
  await ask()
  expect(proxy.tickets()).toEqual(['ticket-2', 'ticket-of-message'])
})

test('an answer is handed on when its headers are here, however long it goes on', async () => {
  const { session, proxy, warmUp, ask } = start()
  await warmUp()
  const { headers } = answered('warm')
  proxy.onMessage = () => new Response(new ReadableStream(), { headers })
  expect((await ask()).bodyUsed).toBe(false)
  expect(session.store.getState().status).toBe('active')
})

test('an answer that is none of the proxy’s changes nothing, and a GET or HEAD is no message, also if it fails', async () => {
  const { session, proxy, warmUp, types } = start()
  await warmUp()
  proxy.onMessage = () => new Response('ok', { headers: { 'Warm-Agent-Ticket': 'forged' } })
  await session.fetch('/api/todos', post)
  expect(session.store.getState()).toMatchObject({ status: 'warm', outcome: null })
  expect(types().slice(-2)).toEqual(['message-sent', 'message-answered'])
  const told = types().length
  await session.fetch('/api/todos')
  await session.fetch(new Request('https://chat.example/api/todos', { method: 'get' }))
  await session.fetch('/api/todos', { method: 'HEAD' })
  expect(proxy.tickets()).toEqual(['ticket-2', 'ticket-2', 'ticket-2', 'ticket-2'])
  proxy.onMessage = failing()
  await expect(session.fetch('/api/todos')).rejects.toThrow('Failed to fetch')
  expect(types()).toHaveLength(told)
})

test('a GET that the agent answered counts as a message that was', async () => {
  const { session, warmUp, types, status } = start()
  await warmUp()
  await session.fetch('/api/agent/history')
  expect(types().at(-1)).toBe('message-answered')
  expect(status()).toBe('active')
})
