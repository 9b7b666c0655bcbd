import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { browserOf, createTestProxy, outcomeOf, ticketOf } from './browser.ts'
import { brokenStreamOf, createFakeRuntime } from './fake-runtime.ts'
import type { Host } from './hosts.ts'

/** What every host does, with whatever framework: the one table of the adapters. */
export function describeHost(host: Host): void {
  describe(host.name, () => {
    const open: { close(): unknown }[] = []
    afterEach(async () => {
      for (const started of open.splice(0)) await started.close()
    })

    async function start(handle: (request: Request) => Promise<Response>) {
      const started = await host.start(handle)
      open.push(started)
      return (path: string, init?: RequestInit) => started.fetch(`${started.origin}/api/agent${path}`, init)
    }

    test('method, path, query, headers and cookies arrive; status, headers and cookies come back', async () => {
      const ask = await start(async request => {
        const { pathname, searchParams } = new URL(request.url)
        const query = Object.fromEntries(searchParams)
        const seen = [request.method, pathname, query, request.headers.get('x-one'), request.headers.get('cookie')]
        return Response.json(seen, {
          status: 201,
          headers: [
            ['set-cookie', 'a=1; Path=/'],
            ['set-cookie', 'b=2, three'],
            ['x-two', '2'],
          ],
        })
      })
      const headers = { 'x-one': '1', cookie: 'c=3; d=4' }
      const response = await ask('/path/below?query=%20x&y', { method: 'POST', body: 'hello', headers })
      expect(response.status).toBe(201)
      expect(await response.json()).toEqual(['POST', '/api/agent/path/below', { query: ' x', y: '' }, '1', 'c=3; d=4'])
      expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2, three'])
      expect(response.headers.get('x-two')).toBe('2')
    })

    test.each([
      ['JSON', 'application/json', Buffer.from('{ "prompt": "naïve \\u00e9 \u{1f680}" }')],
      ['text', 'text/plain', Buffer.from('plain')],
      ['bytes', 'application/octet-stream', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
      ['another type', 'application/vnd.own+x', Buffer.from('own')],
      ['five megabytes', 'application/octet-stream', Buffer.alloc(5 * 1024 * 1024, 'x')],
    ])('a body of %s arrives', async (_, type, sent) => {
      const ask = await start(async request => new Response(await request.arrayBuffer()))
      const headers = { 'content-type': type }
      const came = Buffer.from(await (await ask('/echo', { method: 'POST', body: sent, headers })).arrayBuffer())
      if (host.parsesJson && type === 'application/json') expect(JSON.parse(`${came}`)).toEqual(JSON.parse(`${sent}`))
      else expect(came.equals(sent)).toBe(true)
    })

    test('what concerns a connection to somebody else is not passed on', async () => {
      const ask = await start(
        async () => new Response('whole', { headers: { connection: 'keep-alive', 'keep-alive': 'timeout=7' } }),
      )
      const response = await ask('/fetched')
      expect([response.status, await response.text()]).toEqual([200, 'whole'])
    })

    test('a body that is empty arrives, whatever reads it first', async () => {
      const { runtime, log } = createFakeRuntime()
      const { proxy } = createTestProxy({ runtime })
      const whole = async (request: Request) => new Response(`${request.method} ${await request.text()}`)
      const headers = { 'content-type': 'application/json' }
      const empty = { method: 'POST', body: '', headers }
      expect(await (await (await start(whole))('/echo', empty)).text()).toBe('POST ')
      const ask = await start(proxy.fetch)
      expect(await (await ask('/messages', empty)).text()).toBe('onetwo')
      expect(await (await ask('/sessions', empty)).text()).toMatch(/^event: lease/)
      expect((await ask('/sessions/close', empty)).status).toBe(401)
      expect(log[1]).toBe('vm 1 ran ')
    })

    test('a form arrives as what its type says', async () => {
      const ask = await start(
        async request => new Response(`${request.headers.get('content-type')} ${await request.text()}`),
      )
      const type = 'application/x-www-form-urlencoded'
      const send = async (body: string) =>
        (await ask('/echo', { method: 'POST', body, headers: { 'content-type': type } })).text()
      expect(await send('a=1&b=+%C3%A9&b=3')).toBe(`${type} a=1&b=+%C3%A9&b=3`)
      // What a parser has nested has no one way back.
      const nested = host.parsesJson ? 'application/json {"a":{"b":"1"}}' : `${type} a[b]=1`
      expect(await send('a[b]=1')).toBe(nested)
    })

    test.each([
      ['application/json', 'utf-16le', 'utf16le'],
      ['text/plain', 'latin1', 'latin1'],
    ] as const)('a body of %s in %s arrives in the charset that its type says', async (type, charset, encoding) => {
      const ask = await start(async request => {
        const [, said] = request.headers.get('content-type')?.split('charset=') ?? []
        return new Response(new TextDecoder(said).decode(await request.arrayBuffer()))
      })
      const headers = { 'content-type': `${type}; charset=${charset}` }
      const answer = await ask('/echo', { method: 'POST', body: Buffer.from('["é"]', encoding), headers })
      expect(await answer.text()).toBe('["é"]')
    })

    test('a function that names the conversation can read the body, and the agent gets it whole', async () => {
      const { runtime, log } = createFakeRuntime()
      const conversationId = async (request: Request) => (await request.json()).id
      const { proxy, events } = createTestProxy({ runtime, conversationId })
      const ask = await start(proxy.fetch)
      const headers = { 'content-type': 'application/json' }
      const answer = await ask('/messages', { method: 'POST', body: '{"id":"trip"}', headers })
      expect([answer.status, await answer.text()]).toEqual([200, 'onetwo'])
      expect(log[1]).toBe('vm 1 ran {"id":"trip"}')
      expect(events.map(({ type }) => type)).toEqual(['message-answered'])
    })

    test('chunks pass one by one, not bunched', async () => {
      const { readable, writable } = new TransformStream<string, string>()
      const ask = await start(async () => new Response(readable.pipeThrough(new TextEncoderStream())))
      const writer = writable.getWriter()
      // Next.js sends the headers together with the first chunk.
      const [response] = await Promise.all([ask('/stream'), writer.write('one')])
      const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>)
        .pipeThrough(new TextDecoderStream())
        .getReader()
      expect((await reader.read()).value).toBe('one')
      for (const chunk of ['two', 'three']) {
        await writer.write(chunk)
        expect((await reader.read()).value).toBe(chunk)
      }
      await writer.close()
      expect((await reader.read()).done).toBe(true)
    })

    test('an answer without a body ends', async () => {
      const ask = await start(async () => new Response(null, { status: 204, headers: { 'x-one': '1' } }))
      const response = await ask('/none', { method: 'POST' })
      expect([response.status, response.headers.get('x-one'), await response.text()]).toEqual([204, '1', ''])
    })

    test('an answer that breaks off is not taken for whole', async () => {
      const ask = await start(async () => new Response(brokenStreamOf('half')))
      await expect(ask('/half').then(response => response.text())).rejects.toThrow()
    })

    test('a whole conversation: warmed, joined or warm, answered, beaten, closed', async () => {
      const { runtime, log } = createFakeRuntime()
      const { proxy, events } = createTestProxy({ runtime })
      const started = await host.start(proxy.fetch)
      open.push(started)
      const { origin } = started
      const browser = browserOf({
        fetch: async request =>
          started.fetch(request.url.replace('http://chat.test', origin), {
            method: request.method,
            headers: { ...Object.fromEntries(request.headers), origin },
            ...(request.body && { body: await request.text() }),
          }),
      })
      const { ticket } = await browser.openWarm()
      const headers = { 'content-type': 'application/json' }
      const answer = await browser.send('{"prompt":"hi"}', ticket, { headers })
      expect([answer.status, outcomeOf(answer), await answer.text()]).toEqual([200, 'warm', 'onetwo'])
      // A host that compresses would gather the stream up.
      expect(['cache-control', 'x-accel-buffering', 'content-encoding'].map(name => answer.headers.get(name))).toEqual([
        'no-store, no-transform',
        'no',
        null,
      ])
      const lease = await browser.beat(ticketOf(answer))
      expect(lease).toMatchObject({ status: 'warm' })
      expect((await browser.post('/sessions/close', { ticket: lease.ticket })).status).toBe(204)
      expect(log).toEqual(['vm 1 started', 'vm 1 warmed', 'vm 1 ran {"prompt":"hi"}', 'vm 1 warmed', 'vm 1 stopped'])
      expect(events.filter(({ type }) => type === 'request-failed')).toEqual([])
    })

    test('a body over the limit is refused', async () => {
      const { proxy } = createTestProxy({ runtime: createFakeRuntime().runtime, limits: { bodyBytes: 1000 } })
      const ask = await start(proxy.fetch)
      const response = await ask('/messages', { method: 'POST', body: 'x'.repeat(1001) })
      expect(response.status).toBe(413)
    })

    if (!host.hearsLeaving) return
    test('a client that leaves cancels the answer', async () => {
      const heard = new EventTarget()
      const cancelled = once(heard, 'cancelled')
      const ask = await start(
        async () =>
          new Response(
            new ReadableStream({
              start: controller => controller.enqueue(new TextEncoder().encode('one')),
              cancel: () => void heard.dispatchEvent(new Event('cancelled')),
            }),
          ),
      )
      const response = await ask('/stream')
      await response.body?.cancel()
      await cancelled
    })
  })
}
