import { EventEmitter, once } from 'node:events'
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { toNodeHandler } from '@warm-agent/proxy/node'
import { afterEach, expect, test, vi } from 'vitest'
import { createTestProxy } from './browser.ts'
import { brokenStreamOf, createFakeRuntime } from './fake-runtime.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections()
})

async function serve(
  handle: (request: Request) => Promise<Response>,
  before: (incoming: IncomingMessage & { body?: unknown; originalUrl?: string }) => Promise<void> | void = () => {},
): Promise<string> {
  const handler = toNodeHandler(handle)
  return listen(async (incoming, outgoing) => {
    await before(incoming)
    await handler(incoming, outgoing)
  })
}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('method, URL, headers and body arrive, and status, headers and cookies come back', async () => {
  const url = await serve(async request =>
    Response.json([request.method, request.url, request.headers.get('x-one'), await request.text()], {
      status: 201,
      headers: [
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['x-two', '2'],
      ],
    }),
  )
  const response = await fetch(`${url}/path?query=1`, { method: 'POST', body: 'hello', headers: { 'x-one': '1' } })
  expect(response.status).toBe(201)
  expect(await response.json()).toEqual(['POST', `${url}/path?query=1`, '1', 'hello'])
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  expect(response.headers.get('x-two')).toBe('2')
})

test('chunks pass one by one, not bunched', async () => {
  const { readable, writable } = new TransformStream<string, string>()
  const url = await serve(async () => new Response(readable.pipeThrough(new TextEncoderStream())))
  const writer = writable.getWriter()
  const response = await fetch(url)
  const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>)
    .pipeThrough(new TextDecoderStream())
    .getReader()
  for (const chunk of ['one', 'two', 'three']) {
    await writer.write(chunk)
    expect((await reader.read()).value).toBe(chunk)
  }
})

test('a client that leaves aborts the request and cancels the answer', async () => {
  const heard = new EventTarget()
  const aborted = once(heard, 'aborted')
  const cancelled = once(heard, 'cancelled')
  const url = await serve(async request => {
    request.signal.addEventListener('abort', () => heard.dispatchEvent(new Event('aborted')))
    return new Response(
      new ReadableStream({
        start: controller => controller.enqueue(new TextEncoder().encode('one')),
        cancel: () => void heard.dispatchEvent(new Event('cancelled')),
      }),
    )
  })
  const leaving = new AbortController()
  const response = await fetch(url, { signal: leaving.signal })
  expect(response.status).toBe(200)
  leaving.abort()
  await Promise.all([aborted, cancelled])
})

test('a client that leaves aborts also the requests that it had sent behind the first', async () => {
  const left: string[] = []
  const arrived = new EventEmitter()
  const url = await serve(
    request =>
      new Promise(() => {
        request.signal.addEventListener('abort', () => arrived.emit('left', left.push(request.url)))
        arrived.emit('request')
      }),
  )
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const all = Array.from({ length: 3 }, (_, index) => `GET /${index} HTTP/1.1\r\nHost: here\r\n\r\n`)
  for (const one of all) {
    socket.write(one)
    await once(arrived, 'request')
  }
  const gone = new Promise(resolve => arrived.on('left', count => count === all.length && resolve(count)))
  socket.destroy()
  await gone
  expect(left).toHaveLength(3)
})

test('what a connection hears for one of its requests does not pile up', async () => {
  let listening = new Set<number>()
  const url = await listen((incoming, outgoing) => {
    void toNodeHandler(async () => new Response('ok'))(incoming, outgoing)
    outgoing.once('finish', () => setImmediate(() => listening.add(incoming.socket.listenerCount('close'))))
  })
  const warned: string[] = []
  const onWarning = ({ name }: Error) => void warned.push(name)
  process.on('warning', onWarning)
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8')
  const answers = async (count: number) => {
    listening = new Set()
    socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n'.repeat(count))
    for (let text = ''; text.split('HTTP/1.1 200').length <= count || !text.endsWith('0\r\n\r\n'); ) {
      const [chunk] = await once(socket, 'data')
      text += chunk
    }
    await new Promise(setImmediate)
    return Math.min(...listening)
  }
  const afterOne = await answers(1)
  expect(await answers(30)).toBe(afterOne)
  process.off('warning', onWarning)
  socket.destroy()
  expect(warned).not.toContain('MaxListenersExceededWarning')
})

test('an answer that is read to its end aborts nothing', async () => {
  let isAborted = false
  const url = await serve(async request => {
    request.signal.addEventListener('abort', () => {
      isAborted = true
    })
    return new Response('whole')
  })
  expect(await (await fetch(url)).text()).toBe('whole')
  await (await fetch(url)).text()
  expect(isAborted).toBe(false)
})

test('an answer that breaks off is not taken for whole', async () => {
  const url = await serve(async () => new Response(brokenStreamOf('half')))
  await expect(fetch(url).then(response => response.text())).rejects.toThrow()
})

test('behind a body parser the parsed body is sent (uploadthing #590)', async () => {
  const parse = async (incoming: IncomingMessage & { body?: unknown }) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    incoming.body = JSON.parse(Buffer.concat(chunks).toString())
  }
  const url = await serve(async request => new Response(await request.text()), parse)
  const response = await fetch(url, { method: 'POST', body: '{ "prompt": "hi" }' })
  expect(await response.text()).toBe('{"prompt":"hi"}')
})

test('a body that was read before, and nobody knows any more, is refused with what to do; not so where there was none', async () => {
  const { runtime, log } = createFakeRuntime()
  const { proxy } = createTestProxy({ runtime })
  const read = async (incoming: IncomingMessage) => {
    for await (const _ of incoming) {
      // Nothing is kept of it.
    }
  }
  /** Without a length in its headers. */
  const chunked = () => ({ duplex: 'half', body: new Blob(['{"prompt":"hi"}']).stream() }) as RequestInit
  for (const handle of [proxy.fetch, (request: Request) => proxy.fetch(request)]) {
    const url = `${await serve(handle, read)}/api/agent`
    for (const path of ['/messages', '/sessions', '/sessions/close']) {
      for (const init of [{ body: '{"prompt":"hi"}' }, chunked()]) {
        const answer = await fetch(`${url}${path}`, { method: 'POST', ...init })
        const says = /^{"error":{"code":"internal","message":"Could not read the body: .* has read it\..*}$/
        expect([answer.status, await answer.text()]).toEqual([500, expect.stringMatching(says)])
      }
    }
    expect(log).toEqual([])
    for (const init of [{}, { body: '' }]) {
      const answer = await fetch(`${url}/messages`, { method: 'POST', ...init })
      expect([answer.status, await answer.text()]).toEqual([200, 'onetwo'])
    }
    expect((await fetch(`${url}/health`)).status).toBe(200)
    log.length = 0
  }
})

test('under a mount path the original URL counts', async () => {
  const url = await serve(
    async request => new Response(new URL(request.url).pathname),
    incoming => {
      incoming.originalUrl = incoming.url ?? ''
      incoming.url = '/sessions'
    },
  )
  expect(await (await fetch(`${url}/api/agent/sessions`)).text()).toBe('/api/agent/sessions')
})

test('a Host that is none is refused', async () => {
  const url = await serve(async () => new Response('ok'))
  const [response] = (await once(httpRequest(url, { headers: { host: 'a b' } }).end(), 'response')) as [IncomingMessage]
  expect(response.statusCode).toBe(400)
})

test('`authorize` is given a Request with which everything can be done but read its body', async () => {
  const authorize = (request: Request) => {
    const copies = [new Request(request), request.clone(), new Request('http://other.test', request)]
    const users = new Set(copies.map(({ headers }) => headers.get('x-user')))
    return users.size === 1 && request.method === 'POST' && !request.signal.aborted
      ? { callerId: [...users].join() }
      : null
  }
  const { proxy } = createTestProxy({ runtime: createFakeRuntime().runtime, authorize })
  const url = await serve(proxy.fetch)
  const response = await fetch(`${url}/api/agent/messages`, {
    method: 'POST',
    body: 'hi',
    headers: { 'x-user': 'ann' },
  })
  expect([response.status, await response.text()]).toEqual([200, 'onetwo'])
})

test('`authorize` hears that the client has left', async () => {
  const heard = new EventEmitter()
  const authorize = async (request: Request) => {
    const left = once(request.signal, 'abort')
    heard.emit('asked')
    await left
    heard.emit('left')
    return null
  }
  const { proxy } = createTestProxy({ runtime: createFakeRuntime().runtime, authorize })
  const url = await serve(proxy.fetch)
  const [asked, left] = [once(heard, 'asked'), once(heard, 'left')]
  const leaving = new AbortController()
  const answer = fetch(`${url}/api/agent/sessions`, { method: 'POST', signal: leaving.signal })
  await asked
  leaving.abort()
  await expect(answer).rejects.toThrow()
  await left
})

test('when the host has answered meanwhile, the answer of the agent is given up and nothing else', async () => {
  const heard = new EventEmitter()
  const cancelled = once(heard, 'cancelled')
  const handler = toNodeHandler(async () => {
    await once(heard, 'host answered')
    return new Response(new ReadableStream({ cancel: () => void heard.emit('cancelled') }), {
      headers: { 'x-two': '2' },
    })
  })
  let handling: Promise<void> | undefined
  const url = await listen((incoming, outgoing) => {
    handling = handler(incoming, outgoing)
    outgoing.writeHead(503).end('too late', () => heard.emit('host answered'))
  })
  const response = await fetch(url)
  expect([response.status, await response.text()]).toEqual([503, 'too late'])
  await handling
  await cancelled
})

test('an answer that Node cannot write is cut off, and told to who runs the server', async () => {
  const told = vi.spyOn(console, 'error').mockReturnValue()
  const url = await serve(async () => Response.error())
  await expect(fetch(url)).rejects.toThrow()
  expect(told).toHaveBeenCalledWith(expect.stringContaining('Could not write the answer'), expect.any(RangeError))
  told.mockRestore()
})

test('a body that is refused for its length ends its connection, and nobody waits for the rest', async () => {
  const { proxy } = createTestProxy({ runtime: createFakeRuntime().runtime, limits: { bodyBytes: 10 } })
  const url = await serve(proxy.fetch)
  const endless = httpRequest(`${url}/api/agent/messages`, { method: 'POST' })
  endless.on('error', () => {})
  endless.write('more than ten bytes')
  const [response] = (await once(endless, 'response')) as [IncomingMessage]
  expect([response.statusCode, response.headers.connection]).toEqual([413, 'close'])
  response.resume()
  await once(response, 'close')
})
