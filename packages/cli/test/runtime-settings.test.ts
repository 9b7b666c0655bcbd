import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { listenLocally } from '../../../test/support/listen-locally.ts'
import { runtimeFrom, runtimeSettings } from '../src/runtime-settings.ts'
import { readSettings } from '../src/settings.ts'

afterEach(() => void vi.unstubAllEnvs())

const arn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5'
const session = { id: 'warm-00000000-0000-0000-0000-000000000000', qualifier: 'DEFAULT' }

function runtimeOf(env: Record<string, string>) {
  for (const [name, value] of Object.entries({ AGENT_RUNTIME_ARN: arn, ...env })) vi.stubEnv(name, value)
  const values = readSettings('test', runtimeSettings, [])
  if (!values) throw new Error('help was asked for')
  return runtimeFrom(values)
}

test('the token file of an OAuth runtime is read before each call that no caller stands behind', async () => {
  const tokens: (string | undefined)[] = []
  const plane = createServer((incoming, outgoing) => {
    tokens.push(incoming.headers.authorization)
    outgoing.end('{}')
  })
  const { origin } = await listenLocally(plane)
  const folder = await mkdtemp(join(tmpdir(), 'warm-agent-'))
  const file = join(folder, 'token')
  const runtime = runtimeOf({
    AGENT_RUNTIME_AUTH: 'oauth',
    AGENT_RUNTIME_TOKEN_FILE: file,
    AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: origin,
  })
  for (const token of ['first', 'second']) {
    await writeFile(file, `${token}\n`)
    await runtime.stop(session)
  }
  expect(tokens).toEqual(['Bearer first', 'Bearer second'])
  plane.closeAllConnections()
  plane.close()
  await rm(folder, { recursive: true })
})

test('the endpoints are used as the platform makes sense of them', () => {
  const env = { AGENT_RUNTIME_QUALIFIERS: 'blue, green' }
  const place = (more: Record<string, string>) => {
    const runtime = runtimeOf({ ...env, ...more })
    return [runtime.placeSession?.(), runtime.placeSession?.()]
  }
  expect(place({})).toEqual(['blue', 'green'])
  expect(place({ AGENT_RUNTIME_PLATFORM: 'v2' })).toEqual(['blue', 'blue'])
  expect(place({ AGENT_RUNTIME_PLATFORM: 'v2', AGENT_RUNTIME_SPREAD: 'round-robin' })).toEqual(['blue', 'green'])
})

test.each([
  [{ AWS_REGION: 'eu-west-1' }, /^Could not use AWS_REGION .+ eu-west-1, but the runtime is in us-east-1\. .+\.$/],
  [{ AGENT_IDLE_TIMEOUT_SECONDS: '30' }, /^Could not use AGENT_IDLE_TIMEOUT_SECONDS .+ 30 .+ least, 60\. .+\.$/],
  [{ AGENT_MAX_LIFETIME_SECONDS: '59' }, /^Could not use AGENT_MAX_LIFETIME_SECONDS .+ 59 .+ least, 60\. .+\.$/],
  [{ AGENT_IDLE_TIMEOUT_SECONDS: '900', AGENT_MAX_LIFETIME_SECONDS: '60' }, /longer than maxLifetimeMs/],
])('%j makes no sense on AWS', (env, message) => {
  expect(() => runtimeOf(env)).toThrow(message)
})

test('an emulator may idle out within seconds, and idling never takes longer than the lifetime', () => {
  const endpoint = { AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: 'http://127.0.0.1:9000' }
  const seconds = { AGENT_IDLE_TIMEOUT_SECONDS: '5', AGENT_MAX_LIFETIME_SECONDS: '30' }
  expect(runtimeOf({ ...endpoint, ...seconds })).toMatchObject({ idleTimeoutMs: 5_000, maxLifetimeMs: 30_000 })
  vi.unstubAllEnvs()
  expect(runtimeOf({ AGENT_MAX_LIFETIME_SECONDS: '60', AWS_REGION: 'us-east-1' })).toMatchObject({
    idleTimeoutMs: 60_000,
  })
})

test('the protocol chooses the warm-up', () => {
  const { body } = runtimeOf({ AGENT_PROTOCOL: 'mcp' }).warmUpRequest('n1')
  expect(JSON.parse(new TextDecoder().decode(body))).toMatchObject({ method: 'ping' })
})
