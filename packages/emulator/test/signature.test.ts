import { type BedrockAgentCoreClientConfig, InvokeAgentRuntimeCommand } from '@aws-sdk/client-bedrock-agentcore'
import type { HttpRequest } from '@smithy/protocol-http'
import type { Emulator } from '@warm-agent/emulator'
import { expect, test, vi } from 'vitest'
import { createCalls, createClient, emulate, sessionNamed } from './harness.ts'

const denied = (message: string | RegExp) => ({
  name: 'AccessDeniedException',
  $metadata: { httpStatusCode: 403 },
  message: expect.stringMatching(message),
})

/** The real SDK, with a part of its configuration, or of the request that it has signed, changed. */
function callWith({ env }: Emulator, config: BedrockAgentCoreClientConfig, alter?: (request: HttpRequest) => void) {
  const client = createClient(env, config)
  client.middlewareStack.add(
    next => call => {
      alter?.(call.request as HttpRequest)
      return next(call)
    },
    { step: 'deserialize', priority: 'low' },
  )
  return client.send(
    new InvokeAgentRuntimeCommand({
      agentRuntimeArn: env.AGENT_RUNTIME_ARN,
      runtimeSessionId: sessionNamed('signed'),
      qualifier: 'blue',
      traceId: "it's (a) *trace*!",
      payload: new TextEncoder().encode('{"prompt":"hello"}'),
      contentType: 'application/json',
    }),
  )
}

const minutes = (count: number) => count * 60_000

test('takes what the SDK signs, and a clock that is a little off', async () => {
  const { emulator } = await emulate()
  for (const systemClockOffset of [0, minutes(-4), minutes(4)]) {
    expect((await callWith(emulator, { systemClockOffset })).statusCode).toBe(200)
  }
})

test.each<[string, Parameters<typeof callWith>[1], string]>([
  ['an unknown key', { credentials: { accessKeyId: 'AKIA', secretAccessKey: 'emulator-secret' } }, 'token included'],
  ['a wrong secret', { credentials: { accessKeyId: 'emulator', secretAccessKey: 'wrong' } }, 'signature we calculated'],
  ['another region', { region: 'eu-west-1' }, "scoped to a valid region, 'us-east-1'"],
  ['a clock that is behind', { systemClockOffset: minutes(-6) }, 'Signature expired'],
  ['a clock that is ahead', { systemClockOffset: minutes(6) }, 'Signature not yet current'],
])('refuses %s', async (_, config, message) => {
  const { emulator } = await emulate()
  await expect(callWith(emulator, config)).rejects.toMatchObject(denied(message))
  expect(emulator.ledger().totals).toMatchObject({ vms: 0, refused: { AccessDeniedException: 1 } })
})

const headers =
  (changed: Record<string, string>) =>
  (request: HttpRequest): void => {
    Object.assign(request.headers, changed)
  }

test.each<[string, (request: HttpRequest) => void, string]>([
  [
    'body',
    request => {
      request.body = new TextEncoder().encode('{"prompt":"other"}')
    },
    'does not match what was',
  ],
  [
    'body, and its hash',
    request => {
      request.body = new Uint8Array()
      const hash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
      headers({ 'content-length': '0', 'x-amz-content-sha256': hash })(request)
    },
    'signature we calculated',
  ],
  [
    'qualifier',
    request => {
      request.query = { qualifier: 'green' }
    },
    'signature we calculated',
  ],
  [
    'session',
    headers({ 'x-amzn-bedrock-agentcore-runtime-session-id': sessionNamed('another') }),
    'signature we calculated',
  ],
  [
    'signature away',
    request => {
      delete request.headers.authorization
    },
    'Missing Authentication Token',
  ],
  ['signature into nonsense', headers({ authorization: 'AWS4-HMAC-SHA256 Credential=x' }), 'neither'],
  [
    'list of signed headers',
    request => {
      const { authorization = '' } = request.headers
      headers({ authorization: authorization.replace('host;', '') })(request)
    },
    "'Host' or ':authority' must be a 'SignedHeader'",
  ],
  ['signature into a token', headers({ authorization: 'Bearer e.y.J' }), 'method mismatch'],
])('refuses a call whose sender changed the %s', async (_, alter, message) => {
  const { emulator } = await emulate()
  await expect(callWith(emulator, {}, alter)).rejects.toMatchObject(denied(message))
  expect(emulator.ledger().totals.vms).toBe(0)
})

test('looks at no signature when it is told so', async () => {
  const { emulator } = await emulate({ auth: 'none' })
  const wrong = { accessKeyId: 'AKIA', secretAccessKey: 'wrong' }
  expect((await callWith(emulator, { credentials: wrong })).statusCode).toBe(200)
})

test('takes the key of its environment too, and never shows it', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAENVIRONMENT')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'of the environment')
  const { emulator, report } = await emulate()
  vi.unstubAllEnvs()
  const credentials = { accessKeyId: 'AKIAENVIRONMENT', secretAccessKey: 'of the environment', sessionToken: 'any' }
  expect((await callWith(emulator, { credentials })).statusCode).toBe(200)
  expect(JSON.stringify(emulator.env)).not.toContain('nvironment')
  expect((await report('own')).calls).toBe(1)
})

test('takes the one key that it was given, and no other', async () => {
  const credentials = { accessKeyId: 'mine', secretAccessKey: 'my secret' }
  const { emulator } = await emulate({ credentials })
  expect(emulator.env).toMatchObject({ AWS_ACCESS_KEY_ID: 'mine', AWS_SECRET_ACCESS_KEY: 'my secret' })
  expect((await createCalls(emulator.env).report('mine')).calls).toBe(1)
  const own = { accessKeyId: 'emulator', secretAccessKey: 'emulator-secret' }
  await expect(callWith(emulator, { credentials: own })).rejects.toMatchObject(denied('token included'))
})
