import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import type { AgentRequest } from '@warm-agent/proxy'
import { afterAll, afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { stopAll, warmAgent, warmAgentOnce } from './support/command.ts'
import { startEmulate } from './support/emulate.ts'

afterEach(() => vi.unstubAllEnvs())
afterAll(stopAll)

const agent = 'node test/fixtures/agent.js'
const message: AgentRequest = {
  body: new TextEncoder().encode('{"chunks":1}'),
  contentType: 'application/json',
  accept: 'text/event-stream',
}

/** A runtime that the emulator plays, as a proxy in this process calls it by what the command printed. */
function runtimeOf({ env }: Awaited<ReturnType<typeof startEmulate>>) {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const runtime = createAgentCoreRuntime({ arn: env.AGENT_RUNTIME_ARN })
  const invoke = (name: string, request: AgentRequest) =>
    runtime.invoke({ id: name.padEnd(40, '0'), qualifier: 'DEFAULT' }, request, AbortSignal.timeout(8_000))
  return { invoke, warm: (name: string) => invoke(name, runtime.warmUpRequest('nonce')) }
}

/** A call without any credentials but those in the headers. */
function call({ url, env }: Awaited<ReturnType<typeof startEmulate>>, headers: Record<string, string> = {}) {
  const invocations = `${url}/runtimes/${encodeURIComponent(env.AGENT_RUNTIME_ARN)}/invocations`
  return fetch(invocations, { method: 'POST', headers, body: '{"chunks":1}' })
}

// Beside each other: most of their time is that of a process that starts.
test.concurrent.for<[string, string[], RegExp]>([
  [
    '--agent',
    ['--agent', 'no-such-program --serve'],
    /^Could not start the agent with "no-such-program --serve": .*not found\. .+$/,
  ],
  [
    '--agent',
    ['--agent', 'node no-such-file.js'],
    /^Could not start the agent with "node no-such-file\.js": .*(Cannot find module|MODULE_NOT_FOUND).+$/,
  ],
  [
    '--platform',
    ['--agent', agent, '--platform', 'v3'],
    /^Could not use --platform: "v3" is none of v1-code, v1-container, v2\.$/,
  ],
  ['--boot', ['--agent', agent, '--boot', 'soon'], /^Could not use --boot: "soon" is neither .+$/],
  [
    '--boot',
    ['--agent', agent, '--boot', 'file:no-such-file'],
    /^Could not start the emulator: option "boot" is .+ENOENT.+$/,
  ],
  ['--conflict-ms', ['--agent', agent, '--conflict-ms', 'soon'], /^Could not .+conflict-ms.+$/],
])('%s that makes no sense is one sentence and exit status 2: %j', async ([_, flags, sentence], { expect }) => {
  const { code, stderr } = await warmAgentOnce(['emulate', '--port', '0', ...flags])
  expect(stderr.trim()).toMatch(sentence)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(code).toBe(2)
})

test.each(['SIGTERM', 'SIGHUP'] as const)(
  'gives the first session the agent that it tried, is quiet, and leaves nothing at %s',
  async signal => {
    const emulator = await startEmulate()
    const { warm } = runtimeOf(emulator)
    await warm('one')
    await warm('two')
    const { vms, totals } = await emulator.books()
    expect(totals).toMatchObject({ vms: 2, live: 2, boots: 2, warmUps: 2 })
    expect(new Set(vms.map(({ pid }) => pid)).size).toBe(2)
    expect(await emulator.command.stop(signal)).toBe(0)
    expect(emulator.command.stderr()).toBe('')
    for (const { pid = 0 } of vms) expect(() => process.kill(pid, 0)).toThrow()
  },
)

test('draws boots from a file, keeps a quota, and tells people what happens', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'boots-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'boots.txt'), '120\n120, 120\n')
  const boots = ['--boot', `file:${join(folder, 'boots.txt')}`]
  const emulator = await startEmulate(...boots, '--active-sessions', '1', '--verbose')
  const { warm } = runtimeOf(emulator)
  await warm('one')
  await expect(warm('two')).rejects.toMatchObject({ reason: 'quota' })
  expect(await emulator.books()).toMatchObject({
    vms: [{ delayMs: 120 }],
    totals: { refused: { ServiceQuotaExceededException: 1 } },
  })
  await emulator.command.stop()
  const said = emulator.command.stderr()
  expect(said).toMatch(/VM 1 \(session one00000…, DEFAULT\) is provisioned, which takes 0\.12 s\.\n/)
  expect(said).toMatch(/Refused with 402 ServiceQuotaExceededException, session two00000…: .+\n/)
})

test('prints what a shell evaluates and an .env file may begin with, and tells whose profile of AWS would win', async () => {
  const command = warmAgent(['emulate', '--agent', agent, '--port', '0'], { AWS_PROFILE: 'of-the-user' })
  await command.lineMatching(/^export AWS_SECRET_ACCESS_KEY=/)
  await command.stop()
  const lines = command.stdout()
  const read = parseEnv(lines)
  expect(read.AGENT_RUNTIME_ARN).toContain(':runtime/')
  const followed = parseEnv(`${lines}WARM_AGENT_ANONYMOUS=1\n`)
  expect(followed).toEqual({ ...read, WARM_AGENT_ANONYMOUS: '1' })
  const { PATH } = process.env
  const evaluated = execFileSync('sh', ['-ec', `${lines}env`], { env: { PATH }, encoding: 'utf8' })
  expect(parseEnv(evaluated)).toMatchObject(read)
  expect(command.stderr()).toMatch(/^AWS_PROFILE is set, .+ unset AWS_PROFILE\n$/)
})

test('checks signatures with the key that it prints', async () => {
  const emulator = await startEmulate()
  expect((await call(emulator)).status).toBe(403)
  const region = emulator.env.AGENT_RUNTIME_ARN.split(':')[3]
  // boto3 knows the second one only.
  const regions = [await emulator.exported('AWS_REGION'), await emulator.exported('AWS_DEFAULT_REGION')]
  expect(regions).toEqual([region, region])
  const { body } = await runtimeOf(emulator).invoke('one', message)
  expect(await new Response(body).text()).toContain('"chunk":0')
  const other = { ...emulator, env: { ...emulator.env, AWS_SECRET_ACCESS_KEY: 'wrong' } }
  await expect(runtimeOf(other).invoke('one', message)).rejects.toMatchObject({ reason: 'refused' })
})

test('takes tokens, makes trouble, and has an admin port for both', async () => {
  const emulator = await startEmulate('--auth', 'oauth', '--chaos', 'throttle:count=1', '--admin-port', '0')
  const [, admin = ''] = /Admin routes: (\S+\/_emulator\/)\n/.exec(emulator.command.stderr()) ?? []
  expect((await call(emulator)).headers.get('www-authenticate')).toContain(`${emulator.url}/runtimes/`)
  const token = (await (await fetch(`${admin}oauth/token`, { method: 'POST' })).json()).access_token
  const bearer = { authorization: `Bearer ${token}` }
  expect((await call(emulator, bearer)).status).toBe(429)
  expect((await call(emulator, bearer)).status).toBe(200)
  await fetch(`${admin}chaos`, { method: 'PUT', body: 'status:503' })
  expect((await call(emulator, bearer)).status).toBe(503)
})

test('answers pages of the hosts that it was told, and no others', async () => {
  const { url } = await startEmulate('--allowed-hosts', 'tunnel.example, other.example')
  const status = async (origin: string) => (await fetch(`${url}/_emulator/ledger`, { headers: { origin } })).status
  expect(await status('https://other.example')).toBe(200)
  expect(await status('https://evil.example')).toBe(403)
})
