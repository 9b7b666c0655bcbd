import { createWarmSession, type SessionEvent } from '@warm-agent/client'
import { createFakeEnvironment, settle } from '@warm-agent/testing'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'

const base = 'https://chat.example/api/agent'
const lease = { ticket: 'first', status: 'warming', beatMs: 9000, ttlMs: 15_000, holdMs: 90_000 }
const warm = { ...lease, ticket: 'second', status: 'warm', source: 'pool', tookMs: 12, evidence: 'assumed' }

const server = setupServer()
const seen: Request[] = []
server.events.on('request:start', ({ request }) => {
  seen.push(request.clone())
})
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => {
  server.resetHandlers()
  seen.length = 0
})
afterAll(() => server.close())

/** Answers an opening with these pieces, each in a chunk of its own. */
function opening(...chunks: (string | Uint8Array)[]) {
  return http.post(
    `${base}/sessions`,
    () =>
      new HttpResponse(
        new ReadableStream({
          start(controller) {
            for (const chunk of chunks) {
              controller.enqueue(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk)
            }
            controller.close()
          },
        }),
        { headers: { 'content-type': 'text/event-stream' } },
      ),
  )
}

const closing = http.post(`${base}/sessions/close`, () => new HttpResponse(null, { status: 204 }))

function start(options = {}) {
  const environment = createFakeEnvironment()
  const events: SessionEvent[] = []
  const session = createWarmSession({ environment, onEvent: event => events.push(event), ...options })
  return { environment, events, session, status: () => session.store.getState().status }
}

const text = `event: lease\ndata: ${JSON.stringify(lease)}\n\n: warming\n\nevent: warm\ndata: ${JSON.stringify(warm)}\n\n`
const bytes = new TextEncoder().encode(text.replace('"first"', '"fürst"'))

test.each([
  ['one chunk', [text]],
  ['a chunk for each byte, some within a letter', [...bytes].map(byte => new Uint8Array([byte]))],
  ['lines that end in \\r\n, cut between the two', text.replaceAll('\n', '\r\n').split(/(?<=\r)/)],
  [
    'fields without spaces, and unknown ones',
    [text.replace(/(event): (.*)\n(data): (.*)/g, 'id:7\n$1:$2\nretry:9\n$3:$4')],
  ],
])('the stream of a warm-up is understood in %s', async (_, chunks) => {
  server.use(opening(...chunks))
  const { session, events, status } = start()
  await session.warm()
  expect(status()).toBe('warm')
  expect(events).toMatchObject([
    { type: 'warm-started' },
    { type: 'lease-granted', beatMs: 9000, ttlMs: 15_000, holdMs: 90_000 },
    { type: 'warm-succeeded', source: 'pool', tookMs: 12, evidence: 'assumed' },
  ])
})

test('an opening names version, agent and the application’s headers', async () => {
  server.use(opening(text))
  let token = 1
  const { session } = start({ agent: 'travel', headers: async () => ({ authorization: `Bearer ${token++}` }) })
  await session.warm()
  expect(await seen[0]?.json()).toEqual({ agent: 'travel' })
  expect(seen[0]?.headers.get('Warm-Agent-Version')).toBe('1')
  expect(seen[0]?.headers.get('Warm-Agent-Ticket')).toBeNull()
  expect(seen[0]?.headers.get('authorization')).toBe('Bearer 1')
})

test('a beat and a close carry the newest ticket and fresh headers', async () => {
  server.use(
    opening(text),
    http.post(`${base}/sessions/beat`, () => HttpResponse.json({ ...lease, ticket: 'third', status: 'warm' })),
    closing,
  )
  let token = 1
  const { session, environment, events } = start({ headers: () => ({ authorization: `Bearer ${token++}` }) })
  await session.warm()
  await environment.advance(9000)
  await vi.waitFor(() => expect(events.at(-1)?.type).toBe('beat-succeeded'))
  await session.close()
  expect(seen.map(({ url, headers }) => [url, headers.get('Warm-Agent-Ticket'), headers.get('authorization')])).toEqual(
    [
      [`${base}/sessions`, null, 'Bearer 1'],
      [`${base}/sessions/beat`, 'second', 'Bearer 2'],
      [`${base}/sessions/close`, 'third', 'Bearer 3'],
    ],
  )
})

/** What is awaited like a promise, and is none: as of a library that replaces Promise. */
const thenable = (authorization: string) => ({
  // biome-ignore lint/suspicious/noThenProperty: that is the point
  then: (resolve: (headers: HeadersInit) => void) => resolve({ authorization }),
})

test.each([
  ['with the token as it is then', (authorization: string) => ({ authorization }), 'Bearer 2', 2],
  [
    'with that of the request before, and renews none',
    async (authorization: string) => ({ authorization }),
    'Bearer 1',
    1,
  ],
  ['with that of the request before, whatever is awaited for it', thenable, 'Bearer 1', 1],
])('a page that is left parks the session at once, %s', async (_, give, expected, asked) => {
  server.use(opening(text), closing)
  let token = 'Bearer 1'
  const sent: [string, RequestInit | undefined][] = []
  const headers = vi.fn(() => give(token) as HeadersInit | Promise<HeadersInit>)
  const { session, environment } = start({
    headers,
    fetch: (input: string, init?: RequestInit) => {
      sent.push([input, init])
      return fetch(input, init)
    },
  })
  await session.warm()
  token = 'Bearer 2'
  void environment.leave()
  expect(headers).toHaveBeenCalledTimes(asked)
  expect(sent[1]?.[0]).toBe(`${base}/sessions/close?afterMs=30000`)
  expect(sent[1]?.[1]?.keepalive).toBe(true)
  expect(Object.fromEntries(sent[1]?.[1]?.headers as Headers)).toMatchObject({
    authorization: expected,
    'warm-agent-ticket': 'second',
  })
})

test('what a message alone says is not said again when its page is left', async () => {
  server.use(
    opening(text),
    http.post(`${base}/messages`, () => new HttpResponse()),
    closing,
  )
  const { session, environment } = start({ headers: async () => ({ authorization: 'Bearer 1' }) })
  await session.warm()
  await session.fetch(`${base}/messages`, { method: 'POST', headers: { 'x-chat': '7' } })
  await environment.leave()
  await vi.waitFor(() => expect(seen).toHaveLength(3))
  expect(seen.map(({ headers }) => headers.get('x-chat'))).toEqual([null, '7', null])
})

test.each([
  ['an object', { authorization: 'Bearer 1' }],
  ['a function', () => ({ authorization: 'Bearer 1' })],
  ['a function that promises', async () => ({ authorization: 'Bearer 1' })],
])(
  "a conversation that began in the app's own route is parked with the headers of the proxy, which are %s",
  async (_, headers) => {
    server.use(closing)
    const { session, environment } = start({ headers, warmOn: 'manual' })
    const unmount = session.mount()
    const { answered } = await session.handoff()
    answered(new Headers({ 'warm-agent-ticket': 'first', 'warm-agent-outcome': 'cold' }))
    await settle()
    await environment.leave()
    await vi.waitFor(() => expect(seen).toHaveLength(1))
    expect(seen[0]?.headers.get('authorization')).toBe('Bearer 1')
    unmount()
  },
)

test('what an application closes is closed although it goes to another page at once', async () => {
  server.use(opening(text), closing)
  const sent = vi.fn((input: string, init?: RequestInit) => fetch(input, init))
  const { session } = start({ fetch: sent })
  await session.warm()
  await session.close()
  expect(sent).toHaveBeenLastCalledWith(`${base}/sessions/close`, expect.objectContaining({ keepalive: true }))
})

test.each([
  [
    'an error of the wire',
    { error: { code: 'quota_exceeded', message: 'Too many.', retryAfterMs: 5 } },
    'quota_exceeded',
  ],
  ['an error of somebody else', 'Bad gateway', 'agent_unavailable'],
])('an opening that is refused with %s is an error of the session', async (_, body, code) => {
  server.use(http.post(`${base}/sessions`, () => HttpResponse.json(body, { status: 429 })))
  const { session } = start()
  await session.warm()
  expect(session.store.getState()).toMatchObject({ status: 'error', error: { code } })
})

test.each([
  ['a page instead of a stream', '<!doctype html><p>Not found', `HTTP status 200 of ${base}/sessions`],
  ['an empty body', '', `HTTP status 200 of ${base}/sessions`],
  ['data that is no JSON', 'event: lease\ndata: hello\n\n', '.*JSON.*'],
])('an opening that is answered with %s is an error of the session, which tells why', async (_, body, why) => {
  server.use(opening(body))
  const { session } = start()
  await session.warm()
  expect(session.store.getState().error?.message).toMatch(new RegExp(`^Could not reach the proxy: ${why}\\.$`))
})

test('a warm-up that fails gives the code and message of the proxy', async () => {
  const failed = `event: failed\ndata: ${JSON.stringify({ error: { code: 'agent_failed', message: 'It died.' } })}\n\n`
  server.use(opening(text.split(': warming')[0] as string, failed))
  const { session } = start()
  await session.warm()
  expect(session.store.getState()).toMatchObject({
    status: 'error',
    error: { code: 'agent_failed', message: 'It died.' },
  })
})

const fail = () => {
  throw new Error('not logged in')
}

test.each([
  ['thrown', fail],
  ['rejected', async () => fail()],
])('headers that cannot be made (%s) fail the warm-up, no mount, and send nothing', async (_, headers) => {
  const { session } = start({ headers })
  session.mount()
  await settle()
  expect(session.store.getState().error?.message).toContain('not logged in')
  expect(seen).toHaveLength(0)
})

test('an endpoint of another origin is sent cookies, and the fetch of the page is looked up at each call', async () => {
  server.use(http.post('https://agents.example/sessions', () => HttpResponse.error()))
  const spy = vi.spyOn(globalThis, 'fetch')
  const { session } = start({ endpoint: new URL('https://agents.example/') })
  await session.warm()
  expect(spy).toHaveBeenCalledWith(
    'https://agents.example/sessions',
    expect.objectContaining({ credentials: 'include' }),
  )
  expect(session.store.getState()).toMatchObject({ status: 'error', error: { code: 'agent_unavailable' } })
  spy.mockRestore()
})

test('closing while a beat is on its way aborts its request', async () => {
  server.use(opening(text), closing)
  server.use(http.post(`${base}/sessions/beat`, () => new Promise<never>(() => {})))
  const { session, environment } = start()
  await session.warm()
  await environment.advance(9000)
  await vi.waitFor(() => expect(seen).toHaveLength(2))
  await session.close()
  expect(seen[1]?.signal.aborted).toBe(true)
})

test('closing while the opening is on its way aborts its request', async () => {
  server.use(http.post(`${base}/sessions`, () => new Promise<never>(() => {})))
  const { session, status, environment } = start()
  const ended = session.warm()
  await vi.waitFor(() => expect(seen).toHaveLength(1))
  await session.close()
  await ended
  expect(seen[0]?.signal.aborted).toBe(true)
  expect(status()).toBe('idle')
  expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })
})
