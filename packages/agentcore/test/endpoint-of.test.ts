import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { arn, never, request, session } from './data-plane.ts'

afterEach(() => void vi.unstubAllEnvs())

const senseless = [
  '127.0.0.1:9000',
  'localhost:9000',
  'http://127.0.0.1:99999',
  'http://',
  'notaurl',
  'ftp://localhost',
]

test.each(senseless)('an endpoint "%s" in the environment is refused at construction', url => {
  const refusal = `Could not use the endpoint "${url}": it is no URL with http: or https:. Set AWS_ENDPOINT_URL_BEDROCK_AGENTCORE to`
  vi.stubEnv('AWS_ENDPOINT_URL', url)
  expect(() => createAgentCoreRuntime({ arn })).toThrow(refusal)
  vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK_AGENTCORE', url)
  expect(() => createAgentCoreRuntime({ arn, auth: { bearer: 'caller' } })).toThrow(refusal)
  vi.stubEnv('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', 'true')
  expect(() => createAgentCoreRuntime({ arn })).not.toThrow()
})

test('the password in an endpoint is not repeated', () => {
  vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK_AGENTCORE', 'http://user:secret@localhost:99999')
  expect(() => createAgentCoreRuntime({ arn })).toThrow(/^Could not use the endpoint: it is no URL/)
})

test('one in a file of the SDK is refused by each call, which has sent nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'warm-agent-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'config'), '[default]\nendpoint_url = 127.0.0.1:9000\n')
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
  const refusal = { reason: 'refused', mayHaveRun: false, message: expect.stringContaining('"127.0.0.1:9000"') }
  await expect(createAgentCoreRuntime({ arn }).invoke(session, request, never)).rejects.toMatchObject(refusal)
})
