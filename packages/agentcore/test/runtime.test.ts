import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import { type AgentCoreRuntimeOptions, createAgentCoreRuntime } from '@warm-agent/agentcore'
import { describe, expect, test, vi } from 'vitest'
import { arn, never, refuse, request, session } from './data-plane.ts'
import { kinds, serveKind } from './kinds.ts'

test('it is one attempt with a client of the user too, whatever that is configured to retry', async () => {
  const { runtime, dataPlane } = await serveKind('sigv4', (_, outgoing) =>
    refuse(outgoing, 500, 'InternalServerException'),
  )
  const client = new BedrockAgentCoreClient({ region: 'eu-west-1', endpoint: dataPlane.url, maxAttempts: 5 })
  const own = createAgentCoreRuntime({ arn, client })
  await expect(own.invoke(session, request, never)).rejects.toMatchObject({ reason: 'unavailable' })
  await expect(own.stop(session)).rejects.toMatchObject({ reason: 'unavailable' })
  await expect(runtime.stop(session)).rejects.toMatchObject({ reason: 'unavailable' })
  expect(dataPlane.calls).toHaveLength(3)
})

test('its identity is the ARN of its home, whatever stands in for that', () => {
  const fallbacks = [{ arn: arn.replace('eu-west-1', 'us-west-2') }]
  expect(createAgentCoreRuntime({ arn, fallbacks }).identity).toBe(arn)
})

/** A platform that refuses what was signed more than five minutes off its own clock, as AWS does. */
function atPlatformTime(aheadMs: () => number, status = 200): Parameters<typeof serveKind>[1] {
  return ({ headers }, outgoing) => {
    const nowMs = Date.now() + aheadMs()
    outgoing.setHeader('date', new Date(nowMs).toUTCString())
    const isInTime = Math.abs(nowMs - signedAt(String(headers['x-amz-date']))) < 300_000
    if (isInTime && status === 200) return void outgoing.end('{}')
    refuse(outgoing, isInTime ? status : 403, 'SomeException')
  }
}

const hour = 3_600_000

describe.each(kinds.filter(kind => kind !== 'oauth'))('a runtime that takes %s', kind => {
  test('signs anew, by the time of the platform, what was refused because the clock of this machine is wrong', async () => {
    const { runtime, dataPlane } = await serveKind(
      kind,
      atPlatformTime(() => hour),
    )
    const first = [
      runtime.invoke(session, request, never),
      runtime.invoke(session, request, never),
      runtime.stop(session),
    ]
    await expect(Promise.all(first)).resolves.toMatchObject([{ status: 200 }, { status: 200 }, undefined])
    expect(dataPlane.calls).toHaveLength(6)
    await runtime.stop(session)
    expect(dataPlane.calls).toHaveLength(7)
  })

  test('and again when the clock of this machine was set right meanwhile', async () => {
    let aheadMs = -hour
    const { runtime, dataPlane } = await serveKind(
      kind,
      atPlatformTime(() => aheadMs),
    )
    await runtime.stop(session)
    aheadMs = 0
    await runtime.stop(session)
    await runtime.stop(session)
    expect(dataPlane.calls).toHaveLength(5)
  })

  test.each([
    [403, 'refused'],
    [500, 'unavailable'],
  ])('calls no third time when the second is answered %i', async (status, reason) => {
    const { runtime, dataPlane } = await serveKind(
      kind,
      atPlatformTime(() => hour, status),
    )
    for (const calls of [2, 3]) {
      await expect(runtime.invoke(session, request, never)).rejects.toMatchObject({ reason })
      expect(dataPlane.calls).toHaveLength(calls)
    }
  })

  test.each([424, 500])('never repeats what was answered %i, whatever its date', async status => {
    const { runtime, dataPlane } = await serveKind(kind, (_, outgoing) =>
      refuse(outgoing, status, 'SomeException', { date: new Date(Date.now() + hour).toUTCString() }),
    )
    await expect(runtime.invoke(session, request, never)).rejects.toMatchObject({ mayHaveRun: true })
    expect(dataPlane.calls).toHaveLength(1)
  })
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
  [{ arn: `${arn}/runtime-endpoint/DEFAULT` }, /ARN ".+\/DEFAULT": it is malformed/],
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
