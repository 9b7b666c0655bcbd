import { expect, test } from 'vitest'
import { commandOf, emulate, sessionNamed } from './harness.ts'

const sessionHeader = 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id'

test.each<[string, { path?: string; method?: string; session?: string | null; body?: string }, number, string]>([
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
  ['a stop that is not JSON', { path: '{arn}/stopruntimesession', body: '{' }, 400, 'ValidationException'],
  ['another runtime', { path: '{arn}x/invocations' }, 404, 'ResourceNotFoundException'],
  ['a stop of no session', { path: '{arn}/stopruntimesession' }, 404, 'ResourceNotFoundException'],
  ['an unknown route', { path: '{arn}/dance' }, 404, 'UnknownOperationException'],
  ['an unknown method', { method: 'PUT' }, 404, 'UnknownOperationException'],
  ['a payload over 100 MB', { body: 'x'.repeat(100_000_001) }, 400, 'ValidationException'],
])('refuses %s', async (_, { path = '{arn}/invocations', method = 'POST', session, body }, status, type) => {
  const { emulator } = await emulate()
  const arn = encodeURIComponent(emulator.env.AGENT_RUNTIME_ARN)
  const answer = await fetch(`${emulator.url}/runtimes/${path.replace('{arn}', arn)}`, {
    method,
    headers: session === null ? {} : { [sessionHeader]: session ?? sessionNamed('wire') },
    ...(body === undefined ? {} : { body }),
  })
  expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([status, type])
  expect(await answer.json()).toEqual({ message: expect.any(String) })
  expect(emulator.ledger().totals).toMatchObject({ vms: 0, refused: { [type]: 1 } })
})

test('mints a session id when a call has none, and gives it back', async () => {
  const { emulator } = await emulate()
  const arn = encodeURIComponent(emulator.env.AGENT_RUNTIME_ARN)
  const answer = await fetch(`${emulator.url}/runtimes/${arn}/invocations`, { method: 'POST', body: '{}' })
  const [vm] = emulator.sessions()
  expect(answer.headers.get(sessionHeader)).toBe(vm?.sessionId)
  expect(vm?.sessionId).toMatch(/^[0-9a-f-]{36}$/)
})

test('passes on the headers that the platform passes on, and no other', async () => {
  const { emulator } = await emulate()
  const arn = encodeURIComponent(emulator.env.AGENT_RUNTIME_ARN)
  const passed = {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    baggage: 'tenant=1',
    'x-amzn-bedrock-agentcore-runtime-user-id': 'user',
    'x-amzn-bedrock-agentcore-runtime-custom-nonce': '42',
    [sessionHeader.toLowerCase()]: sessionNamed('headers'),
  }
  const answer = await fetch(`${emulator.url}/runtimes/${arn}/invocations`, {
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

test('passes a large payload on whole', async () => {
  const { invoke } = await emulate()
  expect(JSON.parse(await invoke('large', 'x'.repeat(5_000_000)))).toMatchObject({ bytes: 5_000_000 })
})

test('runs an agent in another language', async () => {
  const { invoke } = await emulate({ agent: commandOf('python3', 'agent.py') })
  expect(await invoke('python', 'hello')).toBe('python heard hello')
})

test('shows its books over HTTP', async () => {
  const { emulator, report } = await emulate()
  const { pid } = await report('books')
  const read = async (path: string) => (await fetch(`${emulator.url}/_emulator/${path}`)).json()
  expect(await read('sessions')).toEqual([expect.objectContaining({ vm: 1, pid, state: 'idle', invokes: 1 })])
  expect(await read('ledger')).toMatchObject({ totals: { vms: 1, live: 1, ended: 0, resurrected: 0, invokes: 1 } })
})
