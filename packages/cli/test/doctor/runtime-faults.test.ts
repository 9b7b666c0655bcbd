import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { diagnose, emulate, goodAgent } from './diagnose.ts'
import { relayTo } from './relay.ts'

test('nothing is wrong with an agent that keeps the contract, and every session is stopped', async () => {
  const { emulator, env } = await emulate()
  const { status, ids, check, stdout } = await diagnose(env)
  expect(ids).toEqual([])
  expect(status).toBe(0)
  expect(check('warm-up')?.said).toMatch(/nonce echoed/)
  expect(check('canary')).toMatchObject({ status: 'passed', said: expect.stringMatching(/the runtime itself: warm/) })
  expect(emulator.sessions()).toEqual([])
  for (const { sessionId } of emulator.ledger().vms) expect(stdout).not.toContain(sessionId)
})

test.each([
  ['throttle:retryAfter=0,kind=invoke', 'throttled'],
  ['status:402,kind=invoke', 'sessions-used-up'],
  ['status:500,kind=invoke', 'platform-fails'],
  ['status:401,kind=invoke', 'call-refused'],
])('a platform that answers every call with %s is %s', async (chaos, id) => {
  const { env } = await emulate({ chaos })
  const { ids, status } = await diagnose(env)
  expect(ids).toContain(id)
  expect(status).toBe(1)
})

const arn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/emulated_agent-0123456789'

test.each([
  ['a runtime that is not there', { AGENT_RUNTIME_ARN: arn.replace('emulated', 'another') }, 'runtime-missing'],
  ['a missing endpoint', { AGENT_RUNTIME_QUALIFIERS: 'DEFAULT,blue' }, 'qualifier-missing'],
  ['another region', { AWS_REGION: 'eu-west-1' }, 'region-mismatch'],
  [
    'an ARN of another region',
    { AGENT_RUNTIME_ARN: arn.replace('us-east-1', 'eu-west-1'), AWS_REGION: 'eu-west-1' },
    'region-refused',
  ],
  ['an ARN of an endpoint', { AGENT_RUNTIME_ARN: `${arn}/runtime-endpoint/blue` }, 'arn-malformed'],
  [
    'an ARN of Bedrock Agents',
    { AGENT_RUNTIME_ARN: 'arn:aws:bedrock:us-east-1:123456789012:agent/X' },
    'arn-malformed',
  ],
  ['an unknown key', { AWS_ACCESS_KEY_ID: 'stranger' }, 'credentials-unknown'],
  ['a wrong secret', { AWS_SECRET_ACCESS_KEY: 'wrong' }, 'credentials-wrong-secret'],
  [
    'tokens for a runtime that takes SigV4',
    { AGENT_RUNTIME_AUTH: 'oauth', AGENT_RUNTIME_TOKEN_FILE: 'token' },
    'auth-mode-mismatch',
  ],
  ['nobody there', { AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: 'http://127.0.0.1:1' }, 'platform-unreachable'],
])('%s is found and named', async (_, variables: Record<string, string>, id) => {
  const { env } = await emulate({ qualifiers: ['DEFAULT'] })
  if (variables.AGENT_RUNTIME_TOKEN_FILE) variables.AGENT_RUNTIME_TOKEN_FILE = await tokenFile('some.token')
  const { ids, status, findings, stdout } = await diagnose({ ...env, ...variables }, '--no-message')
  expect(ids).toEqual([id])
  expect(status).toBe(1)
  for (const { what, why, whatToDo } of findings)
    expect([what, why, whatToDo].every(text => text.length > 10)).toBe(true)
  expect(stdout).not.toContain('some.token')
})

test('a runtime on which no session becomes warm is wrong, also when no check knows why', async () => {
  const { emulator, env } = await emulate()
  const relay = await relayTo(emulator.url, {
    answer: ({ url }) =>
      url?.includes('/invocations?')
        ? [403, {}, '{"message":"Credential should be scoped to a valid service."}']
        : undefined,
  })
  const behindIt = { ...env, AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: relay }
  const { findings, status } = await diagnose(behindIt)
  expect(findings).toMatchObject([{ id: 'nothing-warm', check: 'canary' }])
  expect(status).toBe(1)
  expect((await diagnose(behindIt, '--free')).status).toBe(0)
})

test('no account number is in a report, not even of an ARN that is malformed', async () => {
  for (const malformed of [
    'arn:aws:bedrock-agentcore:us-east-1:210987654321:runtime:my_agent-a1B2c3D4e5',
    'arn:aws:bedrock-agentcore:us-east-1:210987654321',
    '210987654321',
  ]) {
    const { ids, stdout } = await diagnose({ AGENT_RUNTIME_ARN: malformed }, '--yes')
    expect(ids).toEqual(['arn-malformed'])
    expect(stdout).not.toContain('210987654321')
  }
})

test('an OAuth runtime that is called by SigV4 is named, with its issuer', async () => {
  const { env } = await emulate({ auth: 'oauth' })
  const { findings, status } = await diagnose(env)
  expect(findings).toMatchObject([
    { id: 'auth-mode-mismatch', what: expect.stringMatching(/OAuth tokens of http.*SigV4/) },
  ])
  expect(status).toBe(1)
})

test('an OAuth runtime is examined with a token, and a bad token is named', async () => {
  const { emulator, env } = await emulate({ auth: 'oauth' })
  const variables = { ...env, AGENT_RUNTIME_AUTH: 'oauth' }
  const good = await diagnose({ ...variables, AGENT_RUNTIME_TOKEN_FILE: await tokenFile(await emulator.issueToken()) })
  expect(good.ids).toEqual([])
  expect(good.check('canary')?.status).toBe('passed')
  const bad = await diagnose({ ...variables, AGENT_RUNTIME_TOKEN_FILE: await tokenFile('bad.token.here') })
  expect(bad.ids).toEqual(['token-refused'])
})

test('credentials that are not there are named', async () => {
  const { env } = await emulate()
  const none = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, AWS_EC2_METADATA_DISABLED: 'true' }
  const files = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' }
  const { ids, status } = await diagnose({ ...env, ...none, ...files })
  expect(ids).toEqual(['credentials-missing'])
  expect(status).toBe(1)
})

test('a clock that is twenty minutes off is named', async () => {
  const { emulator, env } = await emulate()
  const relay = await relayTo(emulator.url, { clockAheadMs: 20 * 60_000 })
  const { findings, status } = await diagnose({ ...env, AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: relay }, '--no-message')
  expect(findings).toMatchObject([{ id: 'clock-skewed', what: expect.stringMatching(/this machine is 20 min behind/) }])
  expect(status).toBe(1)
})

test('a beat that comes after the idle timeout is named, by configuration and by waiting', async () => {
  const { env } = await emulate({ idleSeconds: 60 })
  const told = await diagnose(env, '--no-message')
  expect(told.findings).toMatchObject([{ id: 'beat-too-late', what: expect.stringMatching(/every 9 min.*after 60 s/) }])
  const right = await diagnose(env, '--no-message', '--agent-idle-timeout-seconds', '60')
  expect(right.ids).toEqual([])
  // The emulator's own port for its admin routes hides them, so that nothing but waiting tells.
  const hidden = await emulate({ idleSeconds: 0.5, adminPort: 0 })
  const waited = await diagnose(hidden.env, '--no-message', '--beat-seconds', '1')
  expect(waited.findings).toMatchObject([{ id: 'beat-too-late', what: expect.stringMatching(/was gone after 1 s/) }])
  expect(waited.status).toBe(1)
})

test('quotas are compared with the demand, and with a plan from a file', async () => {
  const { env } = await emulate()
  expect((await diagnose(env, '--free', '--rate', '1')).check('quotas')?.status).toBe('passed')
  const tooMuch = await diagnose(env, '--free', '--rate', '30')
  expect(tooMuch.ids).toEqual(['quota-exceeded'])
  expect(tooMuch.status).toBe(1)
  const quotas = [{ quota: 'activeSessions', needed: 2400, allowed: 2500, left: 0.04, formula: '…', reason: '…' }]
  const tight = await diagnose(env, '--free', '--plan', await tokenFile(`\uFEFF${JSON.stringify({ quotas })}`))
  expect(tight.ids).toEqual(['quota-tight'])
  expect(tight.status).toBe(0)
})

test.each(['null', '{"quotas":[null]}', '{"quotas":[{"left":1}]}'])('%s is no plan, in a sentence', async text => {
  const { status, stderr } = await diagnose({ AGENT_RUNTIME_ARN: arn }, '--free', '--plan', await tokenFile(text))
  expect(stderr).toMatch(/^Could not read the plan [^\n]+: it has no quotas\. [^\n]+\n$/)
  expect(status).toBe(2)
})

test('--free starts no session, and tells who may call all the same', async () => {
  const { emulator, env } = await emulate()
  expect((await diagnose(env, '--free')).status).toBe(0)
  expect((await diagnose({ ...env, AWS_SECRET_ACCESS_KEY: 'wrong' }, '--free')).ids).toEqual([
    'credentials-wrong-secret',
  ])
  expect(emulator.ledger().vms).toEqual([])
})

test.each(['SIGINT', 'SIGHUP'] as const)(
  'at %s it stops the sessions that it made, and reports what it saw',
  async name => {
    const { emulator, env } = await emulate({
      agent: goodAgent(() => {
        process.emit(name, name)
        return '{}'
      }),
    })
    const { status, stdout, check } = await diagnose(env)
    expect(status).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ isInterrupted: true, notStopped: 0 })
    expect(check('warm-up')?.status).toBe('passed')
    expect(emulator.ledger().vms).toHaveLength(1)
    expect(emulator.sessions()).toEqual([])
  },
)

test('sessions on AWS are not started unasked', async () => {
  const isTTY = Object.getOwnPropertyDescriptor(process.stdin, 'isTTY')
  Object.defineProperty(process.stdin, 'isTTY', { value: false, configurable: true })
  const asked = vi.spyOn(globalThis, 'fetch')
  const { status, stderr } = await diagnose({ AGENT_RUNTIME_ARN: arn, AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: undefined })
  Object.defineProperty(process.stdin, 'isTTY', isTTY ?? { value: undefined, configurable: true })
  expect(stderr).toMatch(/^Could not start the sessions: .* 2 sessions on AWS.* 1 cent \(\$0\.01\).*--yes.*\n$/)
  expect(status).toBe(2)
  expect(asked).not.toHaveBeenCalled()
  asked.mockRestore()
})

test.each([
  [['--nope'], /'--nope'/],
  [['--rate', '0'], /--rate.*"0"/],
  [['--rate', '1', '--plan', 'plan.json'], /--rate and --plan/],
  [['--plan', 'no-such-file.json'], /no-such-file\.json/],
  [['--page-origin', 'https://chat.example.com'], /--page-origin/],
  [
    ['--page-origin', 'chat.example.com', '--proxy-url', 'http://localhost:1/api/agent'],
    /"chat\.example\.com" is no origin/,
  ],
  [['--proxy-url', 'localhost'], /"localhost" is no URL/],
  [['--proxy-header', 'secret-token'], /it is no header/],
  [['--proxy-header', 'x-a: secret-token ☃'], /--proxy-header\): its value has .+ Give Latin-1 without/],
  [['--message', '{'], /it is not JSON/],
])('%j is refused in a sentence', async (args, message) => {
  const { status, stderr } = await diagnose({ AGENT_RUNTIME_ARN: arn }, '--yes', ...args)
  expect(stderr).toMatch(message)
  expect(stderr).toMatch(/^Could not [^\n]+\n$/)
  expect(stderr).not.toContain('secret-token')
  expect(status).toBe(2)
})

test('an endpoint that is no URL is refused in a sentence, before anything is asked', async () => {
  const env = { AGENT_RUNTIME_ARN: arn, AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: '127.0.0.1:9000' }
  expect(await diagnose(env)).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(/^Could not use the endpoint "127\.0\.0\.1:9000": [^\n]+\n$/),
  })
})

test('nothing to examine is a wrong usage, and --help tells the options', async () => {
  expect(await diagnose({ AGENT_RUNTIME_ARN: undefined })).toMatchObject({
    status: 2,
    stderr: /neither AGENT_RUNTIME_ARN/,
  })
  expect(await diagnose({}, '--help')).toMatchObject({ status: 0 })
})

async function tokenFile(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'warm-agent-doctor-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'file')
  await writeFile(path, `${text}\n`)
  return path
}
