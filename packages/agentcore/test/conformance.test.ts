import { once } from 'node:events'
import type { AgentRuntime, CallCredentials, RuntimeFailure } from '@warm-agent/proxy'
import { describe, expect, test } from 'vitest'
import { arn, refuse, type startDataPlane } from './data-plane.ts'
import { callersToken, kinds, serveKind } from './kinds.ts'

const session = { id: 'warm-00000000-0000-0000-0000-000000000000', qualifier: 'blue' }
const request = {
  body: new TextEncoder().encode('{"prompt":"hi"}'),
  contentType: 'application/json',
  accept: 'text/event-stream',
}

describe.each(kinds)('a runtime that takes %s', kind => {
  let dataPlane: Awaited<ReturnType<typeof startDataPlane>>
  let runtime: AgentRuntime
  let credentials: CallCredentials

  async function serve(...args: Parameters<typeof serveKind> extends [unknown, ...infer Rest] ? Rest : never) {
    ;({ dataPlane, runtime, credentials } = await serveKind(kind, ...args))
  }
  const invoke = (extra: object = {}, signal = new AbortController().signal) =>
    runtime.invoke(session, { ...request, ...extra }, signal, credentials)

  test('is invoked with session, endpoint, types and its own kind of authorization', async () => {
    await serve((_, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: hello\n\n')
    })
    const answer = await invoke()
    expect(answer).toMatchObject({ status: 200, contentType: 'text/event-stream' })
    expect(await new Response(answer.body).text()).toBe('data: hello\n\n')
    const [call] = dataPlane.calls
    expect(call?.url).toBe(`/runtimes/${encodeURIComponent(arn)}/invocations?qualifier=blue`)
    expect(call?.body).toBe('{"prompt":"hi"}')
    expect(call?.headers).toMatchObject({
      'x-amzn-bedrock-agentcore-runtime-session-id': session.id,
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization:
        kind === 'oauth'
          ? `Bearer ${callersToken}`
          : expect.stringContaining('/eu-west-1/bedrock-agentcore/aws4_request'),
    })
  })

  test('passes traces and custom headers on, and nothing else that might be slipped in', async () => {
    await serve((_, outgoing) => void outgoing.end())
    const headers = {
      traceparent: '00-1-2-01',
      'X-Amzn-Bedrock-AgentCore-Runtime-Custom-Conversation': 'c1',
      'mcp-session-id': 'of my choice',
      'x-amzn-bedrock-agentcore-runtime-session-id': 'of my choice',
      'x-amzn-bedrock-agentcore-runtime-user-id': 'root',
      authorization: 'mine',
      cookie: 'a=b',
    }
    await (await invoke({ headers })).body.cancel()
    const sent = dataPlane.calls[0]?.headers
    expect(sent).toMatchObject({
      traceparent: '00-1-2-01',
      'x-amzn-bedrock-agentcore-runtime-custom-conversation': 'c1',
      'x-amzn-bedrock-agentcore-runtime-session-id': session.id,
    })
    expect(sent?.authorization).not.toContain('mine')
    for (const name of ['mcp-session-id', 'x-amzn-bedrock-agentcore-runtime-user-id', 'cookie']) {
      expect(sent).not.toHaveProperty(name)
    }
  })

  test('tells the encoding and the traces of an answer, and never the session', async () => {
    await serve((_, outgoing) => {
      outgoing.writeHead(200, {
        'content-encoding': 'gzip',
        'x-amzn-trace-id': 'Root=1',
        'mcp-session-id': session.id,
        'x-amzn-bedrock-agentcore-runtime-session-id': session.id,
        'set-cookie': 'a=b',
      })
      outgoing.end()
    })
    const answer = await invoke()
    expect(answer.headers).toEqual({ 'content-encoding': 'gzip', 'x-amzn-trace-id': 'Root=1' })
    await answer.body.cancel()
  })

  test('passes chunks as they come', async () => {
    await serve((_, outgoing) => void outgoing.writeHead(200).write('one'))
    const { value } = await (await invoke()).body.getReader().read()
    expect(new TextDecoder().decode(value)).toBe('one')
  })

  test('tells when an answer breaks off in mid-stream: half is never taken for whole', async () => {
    await serve((_, outgoing) => {
      outgoing.writeHead(200).write('one', () => outgoing.destroy())
    })
    const answer = await invoke()
    await expect(new Response(answer.body).text()).rejects.toThrow()
  })

  test.each([
    ['aborting', (abort: () => void) => abort()],
    ['cancelling', (_: () => void, body: ReadableStream) => void body.cancel()],
  ])('%s ends the call upstream', async (_, leave) => {
    const left = new AbortController()
    let upstreamClosed: Promise<unknown> = Promise.resolve()
    await serve((__, outgoing) => {
      upstreamClosed = once(outgoing, 'close')
      outgoing.writeHead(200).write('one')
    })
    const answer = await invoke({}, left.signal)
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
    await serve((_, outgoing) => refuse(outgoing, status, type))
    const failing: Promise<RuntimeFailure> = invoke().then(
      () => expect.fail(),
      error => error,
    )
    expect(await failing).toMatchObject({ name: 'RuntimeFailure', reason, mayHaveRun })
    expect((await failing).message).toBe(`${status} ${type}: this is ${type}`)
    expect(dataPlane.calls).toHaveLength(1)
  })

  test.each([
    ['in seconds', () => '2', 2000],
    ['as a date', () => new Date(Date.now() + 60_000).toUTCString(), expect.closeTo(60_000, -4)],
    ['as a date that is past', () => new Date(0).toUTCString(), 0],
    ['in words', () => 'soon', undefined],
  ])('Retry-After %s is understood', async (_, value, retryAfterMs) => {
    await serve((__, outgoing) => refuse(outgoing, 429, 'ThrottlingException', { 'retry-after': value() }))
    await expect(invoke()).rejects.toMatchObject({ reason: 'throttled', retryAfterMs })
  })

  test('a connection that never came to be ran nothing; one that broke may have', async () => {
    await serve(incoming => void incoming.socket.destroy())
    await expect(invoke()).rejects.toMatchObject({ reason: 'unreachable', mayHaveRun: true })
    dataPlane.close()
    await expect(invoke()).rejects.toMatchObject({ reason: 'unreachable', mayHaveRun: false })
  })

  test.each([
    ['message', (signal: AbortSignal) => invoke({}, signal)],
    ['stop', (signal: AbortSignal) => runtime.stop(session, signal, credentials)],
  ])('an abort ends a %s, and is no failure of the runtime', async (_, call) => {
    await serve(() => {})
    const left = new AbortController()
    const calling = call(left.signal)
    left.abort()
    await expect(calling).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('stop names the session, and a session that had ended is fine', async () => {
    await serve((_, outgoing) => refuse(outgoing, 404, 'ResourceNotFoundException'))
    await runtime.stop(session, undefined, credentials)
    expect(dataPlane.calls[0]?.url).toBe(`/runtimes/${encodeURIComponent(arn)}/stopruntimesession?qualifier=blue`)
    expect(dataPlane.calls[0]?.headers['x-amzn-bedrock-agentcore-runtime-session-id']).toBe(session.id)
    expect(dataPlane.calls).toHaveLength(1)
  })

  test('200 streams flow at once: the sockets are not the limit', async () => {
    let streaming = 0
    await serve((_, outgoing) => {
      streaming++
      outgoing.writeHead(200).write('one')
    })
    const answers = await Promise.all(Array.from({ length: 200 }, () => invoke()))
    expect(streaming).toBe(200)
    await Promise.all(answers.map(({ body }) => body.cancel()))
  })

  test('of an MCP runtime, the session is the MCP session too, whatever the page says', async () => {
    await serve((_, outgoing) => void outgoing.end(), { protocol: 'mcp' })
    await (await invoke({ headers: { 'mcp-session-id': 'mine', 'mcp-protocol-version': '2025-06-18' } })).body.cancel()
    expect(dataPlane.calls[0]?.headers).toMatchObject({
      'mcp-session-id': session.id,
      'mcp-protocol-version': '2025-06-18',
    })
  })
})
