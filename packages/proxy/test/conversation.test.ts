import type { AgentRequest, WarmProxyOptions } from '@warm-agent/proxy'
import { expect, test, vi } from 'vitest'
import { createTestProxy, ticketOf } from './browser.ts'
import { createFakeRuntime, failure } from './fake-runtime.ts'

/** A proxy whose runtime remembers what messages told the agent of their conversation: `id outcome vm`. */
function createTold(options: Partial<WarmProxyOptions> = {}) {
  const fake = createFakeRuntime()
  const told: string[] = []
  const invoke: typeof fake.runtime.invoke = (session, request, ...rest) => {
    if (!new TextDecoder().decode(request.body).startsWith('warm ')) told.push(tellingOf(request))
    return fake.runtime.invoke(session, request, ...rest)
  }
  return { ...fake, told, ...createTestProxy({ runtime: { ...fake.runtime, invoke }, ...options } as never) }
}

const prefix = 'x-amzn-bedrock-agentcore-runtime-custom-conversation'

function tellingOf({ headers = {} }: AgentRequest): string {
  return ['id', 'outcome', 'vm'].map(name => headers[`${prefix}-${name}`]).join(' ')
}

const authorize: WarmProxyOptions['authorize'] = request => {
  const conversationId = request.headers.get('x-chat')
  return { callerId: request.headers.get('x-user') ?? 'ann', ...(conversationId && { conversationId }) }
}
const inChat = (chat: string) => ({ headers: { 'x-chat': chat } })

test('the agent is told the conversation, and that its microVM is new to it until it has answered', async () => {
  const { openWarm, send, told } = createTold({ authorize })
  const { ticket } = await openWarm()
  const first = await send('one', ticket, inChat('trip'))
  const renewed = ticketOf(first)
  await send('two', renewed, inChat('trip'))
  expect(told).toEqual(['trip warm new', 'trip warm known'])
})

test('a conversation outlives its VM: after an idle timeout the agent is told rewarmed, after a close too, without a ticket cold', async () => {
  const { openWarm, post, send, told, killAll } = createTold({ authorize })
  const now = vi.spyOn(Date, 'now')
  try {
    const { ticket } = await openWarm()
    const first = await send('one', ticket, inChat('trip'))
    const renewed = ticketOf(first)
    killAll()
    const later = Date.now() + 900_001
    now.mockImplementation(() => later)
    const second = await send('two', renewed, inChat('trip'))
    const third = ticketOf(second)
    await send('three', third, inChat('trip'))
    await post('/sessions/close', { ticket: third })
    await send('four', third, inChat('trip'))
    await send('five', undefined, inChat('trip'))
  } finally {
    now.mockRestore()
  }
  expect(told).toEqual(['trip warm new', 'trip rewarmed new', 'trip warm known', 'trip rewarmed new', 'trip cold new'])
})

test('a VM that was being ended under the message is new to the conversation in the attempt that starts it again', async () => {
  const { openWarm, send, told, failNext } = createTold({ authorize })
  const { ticket } = await openWarm()
  const renewed = ticketOf(await send('one', ticket, inChat('trip')))
  failNext(failure('conflict'))
  await send('two', renewed, inChat('trip'))
  expect(told.slice(1)).toEqual(['trip warm known', 'trip rewarmed new'])
})

test('another conversation on the same VM is new to it', async () => {
  const { openWarm, send, told } = createTold({ authorize })
  const { ticket } = await openWarm()
  const renewed = ticketOf(await send('one', ticket, inChat('trip')))
  await send('two', renewed, inChat('tax'))
  expect(told[1]).toBe('tax warm new')
})

test('a function names it, asynchronously too; without a name the agent is told nothing', async () => {
  const { send, told } = createTold({
    conversationId: async (request, { callerId }) => (request.headers.has('x-chat') ? `${callerId} ✈` : undefined),
  })
  await send('one', undefined, inChat('trip'))
  await send('two')
  // Percent-encoded: a header takes no more than ASCII.
  expect(told).toEqual(['ann%20%E2%9C%88 cold new', '  '])
})

const ofBody: NonNullable<WarmProxyOptions['conversationId']> = async request => (await request.json()).id

test('a function that gives what `headers.get` does names none where there is no header', async () => {
  const { send, told } = createTold({ conversationId: request => request.headers.get('x-chat') })
  await send('one', undefined, inChat('trip'))
  expect((await send('two')).status).toBe(200)
  expect(told).toEqual(['trip cold new', '  '])
})

test('a function can read the body, and nothing is lost of it: neither for the agent nor for an app’s own route', async () => {
  const { proxy, send, told, log } = createTold({ conversationId: ofBody })
  await send('{"id":"trip"}')
  expect(told).toEqual(['trip cold new'])
  expect(log[1]).toBe('vm 1 ran {"id":"trip"}')
  const request = new Request('http://chat.test/chat', { method: 'POST', body: '{"id":"tax"}' })
  expect((await proxy.session(request))?.agentHeaders).toMatchObject({ [`${prefix}-id`]: 'tax' })
  expect(await request.text()).toBe('{"id":"tax"}')
})

/** What some hosts (srvx, and with it h3 and Nitro) hand over: it looks like a Request, and Node's constructor knows better. */
class LookAlike {
  readonly #request: Request
  constructor(request: Request) {
    this.#request = request
  }
  get url() {
    return this.#request.url
  }
  get method() {
    return this.#request.method
  }
  get headers() {
    return this.#request.headers
  }
  get signal() {
    return this.#request.signal
  }
  get body() {
    return this.#request.body
  }
  get bodyUsed() {
    return this.#request.bodyUsed
  }
  clone() {
    return this.#request.clone()
  }
}

test('of a request that only looks like one, the function reads the body as well, and nothing is lost of it', async () => {
  const { proxy, told, log } = createTold({ conversationId: ofBody })
  const arrived = (path: string, body: string) =>
    new LookAlike(new Request(`http://chat.test${path}`, { method: 'POST', body })) as unknown as Request
  expect((await proxy.fetch(arrived('/api/agent/messages', '{"id":"trip"}'))).status).toBe(200)
  expect([told, log[1]]).toEqual([['trip cold new'], 'vm 1 ran {"id":"trip"}'])
  const lent = await proxy.session(arrived('/chat', '{"id":"tax"}'))
  expect(lent?.agentHeaders).toMatchObject({ [`${prefix}-id`]: 'tax' })
})

test('a route that has read its body already can still name the conversation by a header', async () => {
  const { proxy } = createTold({ conversationId: ({ headers }) => headers.get('x-chat') ?? undefined })
  const request = new Request('http://chat.test/chat', { method: 'POST', body: 'hi', ...inChat('trip') })
  await request.text()
  expect((await proxy.session(request))?.agentHeaders).toMatchObject({ [`${prefix}-id`]: 'trip' })
})

test('a body that the function cannot read as JSON is refused as the mistake of its sender', async () => {
  const { proxy, send, log } = createTold({ conversationId: ofBody })
  const answer = await send('{"id":')
  expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: 'bad_request' } }])
  expect(log).toEqual([])
  const request = new Request('http://chat.test/chat', { method: 'POST', body: '{"id":' })
  await expect(proxy.session(request)).rejects.toMatchObject({ code: 'bad_request' })
})

test('a name that is half a character is refused as the mistake of its sender, before the pool is asked', async () => {
  const claim = vi.fn(async () => null)
  const { proxy, send, log } = createTold({ conversationId: ofBody, pool: { claim } })
  const body = String.raw`{"id":"\ud800"}`
  const answer = await send(body)
  expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: 'bad_request' } }])
  const request = new Request('http://chat.test/chat', { method: 'POST', body })
  await expect(proxy.session(request)).rejects.toMatchObject({ code: 'bad_request' })
  expect([claim.mock.calls, log]).toEqual([[], []])
})

test('a function is not asked about a body that is over the limit', async () => {
  const conversationId = vi.fn(ofBody as () => Promise<string>)
  const { send } = createTold({ conversationId, limits: { bodyBytes: 10 } })
  expect((await send('{"id":"trip"}')).status).toBe(413)
  expect(conversationId).not.toHaveBeenCalled()
})

test('a header that a page sends names a conversation of its own caller, and nobody else’s', async () => {
  const { send, told } = createTold({ conversationId: 'x-chat' })
  await send('one', undefined, inChat('trip'))
  await send('two', undefined, inChat('trip'))
  await send('three', undefined, { headers: { 'x-chat': 'trip', 'x-user': 'bob' } })
  const [first, second, others] = told.map(telling => telling.split(' ')[0] ?? '')
  expect(first).toMatch(/^[\w-]{16}\.trip$/)
  expect(second).toBe(first)
  expect(others).toMatch(/\.trip$/)
  expect(others).not.toBe(first)
})

test('a conversation keeps its name when its caller goes by an older one: what counts is whose its session is', async () => {
  const names = ['first', 'second'].map(callerId => ({ callerId }))
  const { openWarm, proxy, send, told } = createTold({
    conversationId: 'x-chat',
    authorize: () => names.shift() ?? { callerId: 'first', otherIds: ['second'] },
  })
  await openWarm()
  let ticket: string | undefined
  for (const text of ['one', 'two', 'three']) {
    ticket = ticketOf(await send(text, ticket, inChat('trip')))
  }
  const request = new Request('http://chat.test/chat', {
    headers: { 'Warm-Agent-Ticket': ticket ?? '', 'x-chat': 'trip' },
  })
  const lent = await proxy.session(request)
  const [name] = told[0]?.split(' ') ?? []
  expect(told).toEqual([`${name} cold new`, `${name} warm known`, `${name} warm known`])
  expect(lent?.agentHeaders).toMatchObject({ [`${prefix}-id`]: name })
})

test('what authorize names comes first', async () => {
  const { send, told } = createTold({ authorize, conversationId: () => 'from the function' })
  await send('one', undefined, inChat('trip'))
  expect(told).toEqual(['trip cold new'])
})

test('a page cannot send the headers itself', async () => {
  const { send, told } = createTold()
  await send('one', undefined, { headers: { [`${prefix}-id`]: 'stolen' } })
  expect(told).toEqual(['  '])
})

test.each([
  ['a header that is too long', { conversationId: 'x-chat' }, 'a'.repeat(257), 400],
  ['authorize that names nothing', { authorize: () => ({ callerId: 'ann', conversationId: '' }) }, '', 500],
  ['a function that names what is no string', { conversationId: () => 7 as never }, '', 500],
])('%s is refused, and nothing is sent', async (_, options, chat, status) => {
  const { send, log } = createTold(options)
  expect((await send('one', undefined, inChat(chat))).status).toBe(status)
  expect(log).toEqual([])
})

test('an app that keeps its own route is told what to tell the agent', async () => {
  const { proxy, openWarm } = createTold({ authorize })
  const { ticket } = await openWarm()
  const ask = (headers: Record<string, string>) => proxy.session(new Request('http://chat.test/chat', { headers }))
  const first = await ask({ 'warm-agent-ticket': ticket, 'x-chat': 'trip' })
  expect(first?.agentHeaders).toEqual({
    [`${prefix}-id`]: 'trip',
    [`${prefix}-outcome`]: 'warm',
    [`${prefix}-vm`]: 'new',
  })
  const renewed = first?.headers['Warm-Agent-Ticket'] ?? ''
  const second = await ask({ 'warm-agent-ticket': renewed, 'x-chat': 'trip' })
  expect(second?.agentHeaders[`${prefix}-vm`]).toBe('known')
  expect((await ask({ 'warm-agent-ticket': renewed }))?.agentHeaders).toEqual({})
})

test.each([
  [{ conversationId: 7 }, /conversationId/],
  [{ conversationId: 'no header' }, /conversationId/],
  [{ ledger: {} }, /ledger is an object: expected a SessionLedger/],
])('option %j is refused', (wrong, message) => {
  expect(() => createTold(wrong as never)).toThrow(message)
})
