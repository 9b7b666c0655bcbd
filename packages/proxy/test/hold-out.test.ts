import { anonymousCallers, createWarmProxy, type ProxyEvent } from '@warm-agent/proxy'
import { withHoldOut } from '@warm-agent/proxy/stats'
import { expect, test } from 'vitest'
import { createTestProxy, secret } from './browser.ts'
import { createFakeRuntime } from './fake-runtime.ts'

test.each(['/api/agent', '/chat'])(
  'a held-out caller is never warmed below %s, is answered cold, and is always the same',
  async basePath => {
    const calls: string[] = []
    const events: ProxyEvent[] = []
    const proxy = createWarmProxy({
      runtime: {
        qualifiers: ['DEFAULT'],
        idleTimeoutMs: 900_000,
        maxLifetimeMs: 900_000,
        invoke: async (_, { body }) => {
          calls.push(new TextDecoder().decode(body))
          return { status: 200, contentType: 'application/json', body: new Response('{}').body as ReadableStream }
        },
        stop: async () => {},
        warmUpRequest: () => ({ body: new TextEncoder().encode('warm-up'), contentType: 'a/b', accept: 'a/b' }),
        readEcho: () => undefined,
      },
      authorize: withHoldOut(request => ({ callerId: request.headers.get('x-user') ?? '' }), { share: 0.3 }),
      secret,
      basePath,
      onEvent: event => events.push(event),
    })
    const post = (user: string, path: string) =>
      proxy.fetch(
        new Request(`http://h${basePath}${path}`, { method: 'POST', headers: { 'x-user': user }, body: '{}' }),
      )
    // The limits of the proxy itself refuse nobody so early.
    let heldOut = ''
    for (let user = 0; heldOut === ''; user++) {
      const response = await post(`user-${user}`, '/sessions')
      await response.body?.cancel()
      if (response.status === 429) heldOut = `user-${user}`
    }
    calls.length = 0
    const refused = await post(heldOut, '/sessions')
    expect(refused.status).toBe(429)
    expect(await refused.json()).toMatchObject({ error: { code: 'rate_limited' } })
    const answer = await post(heldOut, '/messages')
    expect(answer.headers.get('warm-agent-outcome')).toBe('cold')
    expect(calls).toEqual(['{}'])
    expect(events.at(-1)).toMatchObject({ type: 'message-answered', isHeldOut: true })
    await proxy.close()
  },
)

test('a visitor without a cookie who is held out is given one, and stays the same caller, held out', async () => {
  const { runtime } = createFakeRuntime()
  const { post } = createTestProxy({ runtime, authorize: withHoldOut(anonymousCallers({ secret }), { share: 0.5 }) })
  let refused = 0
  for (let visitor = 0; visitor < 20; visitor++) {
    const first = await post('/sessions')
    if (first.status !== 429) await first.body?.cancel()
    else {
      refused += 1
      expect(first.headers.get('warm-agent-held-out')).toBe('1')
      const headers = { cookie: first.headers.get('set-cookie')?.split(';')[0] ?? '' }
      for (const path of ['/sessions', '/sessions/']) expect((await post(path, { headers })).status).toBe(429)
    }
  }
  expect(refused).toBeGreaterThan(0)
})

test('the share of callers held out is the share asked for', async () => {
  const authorize = withHoldOut(request => ({ callerId: request.headers.get('x-user') ?? '' }), { share: 0.3 })
  let heldOut = 0
  for (let user = 0; user < 5_000; user++) {
    const caller = await authorize(new Request('http://h/api/agent/messages', { headers: { 'x-user': `${user}` } }))
    if (caller && 'isHeldOut' in caller) heldOut += 1
  }
  expect(heldOut / 5_000).toBeGreaterThan(0.28)
  expect(heldOut / 5_000).toBeLessThan(0.32)
})

test.each([
  [{ share: 30 }, /share is 30/],
  [{ share: 0.1, shares: 1 }, /no option shares/],
])('a hold-out of %j is refused', (options, message) => {
  expect(() => withHoldOut(() => null, options)).toThrow(message)
})
