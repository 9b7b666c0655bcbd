import { WarmAgentError } from '@warm-agent/protocol'
import { type WarmAgentHandlers, type WarmAgentHandlersOptions, warmAgentHandlers } from '@warm-agent/testing'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { browserOf, outcomeOf } from '../../proxy/test/browser.ts'

const server = setupServer(http.all('*', () => HttpResponse.text('nobody plays this')))
beforeAll(() => server.listen())
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

/** A page on handlers of its own. */
function start(options?: WarmAgentHandlersOptions) {
  const proxy: WarmAgentHandlers = warmAgentHandlers(options)
  server.use(...proxy)
  return { proxy, ...browserOf({ fetch: request => fetch(request) }) }
}

test('without options a session is warm at once and a message is answered with a short stream', async () => {
  const { openWarm, send } = start()
  const { ticket } = await openWarm()
  const answer = await send('hi', ticket)
  expect(outcomeOf(answer)).toBe('warm')
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  expect(await answer.text()).toMatch(/^data: ".+"\n\ndata: ".+"\n\n$/)
})

test('an answer may be a string, or be made for each message, at leisure', async () => {
  expect(await (await start({ answer: 'data: 1\n\n' }).send('hi')).text()).toBe('data: 1\n\n')
  const { send } = start({ answer: async request => `you said ${await request.text()}` })
  expect(await (await send('one')).text()).toBe('you said one')
  expect(await (await send('two')).text()).toBe('you said two')
})

test('of an answer that is a Response, status, content type and body are passed on, and no more', async () => {
  const answer = () => HttpResponse.json({ no: 'tea' }, { status: 418, headers: { 'x-kettle': '1' } })
  const answered = await start({ answer }).send('hi')
  expect(answered.status).toBe(418)
  expect(await answered.json()).toEqual({ no: 'tea' })
  expect(answered.headers.get('content-type')).toBe('application/json')
  expect(answered.headers.get('x-kettle')).toBeNull()
  expect(outcomeOf(answered)).toBe('cold')
})

test('a message may fail as the proxy fails, or as the network does', async () => {
  const error = new WarmAgentError('rate_limited', 'Could not answer: too many. Wait.', { retryAfterMs: 1500 })
  const limited = await start({ answer: () => Promise.reject(error) }).send('hi')
  expect(limited.status).toBe(429)
  expect(limited.headers.get('retry-after')).toBe('2')
  expect(await limited.json()).toEqual({
    error: { code: 'rate_limited', message: error.message, retryAfterMs: 1500 },
  })
  await expect(start({ answer: () => HttpResponse.error() }).send('hi')).rejects.toThrow('Failed to fetch')
})

test('a failing warm-up tells the code that was asked for, in words that name the option', async () => {
  const { next } = await start({ failWith: 'quota_exceeded' }).open()
  await next()
  expect(await next()).toEqual({
    event: 'failed',
    data: { error: { code: 'quota_exceeded', message: expect.stringMatching(/^Could not .+ failWith .+\.$/) } },
  })
})

test('everything that the proxy sees is on record', async () => {
  const { proxy, openWarm, send, beat, post } = start()
  expect(proxy.seen).toEqual({ opened: 0, closed: 0, live: 0, beats: 0, messages: [] })
  const { ticket } = await openWarm()
  await openWarm()
  await beat(ticket)
  await beat('of another proxy')
  await send('one', ticket)
  await send('two')
  expect(proxy.seen).toEqual({
    opened: 2,
    closed: 0,
    live: 3,
    beats: 1,
    messages: [
      { text: 'one', outcome: 'warm' },
      { text: 'two', outcome: 'cold' },
    ],
  })
  await post('/sessions/close', { ticket })
  expect(proxy.seen).toMatchObject({ opened: 2, closed: 1, live: 2 })
})

test('a session whose warm-up failed is not live, nor is one whose message failed', async () => {
  const { proxy, open, send } = start({
    failWith: 'agent_failed',
    answer: () => Promise.reject(new WarmAgentError('agent_failed', 'Could not answer: no. Go.')),
  })
  const { next } = await open()
  await next()
  await next()
  await send('hi')
  expect(proxy.seen).toEqual({ opened: 1, closed: 0, live: 0, beats: 0, messages: [{ text: 'hi', outcome: 'cold' }] })
})

test('a page that aborts its opening hears of it at once', async () => {
  const leaving = new AbortController()
  const { next } = await start({ warmUpMs: 60_000 }).open({ signal: leaving.signal })
  await next()
  leaving.abort(new Error('left'))
  await expect(next()).rejects.toThrow('left')
})

test('each call plays a proxy of its own', async () => {
  const first = start()
  const { ticket } = await first.openWarm()
  const second = start()
  expect((await second.send('hi', ticket)).status).toBe(401)
  expect(second.proxy.seen.opened).toBe(0)
})

test.each([
  ['/api/agent', 'https://anywhere.test/api/agent/health', true],
  ['/warm/', 'http://chat.test/warm/health', true],
  ['https://chat.test:8443/warm', 'https://chat.test:8443/warm/health', true],
  [new URL('https://chat.test/warm/'), 'https://chat.test/warm/health', true],
  ['https://chat.test/warm', 'https://other.test/warm/health', false],
  ['/api/agent', 'https://anywhere.test/api/agents/health', false],
])('with the endpoint %s, %s is played: %s', async (endpoint, url, isPlayed) => {
  start({ endpoint })
  expect((await fetch(url)).headers.get('Warm-Agent-Version')).toBe(isPlayed ? '1' : null)
})

test.each<[object, string]>([
  [{ warmupMs: 1 }, 'warmupMs cannot be 1'],
  [{ endpoint: 'api/agent' }, 'endpoint cannot be api/agent'],
  [{ warmUpMs: -1 }, 'warmUpMs cannot be -1'],
  [{ warmUpMs: 2 ** 31 }, 'warmUpMs cannot be 2147483648'],
  [{ expireAfterMs: 0 }, 'expireAfterMs cannot be 0'],
  [{ expireAfterMs: Number.NaN }, 'expireAfterMs cannot be NaN'],
  [{ failWith: 'toString' }, 'failWith cannot be toString'],
  [{ answer: 7 }, 'answer cannot be 7'],
])('%j is refused, naming the option and the value', (options, what) => {
  expect(() => warmAgentHandlers(options as WarmAgentHandlersOptions)).toThrow(
    `Could not create the handlers: ${what}. See WarmAgentHandlersOptions.`,
  )
})

test('options that are undefined count as absent', () => {
  const nothing = { endpoint: undefined, warmUpMs: undefined, failWith: undefined, expireAfterMs: undefined }
  expect(() => warmAgentHandlers({ ...nothing, answer: undefined })).not.toThrow()
})
