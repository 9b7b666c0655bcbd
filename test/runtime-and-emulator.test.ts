import { isWarmUp } from '@warm-agent/agent'
import { type AgentProtocol, createAgentCoreRuntime } from '@warm-agent/agentcore'
import { type Emulator, startEmulator } from '@warm-agent/emulator'
import { createWarmProxy, type ProxyEvent } from '@warm-agent/proxy'
import { afterEach, expect, test, vi } from 'vitest'

// The emulator checks signatures and tokens, and keeps books.

let emulator: Emulator | undefined
afterEach(async () => {
  await emulator?.close()
  emulator = undefined
  vi.unstubAllEnvs()
})

const agent = {
  invoke: (call: { text(): string }) =>
    call.text().includes('warmup') ? call.text() : JSON.stringify({ heard: call.text() }),
}

async function start(auth: 'sigv4' | 'oauth') {
  const running = await startEmulator({ agent, auth })
  emulator = running
  for (const [name, value] of Object.entries(running.env)) vi.stubEnv(name, value)
  const events: ProxyEvent[] = []
  const proxy = createWarmProxy({
    runtime: createAgentCoreRuntime({
      arn: running.env.AGENT_RUNTIME_ARN ?? '',
      ...(auth === 'oauth' && { auth: { bearer: 'caller' } }),
    }),
    secret: 'a secret that only these tests know of',
    authorize: request => {
      const bearer = request.headers.get('authorization')?.slice('Bearer '.length)
      return { callerId: 'ann', ...(bearer && { bearer }) }
    },
    onEvent: event => events.push(event),
  })
  const post = (path: string, headers: HeadersInit = {}, body = '{}') =>
    proxy.fetch(new Request(`http://chat.test/api/agent${path}`, { method: 'POST', headers, body }))
  const ticketOf = async (opened: Response) => /"ticket":"([^"]+)","status":"warm"/.exec(await opened.text())?.[1] ?? ''
  return { running, events, proxy, post, ticketOf }
}

test('the platform takes our signature: warm, message, stop', async () => {
  const { running, post, ticketOf } = await start('sigv4')
  const ticket = await ticketOf(await post('/sessions'))
  const answer = await post('/messages', { 'warm-agent-ticket': ticket }, '{"prompt":"hi"}')
  expect(answer.headers.get('warm-agent-outcome')).toBe('warm')
  expect(await answer.json()).toEqual({ heard: '{"prompt":"hi"}' })
  await post('/sessions/close', { 'warm-agent-ticket': ticket })
  expect(running.ledger().totals).toMatchObject({ vms: 1, live: 0, ended: 1 })
})

test('an app that calls the agent itself is told all that the call needs', async () => {
  const { running, proxy } = await start('sigv4')
  expect(await proxy.session(new Request('http://chat.test/chat'))).toMatchObject({
    agentRuntimeArn: running.env.AGENT_RUNTIME_ARN,
    region: running.env.AWS_REGION,
    qualifier: 'DEFAULT',
  })
})

test('a wrong secret is refused, and the browser does not hear why', async () => {
  const { events, post } = await start('sigv4')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'a wrong one')
  const answer = await post('/messages')
  expect(answer.status).toBe(503)
  expect(await answer.text()).not.toMatch(/signature|AccessDenied/i)
  expect(events.find(({ type }) => type === 'request-failed')).toMatchObject({ cause: { reason: 'refused' } })
})

test('an OAuth runtime sees the caller’s token with each call, a fresh one when it changes', async () => {
  const { running, post, ticketOf } = await start('oauth')
  const authorization = async () => `Bearer ${await running.issueToken({ sub: 'ann' })}`
  const ticket = await ticketOf(await post('/sessions', { authorization: await authorization() }))
  const headers = { 'warm-agent-ticket': ticket }
  const answer = await post('/messages', { ...headers, authorization: await authorization() }, '{"prompt":"hi"}')
  expect(await answer.json()).toEqual({ heard: '{"prompt":"hi"}' })
  await post('/sessions/close', { ...headers, authorization: await authorization() })
  expect(running.ledger().totals).toMatchObject({ vms: 1, live: 0, ended: 1 })
})

test('an expired token is the user’s to renew', async () => {
  const { running, post } = await start('oauth')
  const expired = await running.issueToken({ expiresIn: -60 })
  const answer = await post('/messages', { authorization: `Bearer ${expired}` })
  expect(answer.status).toBe(401)
  expect(await answer.json()).toMatchObject({ error: { code: 'unauthenticated' } })
})

test('SigV4 to a runtime that takes OAuth is refused, and the log says what to change', async () => {
  const { running } = await start('oauth')
  const runtime = createAgentCoreRuntime({ arn: running.env.AGENT_RUNTIME_ARN ?? '' })
  const session = { id: 'warm-00000000-0000-0000-0000-000000000000', qualifier: 'DEFAULT' }
  await expect(
    runtime.invoke(session, runtime.warmUpRequest('n1'), new AbortController().signal),
  ).rejects.toMatchObject({ reason: 'refused', message: expect.stringContaining('Authorization method mismatch') })
})

test.each<AgentProtocol>(['http', 'ag-ui', 'a2a'])(
  'the gate of @warm-agent/agent knows the warm-up of %s',
  protocol => {
    const arn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5'
    const { body } = createAgentCoreRuntime({ arn, protocol }).warmUpRequest('n1')
    expect(isWarmUp(JSON.parse(new TextDecoder().decode(body)))).toBe(true)
  },
)
