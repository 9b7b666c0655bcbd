import { expect, test } from 'vitest'
import { commandOf, emulate, sessionHeader, sessionNamed, urlOf } from './harness.ts'

const userHeader = 'X-Amzn-Bedrock-AgentCore-Runtime-User-Id'
const customHeader = 'X-Amzn-Bedrock-AgentCore-Runtime-Custom-'
const twentyOne = Object.fromEntries(Array.from({ length: 21 }, (_, place) => [`${customHeader}${place}`, 'x']))
const metadata = 'invocations/.well-known/oauth-protected-resource'

interface Sent {
  path?: string
  method?: string
  session?: string | null
  headers?: Record<string, string>
  body?: string
}

test.each<[string, Sent, number, string]>([
  ['a short session id', { session: 'x'.repeat(32) }, 400, 'ValidationException'],
  ['a long session id', { session: 'x'.repeat(257) }, 400, 'ValidationException'],
  ['a bad qualifier', { path: '{arn}/invocations?qualifier=1st' }, 400, 'ValidationException'],
  ['an empty qualifier', { path: '{arn}/invocations?qualifier=' }, 400, 'ValidationException'],
  ['a bad escape', { path: '%E0%A4%A/invocations' }, 400, 'ValidationException'],
  ['a stop without a session', { path: '{arn}/stopruntimesession', session: null }, 400, 'ValidationException'],
  [
    'a short client token',
    { path: '{arn}/stopruntimesession', body: '{"clientToken":"x"}' },
    400,
    'ValidationException',
  ],
  [
    'a client token that ends in hyphens',
    { path: '{arn}/stopruntimesession', body: `{"clientToken":"${'x'.repeat(33)}--"}` },
    400,
    'ValidationException',
  ],
  ['a stop that is not JSON', { path: '{arn}/stopruntimesession', body: '{' }, 400, 'ValidationException'],
  ['what is no ARN', { path: 'arn%3Aaws%3As3%3A%3A%3Abucket/invocations' }, 400, 'ValidationException'],
  ['an agent id without its account', { path: '{id}/invocations' }, 400, 'ValidationException'],
  ['an account of letters', { path: '{id}/invocations?accountId=12345678901x' }, 400, 'ValidationException'],
  ['another account', { path: '{id}/invocations?accountId=999999999999' }, 404, 'ResourceNotFoundException'],
  ['another runtime', { path: 'other-0123456789/invocations?accountId={account}' }, 404, 'ResourceNotFoundException'],
  ['an endpoint that is missing', { path: '{arn}/invocations?qualifier=GREEN' }, 404, 'ResourceNotFoundException'],
  ['a long user id', { headers: { [userHeader]: 'x'.repeat(1_025) } }, 400, 'ValidationException'],
  ['a long trace id', { headers: { 'x-amzn-trace-id': 'x'.repeat(129) } }, 400, 'ValidationException'],
  ['a long baggage', { headers: { baggage: 'x'.repeat(8_193) } }, 400, 'ValidationException'],
  ['a long custom header', { headers: { [`${customHeader}a`]: 'x'.repeat(4_097) } }, 400, 'ValidationException'],
  ['too many custom headers', { headers: twentyOne }, 400, 'ValidationException'],
  ['a command without a session that is JSON', { path: '{arn}/commands', body: 'ls' }, 400, 'ValidationException'],
  ['a command without a command', { path: '{arn}/commands', body: '{"timeout":1}' }, 400, 'ValidationException'],
  [
    'a long command',
    { path: '{arn}/commands', body: `{"command":"${'x'.repeat(65_537)}"}` },
    400,
    'ValidationException',
  ],
  [
    'no timeout of a command',
    { path: '{arn}/commands', body: '{"command":"ls","timeout":0}' },
    400,
    'ValidationException',
  ],
  ['a long timeout', { path: '{arn}/commands', body: '{"command":"ls","timeout":3601}' }, 400, 'ValidationException'],
  ['a WebSocket without a handshake', { path: '{arn}/ws', method: 'GET' }, 400, 'ValidationException'],
  ['metadata without OAuth', { path: `{arn}/${metadata}`, method: 'GET' }, 404, 'ResourceNotFoundException'],
  ['a stop of no session', { path: '{arn}/stopruntimesession' }, 404, 'ResourceNotFoundException'],
  ['an unknown route', { path: '{arn}/dance' }, 404, 'UnknownOperationException'],
  ['an unknown method', { method: 'PUT' }, 404, 'UnknownOperationException'],
  ['a payload over 100 MB', { body: 'x'.repeat(100_000_001) }, 400, 'ValidationException'],
])('refuses %s', async (_, { path = '{arn}/invocations', method = 'POST', session, headers, body }, status, type) => {
  const { emulator } = await emulate({ auth: 'none', qualifiers: ['DEFAULT'] })
  const arn = emulator.env.AGENT_RUNTIME_ARN
  const place = path
    .replace('{arn}', encodeURIComponent(arn))
    .replace('{id}', arn.split('/')[1] ?? '')
    .replace('{account}', arn.split(':')[4] ?? '')
  const answer = await fetch(`${emulator.url}/runtimes/${place}`, {
    method,
    headers: { ...headers, ...(session !== null && { [sessionHeader]: session ?? sessionNamed('wire') }) },
    ...(body === undefined ? {} : { body }),
  })
  expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([status, type])
  expect(await answer.json()).toEqual({ message: expect.any(String) })
  expect(emulator.ledger().totals).toMatchObject({ vms: 0, refused: { [type]: 1 } })
})

test('mints a session id when a call has none, and gives it back', async () => {
  const { emulator } = await emulate({ auth: 'none' })
  const answer = await fetch(urlOf(emulator), { method: 'POST', body: '{}' })
  const [vm] = emulator.sessions()
  expect(answer.headers.get(sessionHeader)).toBe(vm?.sessionId)
  expect(vm?.sessionId).toMatch(/^[0-9a-f-]{36}$/)
})

test('passes on the headers that the platform passes on, and no other', async () => {
  const { emulator } = await emulate({ auth: 'none' })
  const passed = {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    baggage: 'tenant=1',
    'x-amzn-bedrock-agentcore-runtime-user-id': 'user',
    'x-amzn-bedrock-agentcore-runtime-custom-nonce': '42',
    [sessionHeader.toLowerCase()]: sessionNamed('headers'),
  }
  const answer = await fetch(urlOf(emulator), {
    method: 'POST',
    headers: { ...passed, authorization: 'AWS4-HMAC-SHA256 secret', 'x-other': 'no' },
    body: 'report',
  })
  const { headers } = (await answer.json()) as { headers: Record<string, string> }
  expect(headers).toMatchObject(passed)
  expect(headers).not.toHaveProperty('authorization')
  expect(headers).not.toHaveProperty('x-other')
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(answer.headers.has('x-secret')).toBe(false)
})

test('passes as many bytes of headers on as the platform does', async () => {
  const { emulator } = await emulate({ auth: 'none', agent: ({ headers }) => JSON.stringify(headers) })
  const twenty = Array.from({ length: 20 }, (_, place) => [`${customHeader}${place}`.toLowerCase(), 'x'.repeat(4_096)])
  const headers = { ...Object.fromEntries(twenty), baggage: 'x'.repeat(8_192) }
  const answer = await fetch(urlOf(emulator), { method: 'POST', headers })
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject(headers)
})

test('passes a large payload on whole', async () => {
  const { invoke } = await emulate({ auth: 'none' })
  expect(JSON.parse(await invoke('large', 'x'.repeat(5_000_000)))).toMatchObject({ bytes: 5_000_000 })
})

test('runs an agent in another language', async () => {
  const { invoke } = await emulate({ agent: commandOf('python3', 'agent.py') })
  expect(await invoke('python', 'hello')).toBe('python heard hello')
})
