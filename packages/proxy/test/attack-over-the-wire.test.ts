import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { anonymousCallers, createWarmProxy, type WarmProxy } from '@warm-agent/proxy'
import { toNodeHandler } from '@warm-agent/proxy/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { secret } from './browser.ts'
import { createFakeRuntime } from './fake-runtime.ts'

let server: Server
let proxy: WarmProxy
let port = 0

beforeAll(async () => {
  proxy = createWarmProxy({
    runtime: createFakeRuntime().runtime,
    authorize: anonymousCallers({ secret }),
    secret,
    limits: { bodyBytes: 100_000 },
  })
  server = createServer({ requestTimeout: 2_000, connectionsCheckingInterval: 250 }, toNodeHandler(proxy.fetch))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await proxy.close()
})

/** What a client without manners sends, as it is. @returns the first line of the answer, empty when it is hung up on. */
async function sendRaw(text: string, { isKeptOpen = false } = {}): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket
    .on('error', () => {})
    .on('data', chunk => {
      answer += chunk
    })
  await once(socket, 'connect')
  socket.write(text)
  if (!isKeptOpen) socket.end()
  // Not `once`: it fails with the reset of a server that has hung up.
  await new Promise(resolve => socket.on('close', resolve))
  return answer.split('\r\n')[0] ?? ''
}
const head = (more: string, path = '/api/agent/messages') => `POST ${path} HTTP/1.1\r\nHost: chat.test\r\n${more}\r\n`

test.each([
  ['a header of 100 kB', head(`X-Large: ${'x'.repeat(100_000)}\r\n`)],
  ['ten thousand headers', head(Array.from({ length: 10_000 }, (_, index) => `X-${index}: y\r\n`).join(''))],
  ['two lengths', `${head('Content-Length: 5\r\nContent-Length: 6\r\n')}hello`],
  ['a length and chunks', `${head('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n')}0\r\n\r\n`],
  ['a broken chunk', `${head('Transfer-Encoding: chunked\r\n')}zz\r\nhello\r\n0\r\n\r\n`],
  ['no host', 'POST /api/agent/messages HTTP/1.1\r\n\r\n'],
  ['a host that is none', 'POST /api/agent/messages HTTP/1.1\r\nHost: a b<>%zz\r\nContent-Length: 0\r\n\r\n'],
  [
    'a URL with a password',
    'POST http://user:password@chat.test/api/agent/messages HTTP/1.1\r\nHost: user:password@chat.test\r\nContent-Length: 0\r\n\r\n',
  ],
  ['a path that is none', 'POST //\\%zz?\u0000 HTTP/1.1\r\nHost: chat.test\r\n\r\n'],
  ['another protocol', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000'],
  ['a negative length', head('Content-Length: -1\r\n')],
  ['a length that is a lie', `${head('Content-Length: 50000\r\n')}short`],
  ['a length over the limit', `${head('Content-Length: 100001\r\n')}x`],
])('%s is refused or hung up on, and the next request is served', async (_, text) => {
  const [status] = /\d{3}/.exec((await sendRaw(text)).slice(8)) ?? ['000']
  expect(Number(status)).toBeLessThan(500)
  const answer = await fetch(`http://127.0.0.1:${port}/api/agent/health`)
  expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }])
})

test('a body that trickles in forever is cut off, and holds nobody else up', async () => {
  const slow = sendRaw(`${head('Content-Length: 50000\r\n')}s`, { isKeptOpen: true })
  const answer = await fetch(`http://127.0.0.1:${port}/api/agent/messages`, { method: 'POST', body: 'hi' })
  expect(answer.status).toBe(200)
  await answer.text()
  expect(await slow).toMatch(/^(HTTP\/1\.1 408 .*)?$/)
})
