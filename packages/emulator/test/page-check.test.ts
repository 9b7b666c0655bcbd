import dns from 'node:dns'
import { existsSync } from 'node:fs'
import { request as openRequest } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Sha256 } from '@aws-crypto/sha256-js'
import { HttpRequest } from '@smithy/protocol-http'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Emulator, EmulatorOptions } from '@warm-agent/emulator'
import { expect, test, vi } from 'vitest'
import { emulate, urlOf } from './harness.ts'

interface Call {
  method?: string
  headers?: Record<string, string>
  body?: string
}

/** A request whose `Host` and `Origin` are what they are given, as `fetch` would not have it. */
async function call(url: string, { method = 'GET', headers = {}, body }: Call = {}) {
  const request = openRequest(url, { method, headers, agent: false })
  const answered = new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject)
    request.on('upgrade', (answer, socket) => {
      socket.destroy()
      resolve(answer)
    })
  })
  request.end(body)
  const answer = await answered
  const said = answer.statusCode === 101 ? '{}' : await text(answer)
  return { status: answer.statusCode, type: answer.headers['x-amzn-errortype'], body: JSON.parse(said) }
}

/** Simulated agents: none of these calls is to get as far as a process. */
const fast = (options: Partial<EmulatorOptions> = {}) => emulate({ agent: () => '{}', auth: 'none', ...options })

const ledger = ({ adminUrl }: Emulator) => `${adminUrl}/_emulator/ledger`

test.each<[string, number]>([
  ['127.0.0.1:9000', 200],
  ['192.168.1.5', 200],
  ['[::1]:9000', 200],
  ['[2001:db8::1]', 200],
  ['localhost:9000', 200],
  ['LocalHost', 200],
  ['agent.localhost', 200],
  ['emulator:9000', 200],
  ['my_emulator', 200],
  ['host.docker.internal', 200],
  ['laptop.local', 200],
  ['localhost.:9000', 200],
  ['host.docker.internal.', 200],
  ['evil.example:9000', 403],
  ['evil.example.', 403],
  ['localhost.evil.example', 403],
  ['127.0.0.1.evil.example', 403],
  ['evillocalhost.example', 403],
  ['evil-local.example', 403],
  ['evil.example#.localhost', 403],
])('answers the host "%s" with %d: no DNS of a stranger may lead here', async (host, status) => {
  const { emulator } = await fast()
  expect(await call(ledger(emulator), { headers: { host } })).toMatchObject({ status })
})

test('answers the hosts that it was told are its own, and the name that it listens on', async () => {
  // Of one address or of all, as this version of Node asks.
  const found = (...[, ...rest]: unknown[]) => {
    const done = rest.at(-1) as (...answer: unknown[]) => void
    const { all } = rest[0] as { all?: boolean }
    done(null, all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4)
  }
  const lookup = vi.spyOn(dns, 'lookup').mockImplementation(found as typeof dns.lookup)
  const { emulator } = await fast({
    host: 'emulator.test',
    allowedHosts: ['Tunnel.Example', '203.0.113.5', 'fd00::5'],
  }).finally(() => lookup.mockRestore())
  const { port } = new URL(emulator.url)
  const status = async (headers: Record<string, string>) =>
    (await call(`http://127.0.0.1:${port}/_emulator/ledger`, { headers })).status
  expect(await status({ host: `emulator.test:${port}` })).toBe(200)
  expect(await status({ host: 'tunnel.example' })).toBe(200)
  expect(await status({ host: 'other.tunnel.example' })).toBe(403)
  expect(await status({ origin: 'https://tunnel.example' })).toBe(200)
  expect(await status({ origin: 'http://203.0.113.5' })).toBe(200)
  expect(await status({ origin: 'http://[fd00::5]:8080' })).toBe(200)
})

test('answers who speaks HTTP/1.0, which names no host: no browser does', async () => {
  const { emulator } = await fast()
  const socket = connect(Number(new URL(emulator.adminUrl).port), '127.0.0.1')
  socket.end('GET /_emulator/ledger HTTP/1.0\r\n\r\n')
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /)
})

test.each<[string, number]>([
  ['http://localhost:5173', 200],
  ['https://localhost', 200],
  ['http://app.localhost:5173', 200],
  ['http://127.0.0.1:5173', 200],
  ['http://[::1]:5173', 200],
  ['http://0.0.0.0:8000', 200],
  ['http://web:3000', 200],
  ['http://laptop.local', 200],
  ['http://evil.example', 403],
  ['https://localhost.evil.example', 403],
  // A name that somebody else's DNS gives is one thing, somebody else's machine another.
  ['http://203.0.113.5', 403],
  ['http://192.168.1.66', 403],
  ['http://[2001:db8::1]', 403],
  ['chrome-extension://abcdefghijklmnopabcdefghijklmnop', 403],
  ['file://', 403],
  ['null', 403],
  ['', 403],
])('answers a page of the origin "%s" with %d', async (origin, status) => {
  const { emulator } = await fast()
  for (const site of ['cross-site', 'same-site']) {
    const answer = await call(`${emulator.url}/_emulator/chaos`, {
      method: 'POST',
      headers: { origin, 'sec-fetch-site': site, 'content-type': 'text/plain' },
      body: 'slow:1',
    })
    expect(answer).toMatchObject({ status })
  }
  expect(emulator.chaos.list()).toHaveLength(status === 200 ? 2 : 0)
})

test('answers a page of the very host that is called, whatever its address is', async () => {
  const { emulator } = await fast()
  const headers = { host: '192.168.1.5:9000', origin: 'http://192.168.1.5:5173' }
  expect(await call(ledger(emulator), { headers })).toMatchObject({ status: 200 })
})

test.each<[string, number]>([
  ['cross-site', 403],
  ['same-site', 200],
  ['same-origin', 200],
  // Somebody typed it in.
  ['none', 200],
])('answers a request without an origin whose site is %s with %d', async (site, status) => {
  const { emulator } = await fast()
  expect(await call(ledger(emulator), { headers: { 'sec-fetch-site': site } })).toMatchObject({ status })
})

const handshake = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

const denied = { status: 403, type: 'AccessDeniedException' }

test.each<[string, (emulator: Emulator) => string, Call, object]>([
  ['a call', emulator => urlOf(emulator), { method: 'POST' }, denied],
  ['a stop', emulator => urlOf(emulator, 'stopruntimesession'), { method: 'POST' }, denied],
  ['a preflight', emulator => urlOf(emulator), { method: 'OPTIONS' }, denied],
  ['an unknown operation', ({ url }) => url, {}, denied],
  ['a WebSocket', emulator => urlOf(emulator, 'ws'), { headers: handshake }, denied],
  ['an upgrade elsewhere', ledger, { headers: handshake }, denied],
  ['an admin route', ledger, {}, { status: 403, type: undefined }],
  ['a token', ({ url }) => `${url}/_emulator/oauth/token`, { method: 'POST' }, { status: 403, type: undefined }],
])('refuses %s to strangers, in the words of what they ask', async (_, urlFor, { headers, ...how }, refusal) => {
  const { emulator, events } = await fast()
  const why = {
    message: expect.stringMatching(/^Could not serve a request [^:]+(:\/\/[^:]+)?: .+\. (Call|Open|Type) .+\.$/),
  }
  for (const stranger of [
    { host: 'evil.example' },
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
  ]) {
    const answer = await call(urlFor(emulator), { ...how, headers: { ...headers, ...stranger } as never })
    expect(answer).toEqual({ ...refusal, body: why })
  }
  // The books are those of the data plane.
  const counted = refusal === denied ? { AccessDeniedException: 4 } : {}
  expect(emulator.ledger().totals).toMatchObject({ vms: 0, refused: counted })
  expect(events).toHaveLength(Object.keys(counted).length * 4)
})

test('refuses strangers on an admin port of its own too', async () => {
  const { emulator } = await fast({ adminPort: 0 })
  for (const headers of [{ host: 'evil.example' }, { origin: 'http://evil.example' }] as const) {
    expect(await call(ledger(emulator), { headers: headers as never })).toMatchObject({ status: 403 })
  }
  expect(await call(ledger(emulator))).toMatchObject({ status: 200 })
})

test('runs no command for a web page, though anybody knows the key and can sign a URL with it', async () => {
  const { emulator } = await emulate()
  const { env } = emulator
  const mark = join(tmpdir(), `page-${process.pid}`)
  const body = JSON.stringify({ command: `echo > '${mark}'` })
  const target = new URL(urlOf(emulator, 'commands'))
  const digest = new Sha256()
  digest.update(body)
  const signer = new SignatureV4({
    service: 'bedrock-agentcore',
    region: env.AWS_REGION,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
    sha256: Sha256,
    applyChecksum: false,
  })
  const request = new HttpRequest({
    method: 'POST',
    path: target.pathname,
    headers: { host: target.host, 'x-amz-content-sha256': Buffer.from(await digest.digest()).toString('hex') },
  })
  const hashIsNoHeader = new Set(['x-amz-content-sha256'])
  const { query } = await signer.presign(request, {
    unhoistableHeaders: hashIsNoHeader,
    unsignableHeaders: hashIsNoHeader,
  })
  target.search = new URLSearchParams(query as Record<string, string>).toString()
  // What fetch(url, { method: 'POST', mode: 'no-cors', body }) sends, without a preflight.
  const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'content-type': 'text/plain' }
  expect(await call(target.href, { method: 'POST', headers, body })).toMatchObject(denied)
  expect(existsSync(mark)).toBe(false)
  expect(emulator.ledger().totals.vms).toBe(0)
})
