import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { stopAll, warmAgent } from './support/command.ts'

afterEach(() => vi.unstubAllEnvs())
afterAll(stopAll)

/** The command with an agent, and what its `export` lines say. */
async function emulate(...flags: string[]) {
  const command = warmAgent(['emulate', '--agent', 'node test/fixtures/agent.js', '--port', '0', ...flags])
  const read = async (name: string) => (await command.lineMatching(new RegExp(`^export ${name}=(.+)$`)))[1] ?? ''
  const url = await read('AWS_ENDPOINT_URL_BEDROCK_AGENTCORE')
  const invocations = `${url}/runtimes/${encodeURIComponent(await read('AGENT_RUNTIME_ARN'))}/invocations`
  const invoke = (headers: Record<string, string> = {}) =>
    fetch(invocations, { method: 'POST', headers, body: '{"chunks":1}' })
  return { command, read, url, invoke }
}

test('the command checks signatures with the key that it prints', async () => {
  const { read, invoke } = await emulate()
  expect((await invoke()).status).toBe(403)
  for (const name of ['AWS_ENDPOINT_URL_BEDROCK_AGENTCORE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) {
    vi.stubEnv(name, await read(name))
  }
  const arn = await read('AGENT_RUNTIME_ARN')
  // boto3 knows the second one only.
  expect(new Set([await read('AWS_REGION'), await read('AWS_DEFAULT_REGION'), arn.split(':')[3]]).size).toBe(1)
  const send = () =>
    createAgentCoreRuntime({ arn }).invoke(
      { id: 'a-session-of-the-emulate-command-test', qualifier: 'DEFAULT' },
      { body: new TextEncoder().encode('{"chunks":1}'), contentType: 'application/json', accept: 'text/event-stream' },
      AbortSignal.timeout(10_000),
    )
  expect(await new Response((await send()).body).text()).toContain('"chunk":0')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wrong')
  await expect(send()).rejects.toMatchObject({ reason: 'refused' })
})

test('the command takes tokens, makes trouble, and has an admin port for both', async () => {
  const { command, url, invoke } = await emulate('--auth', 'oauth', '--chaos', 'throttle:count=1', '--admin-port', '0')
  const [, admin = ''] = /Admin routes: (\S+\/_emulator\/)\n/.exec(command.stderr()) ?? []
  expect((await invoke()).headers.get('www-authenticate')).toContain(`${url}/runtimes/`)
  const token = (await (await fetch(`${admin}oauth/token`, { method: 'POST' })).json()).access_token
  const bearer = { authorization: `Bearer ${token}` }
  expect((await invoke(bearer)).status).toBe(429)
  expect((await invoke(bearer)).status).toBe(200)
  await fetch(`${admin}chaos`, { method: 'PUT', body: 'status:503' })
  expect((await invoke(bearer)).status).toBe(503)
})
