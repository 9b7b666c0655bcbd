import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Sha256 } from '@aws-crypto/sha256-js'
import { HttpRequest } from '@smithy/protocol-http'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Emulator } from '@warm-agent/emulator'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { commandOf, emulate, nodeAgent, patience, sessionHeader, sessionNamed, urlOf } from './harness.ts'
import { createManualClock } from './manual-clock.ts'

interface Dial {
  session?: string
  query?: Record<string, string>
  headers?: Record<string, string>
  protocols?: string[]
}

/** Connects, and collects the messages. */
async function dial(emulator: Emulator, { session, query = {}, headers = {}, protocols = [] }: Dial = {}) {
  const target = new URL(urlOf(emulator, 'ws').replace('http', 'ws'))
  if (session) target.searchParams.set(sessionHeader, sessionNamed(session))
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value)
  const socket = new WebSocket(target, protocols, { headers })
  onTestFinished(() => socket.terminate())
  const messages: string[] = []
  socket.on('message', message => messages.push(message.toString()))
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    let upgrade: IncomingMessage
    // Also one that comes later: that of a socket which is closed under a message.
    socket.on('error', reject)
    socket.on('upgrade', message => {
      upgrade = message
    })
    socket.on('open', () => resolve(upgrade))
    socket.on('unexpected-response', (_, { statusCode, headers: { 'x-amzn-errortype': type } }) =>
      reject(Object.assign(new Error('refused'), { status: statusCode, type })),
    )
  })
  const heard = (count: number) =>
    vi.waitFor(() => {
      if (messages.length < count) throw new Error(`only ${messages.length} messages came`)
      return messages[count - 1] ?? ''
    }, patience)
  return { socket, heard, answer, hello: async () => JSON.parse(await heard(1)) }
}

test("passes a WebSocket through to the session's agent, and starts its VM", async () => {
  const { emulator, report } = await emulate({ auth: 'none' })
  const { socket, heard, hello, answer } = await dial(emulator, {
    session: 'socket',
    query: { 'X-Amzn-Bedrock-AgentCore-Runtime-Custom-Tenant': 'one', qualifier: 'DEFAULT' },
  })
  const { pid, headers } = await hello()
  expect(headers).toMatchObject({
    [sessionHeader.toLowerCase()]: sessionNamed('socket'),
    'x-amzn-bedrock-agentcore-runtime-custom-tenant': 'one',
  })
  expect(answer.headers).toMatchObject({ [sessionHeader.toLowerCase()]: sessionNamed('socket') })
  socket.send('hello')
  expect(await heard(2)).toBe('hello')
  const pong = once(socket, 'pong')
  socket.ping()
  await pong
  expect((await report('socket')).pid).toBe(pid)
  expect(emulator.ledger().totals).toMatchObject({ vms: 1 })
})

test('a header wins over what the query names', async () => {
  const { emulator } = await emulate({ auth: 'none' })
  const headers = { [sessionHeader]: sessionNamed('header') }
  const { hello } = await dial(emulator, { session: 'query', headers })
  expect((await hello()).headers[sessionHeader.toLowerCase()]).toBe(sessionNamed('header'))
})

test('lets messages and pings restart the idle timer, and an open connection alone not', async () => {
  const clock = createManualClock()
  const { emulator, happened } = await emulate({ clock, auth: 'none', pingEveryMs: Number.POSITIVE_INFINITY })
  const { socket, heard, hello } = await dial(emulator, { session: 'idle' })
  await hello()
  clock.advance(899_999)
  socket.send('one')
  await heard(2)
  clock.advance(899_999)
  const pong = once(socket, 'pong')
  socket.ping()
  await pong
  clock.advance(899_999)
  expect(emulator.sessions()).toMatchObject([{ state: 'idle' }])
  const closed = once(socket, 'close')
  clock.advance(1)
  expect(await happened('session-expired')).toMatchObject({ reason: 'idle' })
  await closed
})

test('cuts it at once when the session is stopped, before its agent is gone', async () => {
  const { emulator, stop } = await emulate({ auth: 'none', agent: `AGENT_START=stubborn ${nodeAgent}` })
  const { socket } = await dial(emulator, { session: 'stubborn' })
  const closed = once(socket, 'close')
  const stopped = stop('stubborn')
  await closed
  expect(emulator.sessions()).toMatchObject([{ state: 'stopping' }])
  await stopped
})

test('cuts it when the session is stopped, or its agent dies', async () => {
  const { emulator, stop } = await emulate({ auth: 'none' })
  const one = await dial(emulator, { session: 'stop' })
  const two = await dial(emulator, { session: 'die' })
  const closed = Promise.all([once(one.socket, 'close'), once(two.socket, 'close')])
  two.socket.send('die')
  await stop('stop')
  await closed
})

test('closes a connection whose frame is larger than 64 KB, as the platform does', async () => {
  const { emulator } = await emulate({ auth: 'none' })
  const { socket, heard } = await dial(emulator, { session: 'large' })
  socket.send('x'.repeat(65_536), { compress: false })
  expect((await heard(2)).length).toBe(65_536)
  const closed = once(socket, 'close')
  socket.send('x'.repeat(65_537), { compress: false })
  expect((await closed)[0]).toBe(1009)
})

test('takes a URL that was signed, and refuses one that was changed', async () => {
  const { emulator } = await emulate()
  const { env } = emulator
  const target = new URL(urlOf(emulator, 'ws'))
  const signer = new SignatureV4({
    service: 'bedrock-agentcore',
    region: env.AWS_REGION,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
    sha256: Sha256,
  })
  const sign = async (signingDate: Date) => {
    const request = new HttpRequest({
      path: target.pathname,
      query: { [sessionHeader]: sessionNamed('signed'), qualifier: 'DEFAULT' },
      headers: { host: target.host },
    })
    return (await signer.presign(request, { expiresIn: 300, signingDate })).query as Record<string, string>
  }
  const query = await sign(new Date())
  expect((await (await dial(emulator, { query })).hello()).headers[sessionHeader.toLowerCase()]).toBe(
    sessionNamed('signed'),
  )
  const forbidden = { status: 403, type: 'AccessDeniedException' }
  await expect(dial(emulator, { query: { ...query, [sessionHeader]: sessionNamed('other') } })).rejects.toMatchObject(
    forbidden,
  )
  await expect(dial(emulator, { query: await sign(new Date(Date.now() - 301_000)) })).rejects.toMatchObject(forbidden)
  await expect(dial(emulator, { session: 'unsigned' })).rejects.toMatchObject(forbidden)
  expect(emulator.ledger().totals.vms).toBe(1)
})

test('takes a token in the header, or, from a browser, among the subprotocols', async () => {
  const { emulator } = await emulate({ auth: 'oauth' })
  const token = await emulator.issueToken()
  await (await dial(emulator, { session: 'header', headers: { authorization: `Bearer ${token}` } })).hello()
  const protocols = [
    `base64UrlBearerAuthorization.${Buffer.from(token).toString('base64url')}`,
    'base64UrlBearerAuthorization',
  ]
  const { socket, hello } = await dial(emulator, { session: 'browser', protocols })
  expect((await hello()).headers).not.toHaveProperty('sec-websocket-protocol')
  expect(socket.protocol).toBe('base64UrlBearerAuthorization')
  await expect(dial(emulator, { session: 'none' })).rejects.toMatchObject({
    status: 401,
    type: 'UnauthorizedException',
  })
})

test.each<[string, Dial, number, string]>([
  ['a short session id', { query: { [sessionHeader]: 'short' } }, 400, 'ValidationException'],
  [
    'a session id that no header could carry',
    { query: { [sessionHeader]: `${sessionNamed('a')}\r\nX-Evil: 1` } },
    400,
    'ValidationException',
  ],
  ['a missing endpoint', { session: 'a', query: { qualifier: 'GREEN' } }, 404, 'ResourceNotFoundException'],
])('refuses %s before the handshake', async (_, call, status, type) => {
  const { emulator } = await emulate({ auth: 'none', qualifiers: ['DEFAULT'] })
  await expect(dial(emulator, call)).rejects.toMatchObject({ status, type })
  expect(emulator.ledger().totals.vms).toBe(0)
})

test('answers 424 when the agent takes no WebSocket', async () => {
  const { emulator } = await emulate({ auth: 'none', agent: commandOf('node', 'agent-without-routes.mjs') })
  await expect(dial(emulator, { session: 'none' })).rejects.toMatchObject({ status: 424, type: 'RuntimeClientError' })
})

test('leaves no connection open when it is closed', async () => {
  const { emulator } = await emulate({ auth: 'none', chaos: 'slow:3600000,skip=1' })
  const { socket } = await dial(emulator, { session: 'open' })
  const closed = once(socket, 'close')
  const waiting = expect(dial(emulator, { session: 'waiting' })).rejects.toThrow()
  await vi.waitFor(() => expect(emulator.chaos.list()).toMatchObject([{ seen: 2 }]), patience)
  await emulator.close()
  await Promise.all([closed, waiting])
})
