import { readdir, readFile } from 'node:fs/promises'
import { PassThrough } from 'node:stream'
import { toExpressHandler } from '@warm-agent/proxy/express'
import { toFastifyPlugin } from '@warm-agent/proxy/fastify'
import { toLambdaHandler } from '@warm-agent/proxy/lambda'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { cloneRawRequest } from 'hono/request'
import { expect, onTestFinished, test, vi } from 'vitest'
import { browserOf, createTestProxy } from './browser.ts'
import { createFakeRuntime, hang } from './fake-runtime.ts'
import { describeHost } from './host-cases.ts'
import { type Handle, type Host, hosts, listen } from './hosts.ts'

// Next.js, built and started, passes them in test/packaging/next-host.test.ts.
for (const host of hosts) describeHost(host)

test('Lambda, which does not tell that a client has left: an answer is given up before the function is', async () => {
  const lambda = hosts.find(({ hearsLeaving }) => !hearsLeaving) as Host
  let signal: AbortSignal | undefined
  const { origin, fetch, close } = await lambda.start(async request => {
    signal = request.signal
    return new Response(new ReadableStream({ start: controller => controller.enqueue(new Uint8Array(1)) }))
  }, 1_050)
  await expect((await fetch(`${origin}/api/agent/stream`)).arrayBuffer()).rejects.toThrow()
  expect(signal?.aborted).toBe(true)
  await close()
})

test('Lambda: a message without an answer when the time is over is told so, in the words of the wire', async () => {
  const lambda = hosts.find(({ hearsLeaving }) => !hearsLeaving) as Host
  const { runtime, failNext } = createFakeRuntime()
  const { proxy, events } = createTestProxy({ runtime })
  failNext(hang)
  const { origin, fetch, close } = await lambda.start(proxy.fetch, 1_050)
  const answer = await fetch(`${origin}/api/agent/messages`, { method: 'POST', body: '{}' })
  expect(answer.status).toBe(504)
  expect(await answer.json()).toEqual({
    error: {
      code: 'warm_up_timed_out',
      message: expect.stringMatching(/^Could not answer: .+ may have arrived\.$/),
    },
  })
  const failed = events.filter(({ type }) => type === 'request-failed')
  expect(failed).toMatchObject([{ route: 'message', code: 'warm_up_timed_out' }])
  await close()
})

test('Lambda: once it is answered no timer is left, which would end the next request that this function serves', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const lambda = hosts.find(({ hearsLeaving }) => !hearsLeaving) as Host
  const { origin, fetch, close } = await lambda.start(async () => new Response('whole'))
  expect(await (await fetch(`${origin}/api/agent/health`)).text()).toBe('whole')
  expect(vi.getTimerCount()).toBe(0)
  await close()
})

type FunctionUrlEvent = Parameters<ReturnType<typeof toLambdaHandler>>[0]

/** What a function URL hands over, with these differences. */
function eventWith({ method = 'POST', ...more }: Partial<FunctionUrlEvent> & { method?: string }): FunctionUrlEvent {
  const own = { rawPath: '/api/agent/messages', rawQueryString: '', headers: {}, body: 'eA==', isBase64Encoded: true }
  return { ...own, requestContext: { domainName: 'abc.lambda-url.us-east-1.on.aws', http: { method } }, ...more }
}

test.each([
  ['a path that would go on with the name of the host', eventWith({ rawPath: '@evil.test/api/agent/health' }), 400],
  [
    'a path that would go on with the name of the host, and is no sign-in',
    eventWith({ method: 'GET', rawPath: '.evil.test/api/agent/health' }),
    400,
  ],
  ['a method that no Fetch request has', eventWith({ method: 'TRACE' }), 400],
  ['a header that is none', eventWith({ headers: { x: 'a\u20ac' } }), 400],
  ['a cookie that is none', eventWith({ cookies: ['a=b\r\nx: y'] }), 400],
  ['an event that is no request', { source: 'aws.events' } as unknown as FunctionUrlEvent, 400],
  ['GET with a body, which is left out', eventWith({ method: 'GET' }), 404],
  ['HEAD with a body, which is left out', eventWith({ method: 'HEAD' }), 404],
])('Lambda: %s is answered, and not taken for a crash of the function', async (_, event, status) => {
  const lambda = hosts.find(({ hearsLeaving }) => !hearsLeaving) as Host
  const { proxy } = createTestProxy({ runtime: createFakeRuntime().runtime })
  const { close } = await lambda.start(proxy.fetch)
  const stream = new PassThrough().resume()
  await toLambdaHandler(proxy.fetch)(event, stream, { getRemainingTimeInMillis: () => 60_000 })
  expect(stream).toMatchObject({ prelude: { statusCode: status } })
  await close()
})

const exposed = 'access-control-expose-headers'
const ofApp = { 'x-app': 'own', 'x-two': 'own', [exposed]: 'X-App' }

/** Apps that have put headers of their own on the answer before the proxy is asked. */
const apps: [name: string, start: Host['start']][] = [
  [
    'Express',
    handle => {
      const app = express().use((_, response, next) => {
        response.cookie('app', '1').vary('Accept-Encoding').set(ofApp)
        next()
      })
      return listen(app.use('/api/agent', toExpressHandler(handle)))
    },
  ],
  [
    'Fastify',
    async handle => {
      const app = Fastify({ forceCloseConnections: true })
      app.addHook('onRequest', async (_, reply) => {
        reply.headers({ 'set-cookie': 'app=1; Path=/', vary: 'Accept-Encoding', ...ofApp })
      })
      await app.register(toFastifyPlugin(handle), { prefix: '/api/agent' })
      return { origin: await app.listen({ port: 0, host: '127.0.0.1' }), fetch, close: () => app.close() }
    },
  ],
]

test.each(apps)(
  '%s: what the app has put on the answer stays, but for what the answer says itself',
  async (_, start) => {
    const handle: Handle = async () =>
      new Response('ok', { headers: { 'set-cookie': 'ours=1', vary: 'Origin', 'x-two': '2', [exposed]: 'X-Two' } })
    const { origin, fetch, close } = await start(handle)
    const { headers } = await fetch(`${origin}/api/agent/health`)
    expect(headers.getSetCookie()).toEqual(['app=1; Path=/', 'ours=1'])
    expect(['x-app', 'x-two'].map(name => headers.get(name))).toEqual(['own', '2'])
    expect(['vary', exposed].map(name => headers.get(name))).toEqual(['Accept-Encoding, Origin', 'X-App, X-Two'])
    await close()
  },
)

test.each([
  [true, 200],
  [false, 403],
])('Fastify behind a load balancer: with trustProxy %s its pages get %i', async (trustProxy, status) => {
  const { proxy } = createTestProxy({ runtime: createFakeRuntime().runtime })
  const app = Fastify({ trustProxy, forceCloseConnections: true })
  await app.register(toFastifyPlugin(proxy.fetch), { prefix: '/api/agent' })
  const own = await app.listen({ port: 0, host: '127.0.0.1' })
  const forwarded = { 'x-forwarded-host': 'chat.example', 'x-forwarded-proto': 'https' }
  const headers = { ...forwarded, origin: 'https://chat.example' }
  const response = await fetch(`${own}/api/agent/health`, { headers })
  await app.close()
  expect(response.status).toBe(status)
})

test('Hono, behind a middleware that has read the body: a clone is answered, and the request itself refused with what to do', async () => {
  const { runtime, log } = createFakeRuntime()
  const { proxy } = createTestProxy({ runtime })
  const reading = () =>
    new Hono().use(async (context, next) => {
      await context.req.json()
      await next()
    })
  const raw = reading().all('*', context => proxy.fetch(context.req.raw))
  const cloned = reading().all('*', async context => proxy.fetch(await cloneRawRequest(context.req)))
  const send = async ({ fetch }: Hono, path: string) => {
    const answer = await browserOf({ fetch: async request => fetch(request) }).post(path, { body: '{"prompt":"hi"}' })
    return [answer.status, await answer.text()]
  }
  for (const path of ['/messages', '/sessions', '/sessions/close']) {
    const [status, text] = await send(raw, path)
    expect([status, JSON.parse(`${text}`).error]).toEqual([
      500,
      {
        code: 'internal',
        message:
          'Could not read the body: something in front of the proxy has read it. Mount the proxy before that, or give it a clone.',
      },
    ])
  }
  expect(log).toEqual([])
  expect(await send(cloned, '/messages')).toEqual([200, 'onetwo'])
  expect(log[1]).toBe('vm 1 ran {"prompt":"hi"}')
})

test('an adapter stays under 60 lines', async () => {
  const folder = new URL('../src/', import.meta.url)
  const adapters = (await readdir(new URL('adapters/', folder))).map(name => `adapters/${name}`)
  for (const path of ['node.ts', ...adapters]) {
    const text = await readFile(new URL(path, folder), 'utf8')
    expect(text.split('\n').length, path).toBeLessThan(60)
  }
})
