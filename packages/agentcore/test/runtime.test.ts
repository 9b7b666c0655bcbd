import { once } from 'node:events'
import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import { type AgentCoreRuntimeOptions, createAgentCoreRuntime } from '@warm-agent/agentcore'
import type { RuntimeFailure } from '@warm-agent/proxy'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { arn, refuse, startDataPlane } from './data-plane.ts'

let dataPlane: Awaited<ReturnType<typeof startDataPlane>>
const session = { id: 'warm-00000000-0000-0000-0000-000000000000', qualifier: 'blue' }
const request = {
  body: new TextEncoder().encode('{"prompt":"hi"}'),
  contentType: 'application/json',
  accept: 'text/event-stream',
}

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
})
afterEach(() => {
  dataPlane?.close()
  vi.unstubAllEnvs()
})

async function serve(answer: Parameters<typeof startDataPlane>[0], options: Partial<AgentCoreRuntimeOptions> = {}) {
  dataPlane = await startDataPlane(answer)
  vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK_AGENTCORE', dataPlane.url)
  return createAgentCoreRuntime({ arn, ...options })
}

const never = new AbortController().signal

test('an invoke is signed for the region of the ARN and carries session, endpoint and types', async () => {
  const runtime = await serve((_, outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: hello\n\n')
  })
  const answer = await runtime.invoke(session, request, never)
  expect(answer).toMatchObject({ status: 200, contentType: 'text/event-stream' })
  expect(await new Response(answer.body).text()).toBe('data: hello\n\n')
  const [call] = dataPlane.calls
  expect(call?.url).toBe(`/runtimes/${encodeURIComponent(arn)}/invocations?qualifier=blue`)
  expect(call?.body).toBe('{"prompt":"hi"}')
  expect(call?.headers).toMatchObject({
    'x-amzn-bedrock-agentcore-runtime-session-id': session.id,
    'content-type': 'application/json',
    accept: 'text/event-stream',
    authorization: expect.stringContaining('/eu-west-1/bedrock-agentcore/aws4_request'),
  })
})

test('chunks pass as they come', async () => {
  const runtime = await serve((_, outgoing) => void outgoing.writeHead(200).write('one'))
  const answer = await runtime.invoke(session, request, never)
  const { value } = await answer.body.getReader().read()
  expect(new TextDecoder().decode(value)).toBe('one')
})

test.each([
  ['aborting', (abort: () => void) => abort()],
  ['cancelling', (_: () => void, body: ReadableStream) => void body.cancel()],
])('%s ends the call upstream', async (_, leave) => {
  const left = new AbortController()
  let upstreamClosed: Promise<unknown> = Promise.resolve()
  const runtime = await serve((__, outgoing) => {
    upstreamClosed = once(outgoing, 'close')
    outgoing.writeHead(200).write('one')
  })
  const answer = await runtime.invoke(session, request, left.signal)
  leave(() => left.abort(), answer.body)
  await upstreamClosed
})

test.each([
  [400, 'ValidationException', 'invalid', false],
  [401, 'UnauthorizedException', 'unauthenticated', false],
  [402, 'ServiceQuotaExceededException', 'quota', false],
  [403, 'AccessDeniedException', 'refused', false],
  [404, 'ResourceNotFoundException', 'missing', false],
  [409, 'RetryableConflictException', 'conflict', false],
  [424, 'RuntimeClientError', 'agent', true],
  [429, 'ThrottlingException', 'throttled', false],
  [500, 'InternalServerException', 'unavailable', true],
  [502, 'BadGateway', 'unavailable', true],
  [503, 'ServiceUnavailable', 'unavailable', true],
  [504, 'GatewayTimeout', 'unavailable', true],
])('%i %s is "%s", may have run: %s, and is one attempt', async (status, type, reason, mayHaveRun) => {
  const runtime = await serve((_, outgoing) => refuse(outgoing, status, type))
  const failing: Promise<RuntimeFailure> = runtime.invoke(session, request, never).then(
    () => expect.fail(),
    error => error,
  )
  expect(await failing).toMatchObject({ name: 'RuntimeFailure', reason, mayHaveRun })
  expect((await failing).message).toContain(type)
  expect(dataPlane.calls).toHaveLength(1)
})

test('it is one attempt with a client of the user too, whatever that is configured to retry', async () => {
  const runtime = await serve((_, outgoing) => refuse(outgoing, 500, 'InternalServerException'))
  const client = new BedrockAgentCoreClient({ region: 'eu-west-1', endpoint: dataPlane.url, maxAttempts: 5 })
  const own = createAgentCoreRuntime({ arn, client })
  await expect(own.invoke(session, request, never)).rejects.toMatchObject({ reason: 'unavailable' })
  await expect(runtime.stop(session)).rejects.toMatchObject({ reason: 'unavailable' })
  expect(dataPlane.calls).toHaveLength(2)
})

test.each([
  ['2', 2000],
  [new Date(Date.now() + 60_000).toUTCString(), expect.closeTo(60_000, -4)],
  ['soon', undefined],
])('Retry-After: %s is understood', async (value, retryAfterMs) => {
  const runtime = await serve((_, outgoing) => refuse(outgoing, 429, 'ThrottlingException', { 'retry-after': value }))
  await expect(runtime.invoke(session, request, never)).rejects.toMatchObject({ reason: 'throttled', retryAfterMs })
})

test('a connection that never came to be ran nothing; one that broke may have', async () => {
  const runtime = await serve(incoming => void incoming.socket.destroy())
  await expect(runtime.invoke(session, request, never)).rejects.toMatchObject({
    reason: 'unreachable',
    mayHaveRun: true,
  })
  dataPlane.close()
  await expect(runtime.invoke(session, request, never)).rejects.toMatchObject({
    reason: 'unreachable',
    mayHaveRun: false,
  })
})

test('an abort is no failure of the runtime', async () => {
  const runtime = await serve(() => {})
  const left = new AbortController()
  const invoking = runtime.invoke(session, request, left.signal)
  left.abort()
  await expect(invoking).rejects.toMatchObject({ name: 'AbortError' })
})

test('stop names the session, and a session that had ended is fine', async () => {
  const runtime = await serve((_, outgoing) => refuse(outgoing, 404, 'ResourceNotFoundException'))
  await runtime.stop(session)
  expect(dataPlane.calls[0]?.url).toBe(`/runtimes/${encodeURIComponent(arn)}/stopruntimesession?qualifier=blue`)
  expect(dataPlane.calls[0]?.headers['x-amzn-bedrock-agentcore-runtime-session-id']).toBe(session.id)
})

test('200 streams flow at once: the sockets are not the limit', async () => {
  let streaming = 0
  const runtime = await serve((_, outgoing) => {
    streaming++
    outgoing.writeHead(200).write('one')
  })
  const answers = await Promise.all(Array.from({ length: 200 }, () => runtime.invoke(session, request, never)))
  expect(streaming).toBe(200)
  await Promise.all(answers.map(({ body }) => body.cancel()))
})

test('a warm-up is what @warm-agent/agent understands, or what the user says', () => {
  const read = (options: Partial<AgentCoreRuntimeOptions>) =>
    JSON.parse(new TextDecoder().decode(createAgentCoreRuntime({ arn, ...options }).warmUpRequest('n1').body))
  expect(read({})).toEqual({ type: 'warmup', nonce: 'n1' })
  expect(read({ warmUp: { body: nonce => ({ ping: nonce }) } })).toEqual({ ping: 'n1' })
})

test.each([
  ['{"status":"warm","nonce":"n1"}', 'n1'],
  ['data: {"nonce":"n1"}\n\n', 'n1'],
  ['event: x\ndata:{"nonce":"n1"}\n\ndata: {"nonce":"n2"}\n\n', 'n1'],
  ['{"nonce":7}', undefined],
  ['null', undefined],
  ['pong', undefined],
  ['', undefined],
])('the echo of %j is %s', (text, echo) => {
  expect(createAgentCoreRuntime({ arn }).readEcho(text)).toBe(echo)
})

test.each([
  [{ arn: 'arn:aws:lambda:x' }, /ARN "arn:aws:lambda:x"/],
  [{ qualifiers: [] }, /qualifiers/],
  [{ qualifiers: ['1st'] }, /qualifiers.0/],
  [{ idleTimeoutMs: 10 }, /idleTimeoutMs/],
  [{ idleTimeoutMs: 120_000, maxLifetimeMs: 60_000 }, /idleTimeoutMs: is longer/],
  [{ arm: arn }, /arm/],
])('options %j are refused at construction', (wrong, message) => {
  const make = () => createAgentCoreRuntime({ arn, ...wrong } as AgentCoreRuntimeOptions)
  expect(make).toThrow(/^Could not /)
  expect(make).toThrow(message)
})
