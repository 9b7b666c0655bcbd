import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import { type AgentCoreRuntimeOptions, createAgentCoreRuntime } from '@warm-agent/agentcore'
import { expect, test, vi } from 'vitest'
import { arn, never, refuse, request, session } from './data-plane.ts'
import { serveKind } from './kinds.ts'

test('it is one attempt with a client of the user too, whatever that is configured to retry', async () => {
  const { runtime, dataPlane } = await serveKind('sigv4', (_, outgoing) =>
    refuse(outgoing, 500, 'InternalServerException'),
  )
  const client = new BedrockAgentCoreClient({ region: 'eu-west-1', endpoint: dataPlane.url, maxAttempts: 5 })
  const own = createAgentCoreRuntime({ arn, client })
  await expect(own.invoke(session, request, never)).rejects.toMatchObject({ reason: 'unavailable' })
  await expect(runtime.stop(session)).rejects.toMatchObject({ reason: 'unavailable' })
  expect(dataPlane.calls).toHaveLength(2)
})

test('its identity is the ARN of its home, whatever stands in for that', () => {
  const fallbacks = [{ arn: arn.replace('eu-west-1', 'us-west-2') }]
  expect(createAgentCoreRuntime({ arn, fallbacks }).identity).toBe(arn)
})

test('a clock that is wrong costs one refusal: the platform tells the time, and the next signature is right', async () => {
  const platformNow = Date.now() + 3_600_000
  const { runtime, dataPlane } = await serveKind('sigv4', (_, outgoing) => {
    outgoing.setHeader('date', new Date(platformNow).toUTCString())
    refuse(outgoing, 403, 'AccessDeniedException')
  })
  for (const _ of ['first', 'second']) await expect(runtime.stop(session)).rejects.toMatchObject({ reason: 'refused' })
  const [wrong, right] = dataPlane.calls.map(({ headers }) => signedAt(String(headers['x-amz-date'])))
  expect(Math.abs(platformNow - (wrong ?? 0))).toBeGreaterThan(3_000_000)
  expect(Math.abs(platformNow - (right ?? 0))).toBeLessThan(60_000)
})

/** The time in `20261122T154204Z`. */
function signedAt(text: string): number {
  return Date.parse(text.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'))
}

test('the token of temporary credentials goes along', async () => {
  const { runtime, dataPlane } = await serveKind('sigv4', (_, outgoing) => void outgoing.end('{}'))
  vi.stubEnv('AWS_SESSION_TOKEN', 'for-an-hour')
  await runtime.stop(session)
  expect(dataPlane.calls[0]?.headers['x-amz-security-token']).toBe('for-an-hour')
})

test('without credentials nothing is sent, and the failure says so', async () => {
  const { runtime, dataPlane } = await serveKind('sigv4', (_, outgoing) => void outgoing.end('{}'))
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  vi.stubEnv('AWS_PROFILE', 'there-is-none')
  await expect(runtime.invoke(session, request, never)).rejects.toMatchObject({
    reason: 'refused',
    mayHaveRun: false,
    message: expect.stringContaining('No AWS credentials'),
  })
  expect(dataPlane.calls).toEqual([])
})

test('whatever the client of an application throws is told as a failure of the connection', async () => {
  const credentials = () => Promise.reject('the vault is sealed')
  const runtime = createAgentCoreRuntime({
    arn,
    client: new BedrockAgentCoreClient({ credentials, region: 'us-east-1' }),
  })
  await expect(runtime.invoke(session, request, never)).rejects.toMatchObject({
    reason: 'unreachable',
    message: expect.stringContaining('the vault is sealed'),
  })
})

test.each([
  [{ arn: 'arn:aws:lambda:x' }, /ARN "arn:aws:lambda:x"/],
  [{ arn: 'arn:aws:lambda:x', region: 'eu-west-1' }, /ARN "arn:aws:lambda:x"/],
  [{ qualifiers: [] }, /qualifiers/],
  [{ qualifiers: ['1st'] }, /qualifiers.0/],
  [{ idleTimeoutMs: 10 }, /idleTimeoutMs/],
  [{ idleTimeoutMs: 120_000, maxLifetimeMs: 60_000 }, /idleTimeoutMs is 120000: it is longer/],
  [{ arm: arn }, /option arm: /],
  [{ protocol: 'grpc' }, /protocol is "grpc": /],
  [{ platform: 'v3' }, /platform is "v3": /],
  [{ spread: 'random' }, /spread is "random": /],
  [{ breaker: { failures: 0 } }, /breaker.failures is 0: /],
  [{ breaker: { open: 1 } }, /option breaker.open: /],
  [{ fallbacks: [{ arn }] }, /fallbacks: .*region that is there already/],
  [{ fallbacks: [{ arn: 'us-west-2' }] }, /ARN "us-west-2"/],
  [{ warmUp: { body: '{}' } }, /warmUp.body is "\{\}": expected a function/],
  [{ client: {} }, /client is an object: expected a BedrockAgentCoreClient/],
])('options %j are refused at construction', (wrong, message) => {
  const make = () => createAgentCoreRuntime({ arn, ...wrong } as AgentCoreRuntimeOptions)
  expect(make).toThrow(/^Could not /)
  expect(make).toThrow(message)
})
