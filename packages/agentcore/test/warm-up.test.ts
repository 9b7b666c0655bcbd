import { type AgentCoreRuntimeOptions, type AgentProtocol, createAgentCoreRuntime } from '@warm-agent/agentcore'
import { expect, test } from 'vitest'
import { arn } from './data-plane.ts'

const runtimeOf = (options: Partial<AgentCoreRuntimeOptions> = {}) => createAgentCoreRuntime({ arn, ...options })
const bodyOf = (options: Partial<AgentCoreRuntimeOptions>) =>
  JSON.parse(new TextDecoder().decode(runtimeOf(options).warmUpRequest('n1').body))

test('a warm-up is what @warm-agent/agent understands, or what the user says', () => {
  expect(bodyOf({})).toEqual({ type: 'warmup', nonce: 'n1' })
  expect(bodyOf({ warmUp: { body: nonce => ({ ping: nonce }) } })).toEqual({ ping: 'n1' })
})

test('an AG-UI warm-up is a whole RunAgentInput, a run without messages', () => {
  expect(bodyOf({ protocol: 'ag-ui' })).toEqual({
    threadId: 'n1',
    runId: 'n1',
    state: {},
    messages: [],
    tools: [],
    context: [],
    forwardedProps: { type: 'warmup', nonce: 'n1' },
    type: 'warmup',
    nonce: 'n1',
  })
})

test('MCP is asked whether it is there, A2A gets a message with the mark', () => {
  expect(bodyOf({ protocol: 'mcp' })).toMatchObject({ jsonrpc: '2.0', id: 'n1', method: 'ping' })
  expect(bodyOf({ protocol: 'a2a' })).toMatchObject({
    jsonrpc: '2.0',
    method: 'message/send',
    params: { metadata: { type: 'warmup', nonce: 'n1' } },
  })
})

test.each<AgentProtocol>(['http', 'ag-ui', 'mcp', 'a2a'])(
  'a warm-up of %s asks for what any agent may answer',
  protocol => {
    expect(runtimeOf({ protocol }).warmUpRequest('n1')).toMatchObject({
      contentType: 'application/json',
      accept: 'text/event-stream, application/json',
      isWarmUp: true,
    })
  },
)

test.each([
  ['{"status":"warm","nonce":"n1"}', 'n1'],
  ['data: {"nonce":"n1"}\n\n', 'n1'],
  ['event: x\ndata:{"nonce":"n1"}\n\ndata: {"nonce":"n2"}\n\n', 'n1'],
  ['data: {"type":"RUN_STARTED"}\r\n\r\ndata: {"type":"RUN_FINISHED","result":{"nonce":"n1"}}\r\n\r\n', 'n1'],
  ['{"jsonrpc":"2.0","id":"n9","result":{"_meta":{"nonce":"n1"}}}', 'n1'],
  ['{"jsonrpc":"2.0","id":"n9","result":{"kind":"message","metadata":{"nonce":"n1"}}}', 'n1'],
  ['data: {"type":"CUSTOM","name":"warmup","value":{"nonce":"n1"}}\n\n', 'n1'],
  ['{"jsonrpc":"2.0","id":"n9","result":{}}', undefined],
  ['data: {"type":"TEXT_MESSAGE_CONT', undefined],
  ['{"error":"an agent of another mind"}', undefined],
  ['{"error":{"code":-32003},"nonce":"n1"}', 'n1'],
  ['{"nonce":7}', undefined],
  ['null', undefined],
  ['pong', undefined],
  ['', undefined],
])('the echo of %j is %s', (text, echo) => {
  expect(runtimeOf().readEcho(text)).toBe(echo)
})

test.each([
  [
    'data: {"type":"RUN_STARTED"}\n\ndata: {"type":"RUN_ERROR","code":"AGENT_ERROR","message":"boom"}\n\n',
    'agent',
    true,
  ],
  ['data: {"type":"RUN_ERROR","message":"without a code"}\n\n', 'agent', true],
  ['data: {"type":"RUN_ERROR","code":"SESSION_BUSY"}\n\n', 'conflict', false],
  ['data: {"type":"RUN_ERROR","code":"RATE_LIMIT_EXCEEDED"}\n\n', 'throttled', false],
  ['data: {"type":"RUN_ERROR","code":"ACCESS_DENIED"}\n\n', 'refused', false],
  ['data: {"type":"RUN_ERROR","code":"UNAUTHORIZED"}\n\n', 'unauthenticated', false],
  ['data: {"type":"RUN_ERROR","code":"VALIDATION_ERROR"}\n\n', 'invalid', true],
  ['{"jsonrpc":"2.0","id":1,"error":{"code":-32003,"message":"slow down"}}', 'throttled', false],
  ['data: {"jsonrpc":"2.0","id":1,"error":{"code":-32003}}\n\n', 'throttled', false],
  ['{"jsonrpc":"2.0","id":1,"error":{"code":-32052}}', 'invalid', true],
  ['{"jsonrpc":"2.0","id":1,"error":{"code":-32053}}', 'throttled', false],
  ['{"jsonrpc":"2.0","id":1,"error":{"code":-32054}}', 'conflict', false],
  ['{"jsonrpc":"2.0","id":1,"error":{"code":-32501}}', 'missing', false],
  ['{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"internal"}}', 'agent', true],
  ['{"jsonrpc":"2.0","id":1,"error":{"code":-32601},"result":{"nonce":"n1"}}', 'agent', true],
])('%j at HTTP 200 is not warmth but "%s"', (text, reason, mayHaveRun) => {
  expect(() => runtimeOf().readEcho(text)).toThrow(
    expect.objectContaining({ name: 'RuntimeFailure', reason, mayHaveRun }),
  )
})
