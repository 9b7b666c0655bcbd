import { expect, test, vi } from 'vitest'
import { createTestProxy, outcomeOf, secret } from './browser.ts'
import { createFakeRuntime, failure } from './fake-runtime.ts'

const { runtime } = createFakeRuntime()

const ways = ['/sessions/beat', '/messages', '/sessions/close']

test.each(ways)('at %s, a ticket of somebody else, a forged one and none look the same', async path => {
  const { post, openWarm } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  const [head, key, iv, text, tag] = ticket.split('.')
  const forged = [head, key, iv, text?.replace(/^./, first => (first === 'A' ? 'B' : 'A')), tag].join('.')
  const attempts = [
    { ticket, headers: { 'x-user': 'bob' } },
    { ticket: forged },
    { ticket: 'nonsense' },
    { ticket: 'x'.repeat(100_000) },
    ...(path === '/messages' ? [] : [{}]),
  ]
  const answers = await Promise.all(
    attempts.map(async init => {
      const response = await post(path, { body: path === '/sessions/beat' ? null : '', ...init })
      return [response.status, await response.text(), [...response.headers]]
    }),
  )
  expect(answers[0]?.[0]).toBe(401)
  expect(JSON.parse(String(answers[0]?.[1]))).toMatchObject({ error: { code: 'ticket_invalid' } })
  for (const answer of answers) expect(answer).toEqual(answers[0])
})

test.each(['/agent/sessions', '/api/agent/session'])(
  'at %s, where nothing is served, the answer tells what is',
  async path => {
    const { proxy } = createTestProxy({ runtime })
    const answer = await proxy.fetch(new Request(`http://chat.test${path}`, { method: 'POST' }))
    expect(answer.status).toBe(404)
    expect((await answer.json()).error).toEqual({
      code: 'not_found',
      message:
        'Could not find the route: this proxy serves below /api/agent (option basePath). Check the method and the path.',
    })
  },
)

test('a ticket shows neither the session id nor the caller', async () => {
  const { runtime, sessions } = createFakeRuntime()
  // Three letters may stand in a random text.
  const callerId = 'ann of the long name'
  const { openWarm } = createTestProxy({ runtime, authorize: () => ({ callerId }) })
  const lease = await openWarm()
  const decoded = lease.ticket
    .split('.')
    .map(part => Buffer.from(part, 'base64url').toString('latin1'))
    .join()
  for (const hidden of [sessions[0]?.id ?? '-', callerId]) {
    expect(decoded).not.toContain(hidden)
    expect(JSON.stringify(lease)).not.toContain(hidden)
  }
})

test('secrets rotate: the first seals, all open, and a dropped one opens nothing', async () => {
  const next = 'the next secret, which is longer than needed'
  const { ticket } = await createTestProxy({ runtime }).openWarm()
  const rotated = createTestProxy({ runtime, secret: [next, secret] })
  expect(outcomeOf(await rotated.send('hi', ticket))).toBe('warm')
  const { ticket: renewed } = await rotated.beat(ticket)
  const dropped = createTestProxy({ runtime, secret: next })
  expect(outcomeOf(await dropped.send('hi', renewed))).toBe('warm')
  expect((await dropped.send('hi', ticket)).status).toBe(401)
})

test.each([
  [null, 'http', 200],
  ['http://chat.test', 'http', 200],
  ['https://chat.test', 'http', 200],
  ['http://chat.test', 'https', 403],
  ['https://friend.test', 'https', 200],
  ['https://chat.test.evil.test', 'https', 403],
  ['null', 'http', 403],
])('origin %s, proxy on %s: %i', async (origin, scheme, status) => {
  const { proxy } = createTestProxy({ runtime, origins: ['https://friend.test'] })
  const response = await proxy.fetch(
    new Request(`${scheme}://chat.test/api/agent/health`, origin ? { headers: { origin } } : {}),
  )
  expect(response.status).toBe(status)
  expect(response.headers.get('access-control-allow-origin')).toBe(status === 200 ? origin : null)
})

test('behind a TLS terminator, too, another port of the same host is another origin', async () => {
  const { proxy } = createTestProxy({ runtime })
  const statusFor = async (origin: string) =>
    (await proxy.fetch(new Request('http://chat.test:8443/api/agent/health', { headers: { origin } }))).status
  expect(await statusFor('https://chat.test:8443')).toBe(200)
  expect(await statusFor('https://chat.test')).toBe(403)
})

test('the refusal names the origin, to whoever called and in the log, shortened and with nothing of it left loose', async () => {
  const { post, events } = createTestProxy({ runtime })
  for (const [origin, said] of [
    ['http://localhost:5173', '"http://localhost:5173"'],
    ['https://evil.test" \\', '"https://evil.test\\" \\\\"'],
    [`https://${'x'.repeat(8000)}`, `"https://${'x'.repeat(92)}"`],
  ] as const) {
    const { error } = await (await post('/sessions', { headers: { origin } })).json()
    expect(error.message).toMatch(
      /^Could not answer: .* Add it to `origins` \(for `warm-agent proxy`: WARM_AGENT_ORIGINS\)/,
    )
    expect(error.message).toContain(` ${said} `)
    expect(events.at(-1)).toMatchObject({ type: 'request-failed', cause: { message: error.message } })
  }
})

test('a foreign origin is refused before anybody is asked who it is', async () => {
  const authorize = vi.fn(() => ({ callerId: 'ann' }))
  const { post } = createTestProxy({ runtime, authorize })
  for (const method of ['POST', 'OPTIONS']) {
    const response = await post('/sessions', { method, headers: { origin: 'https://evil.test' } })
    expect(response.status).toBe(403)
  }
  expect(authorize).not.toHaveBeenCalled()
})

test('a preflight of an allowed origin passes, and our headers are exposed', async () => {
  const { post } = createTestProxy({ runtime, origins: ['https://friend.test'] })
  const headers = { origin: 'https://friend.test', 'access-control-request-headers': 'warm-agent-ticket' }
  const preflight = await post('/messages', { method: 'OPTIONS', headers })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-headers')).toBe('warm-agent-ticket')
  const answer = await post('/messages', { body: 'hi', headers })
  expect(answer.headers.get('access-control-expose-headers')).toContain('Warm-Agent-Outcome')
})

test('what the application tells caches and pages of other origins stays beside what the proxy tells them', async () => {
  const told = { vary: 'Cookie', 'access-control-expose-headers': 'X-Quota' }
  const authorize = () => new Response('pay first', { status: 402, headers: told })
  const { post } = createTestProxy({ runtime, authorize, origins: ['https://friend.test'] })
  const { headers } = await post('/sessions', { headers: { origin: 'https://friend.test' } })
  expect(headers.get('vary')).toBe('Cookie, Origin')
  expect(headers.get('access-control-expose-headers')).toMatch(/^X-Quota, .*Warm-Agent-Outcome/)
})

test('a slash at the end of the path changes nothing: Next.js sends every request there with `trailingSlash`', async () => {
  const { proxy, post } = createTestProxy({ runtime })
  expect((await proxy.fetch(new Request('http://chat.test/api/agent/health/'))).status).toBe(200)
  expect(await (await post('/messages/', { body: 'hi' })).text()).toBe('onetwo')
})

test.each([
  ['a body that is no JSON', '/sessions', { body: '{' }, 400, 'bad_request'],
  ['a body of another shape', '/sessions', { body: '{"agent":1}' }, 400, 'bad_request'],
  ['an agent that is not there', '/sessions', { body: '{"agent":"x"}' }, 404, 'not_found'],
  ['a route that is not there', '/nowhere', {}, 404, 'not_found'],
  ['a path that is empty at its end', '/messages//', { body: 'x' }, 404, 'not_found'],
  ['a method that is not there', '/messages', { method: 'PUT', body: 'x' }, 404, 'not_found'],
  ['a newer wire', '/sessions', { headers: { 'Warm-Agent-Version': '2' } }, 426, 'unsupported_version'],
  ['a prefetch', '/sessions', { headers: { 'Sec-Purpose': 'prefetch;prerender' } }, 403, 'forbidden'],
  ['a large body', '/messages', { body: 'x'.repeat(101) }, 413, 'payload_too_large'],
  ['a ticket that is longer than any', '/sessions/close', { body: 'x'.repeat(9_000) }, 413, 'payload_too_large'],
])('%s is refused with its code, and costs no VM', async (_, path, init, status, code) => {
  const { runtime, log } = createFakeRuntime()
  const { post } = createTestProxy({ runtime, limits: { bodyBytes: 100 } })
  const response = await post(path, init)
  expect(response.status).toBe(status)
  expect(await response.json()).toMatchObject({
    error: { code, message: expect.stringMatching(/^Could not .+\. .+\.$/) },
  })
  expect(response.headers.get('Warm-Agent-Version')).toBe('1')
  expect(log).toEqual([])
})

test.each([
  ['invalid', 400, 'bad_request'],
  ['unauthenticated', 401, 'unauthenticated'],
  ['refused', 503, 'agent_unavailable'],
  ['missing', 503, 'agent_unavailable'],
  ['quota', 429, 'quota_exceeded'],
  ['conflict', 503, 'agent_unavailable'],
  ['throttled', 429, 'rate_limited'],
  ['agent', 502, 'agent_failed'],
  ['unavailable', 503, 'agent_unavailable'],
  ['unreachable', 503, 'agent_unavailable'],
] as const)('a message that fails for the reason "%s" is answered with %i, %s', async (reason, status, code) => {
  const { runtime, failNext } = createFakeRuntime()
  failNext(failure(reason, true))
  const answer = await createTestProxy({ runtime }).send('hi')
  expect([answer.status, await answer.json()]).toMatchObject([status, { error: { code } }])
})

test('a body that grows past the limit while it streams is refused', async () => {
  const body = new ReadableStream({
    pull: controller => controller.enqueue(new Uint8Array(60)),
  })
  const { proxy } = createTestProxy({ runtime, limits: { bodyBytes: 100 } })
  const init = { method: 'POST', body, duplex: 'half' } as RequestInit
  expect((await proxy.fetch(new Request('http://chat.test/api/agent/messages', init))).status).toBe(413)
})

test('a body that says itself that it is over the limit is not even begun to be read', async () => {
  const pull = vi.fn((controller: ReadableStreamDefaultController) => controller.close())
  const body = new ReadableStream({ pull }, { highWaterMark: 0 })
  const { post } = createTestProxy({ runtime })
  const init = { body, duplex: 'half', headers: { 'content-length': '1000000000' } } as RequestInit
  expect((await post('/messages', init)).status).toBe(413)
  expect(pull).not.toHaveBeenCalled()
})

test('a body of just the limit is let through, whether its length is told or not', async () => {
  const { post } = createTestProxy({ runtime, limits: { bodyBytes: 100 } })
  for (const headers of [{}, { 'content-length': '100' }] as Record<string, string>[]) {
    expect((await post('/messages', { body: 'x'.repeat(100), headers })).status).toBe(200)
  }
})

test('what opens a session is refused long before the memory that a message may take is full of it', async () => {
  let sent = 0
  const body = new ReadableStream({
    pull(controller) {
      sent += 1_000
      controller.enqueue(new Uint8Array(1_000))
    },
  })
  const { proxy } = createTestProxy({ runtime })
  const init = { method: 'POST', body, duplex: 'half' } as RequestInit
  expect((await proxy.fetch(new Request('http://chat.test/api/agent/sessions', init))).status).toBe(413)
  expect(sent).toBeLessThan(20_000)
})

test.each([null, undefined])('authorize that returns %s refuses with 401', async nobody => {
  const response = await createTestProxy({ runtime, authorize: () => nobody }).post('/sessions')
  expect(await response.json()).toMatchObject({ error: { code: 'unauthenticated' } })
})

test('authorize may answer by itself', async () => {
  const { post } = createTestProxy({ runtime, authorize: () => new Response('pay first', { status: 402 }) })
  expect((await post('/sessions')).status).toBe(402)
})

test('it may answer with a redirect, whose headers cannot be changed, and with the same one again', async () => {
  const answer = Response.redirect('http://chat.test/login', 302)
  const { post } = createTestProxy({ runtime, authorize: () => answer })
  for (let asked = 0; asked < 2; asked++) {
    const { status, headers } = await post('/sessions')
    expect([status, headers.get('location'), headers.get('Warm-Agent-Version')]).toEqual([
      302,
      'http://chat.test/login',
      '1',
    ])
  }
})

test.each([{}, { callerId: '' }, { callerId: 7 }, { callerId: 'x'.repeat(513) }])(
  'authorize that names nobody in particular, %j, opens nothing: all would share it',
  async caller => {
    const { runtime, log } = createFakeRuntime()
    const { post, proxy } = createTestProxy({ runtime, authorize: () => caller as never })
    expect((await post('/sessions')).status).toBe(500)
    await expect(proxy.session(new Request('http://chat.test/chat'))).rejects.toThrow(/callerId/)
    expect(log).toEqual([])
  },
)

test.each([null, 'bob', 7, {}, [undefined], [''], ['x'.repeat(513)]])(
  'authorize that names the caller otherwise by %j opens nothing: not every letter is a name',
  async otherIds => {
    const { runtime, log } = createFakeRuntime()
    const authorize = () => ({ callerId: 'ann', otherIds }) as never
    const { post, proxy } = createTestProxy({ runtime, authorize })
    expect((await post('/sessions')).status).toBe(500)
    await expect(proxy.session(new Request('http://chat.test/chat'))).rejects.toThrow(
      /otherIds is not a list of strings/,
    )
    expect(log).toEqual([])
  },
)

test.each([
  ['authorize', { authorize: () => new Promise<never>(() => {}) }],
  ['conversationId', { conversationId: () => new Promise<never>(() => {}) }],
])('%s that never answers keeps nobody waiting for ever', async (name, options) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { runtime } = createFakeRuntime()
  const { send, events } = createTestProxy({ runtime, ...options })
  const sending = send('hi')
  await vi.advanceTimersByTimeAsync(10_000)
  const refused = await sending
  expect([refused.status, await refused.text()]).toEqual([503, expect.stringMatching(/in time.*Try again/)])
  expect(events).toMatchObject([{ type: 'request-failed', cause: { message: expect.stringContaining(name) } }])
  vi.useRealTimers()
})

test('the longest name of a caller fits a ticket', async () => {
  const { openWarm, send } = createTestProxy({ runtime, authorize: () => ({ callerId: '\u20ac'.repeat(512) }) })
  expect(outcomeOf(await send('hi', (await openWarm()).ticket))).toBe('warm')
})

test('what goes wrong inside is told to the log and not to the browser', async () => {
  const cause = new Error('the database password is hunter2')
  const { post, events } = createTestProxy({ runtime, authorize: () => Promise.reject(cause) })
  const response = await post('/sessions')
  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('hunter2')
  expect(events).toMatchObject([{ type: 'request-failed', code: 'internal', cause }])
})

test('no event carries a whole session id or a ticket', async () => {
  const { runtime, sessions } = createFakeRuntime()
  const { openWarm, send, post, events } = createTestProxy({ runtime })
  const { ticket } = await openWarm()
  await send('hi', ticket)
  await post('/sessions/close', { ticket })
  expect(events.length).toBeGreaterThan(3)
  expect(JSON.stringify(events)).not.toContain(sessions[0]?.id)
  expect(JSON.stringify(events)).not.toContain(ticket)
})
