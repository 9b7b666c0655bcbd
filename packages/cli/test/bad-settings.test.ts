import { afterEach, expect, test, vi } from 'vitest'
import { runCommand } from '../src/run-command.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const arn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5'
const secret = 'thirty-two bytes or more of something random'
const good = { AGENT_RUNTIME_ARN: arn, WARM_AGENT_SECRET: secret, PORT: '0' }

test.for([
  ['no ARN', ['proxy'], { ...good, AGENT_RUNTIME_ARN: '' }, /AGENT_RUNTIME_ARN .*not set/],
  ['a malformed ARN', ['proxy'], { ...good, AGENT_RUNTIME_ARN: 'arn:aws:s3:::x' }, /arn:aws:s3:::x.*malformed/],
  ['no secret', ['proxy'], { ...good, WARM_AGENT_SECRET: '' }, /WARM_AGENT_SECRET .*not set/],
  ['a short secret', ['proxy'], { ...good, WARM_AGENT_SECRET: `${secret},short` }, /secret 2: it has 5 bytes/],
  ['an unknown flag', ['proxy', '--nope'], good, /'--nope'/],
  ['a word too many', ['proxy', 'now'], good, /'now'/],
  ['a senseless port', ['proxy', '--port', '70000'], good, /PORT \(or --port\): "70000"/],
  ['a senseless origin', ['proxy'], { ...good, WARM_AGENT_ORIGINS: 'example.com' }, /origins\.0/],
  ['a senseless switch', ['proxy'], { ...good, WARM_AGENT_ANONYMOUS: 'maybe' }, /"maybe"/],
  [
    'idling past the lifetime',
    ['proxy', '--agent-idle-timeout-seconds', '100', '--agent-max-lifetime-seconds', '60'],
    good,
    /idleTimeoutMs/,
  ],
  ['an unknown command', ['prxy'], {}, /"prxy"/],
  ['no agent', ['emulate'], {}, /--agent: it is not set/],
  ['a malformed boot', ['emulate', '--agent', 'x', '--boot', 'quick'], {}, /quick/],
] as const)('%s is one sentence on stderr and exit status 2', async ([, args, env, message]) => {
  for (const name of Object.keys(good)) vi.stubEnv(name, undefined)
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const code = await runCommand([...args])
  const stderr = write.mock.calls.join('')
  expect(stderr).toMatch(message)
  expect(stderr).toMatch(/^Could not [^\n]+\n$/)
  expect(stderr).not.toContain(secret)
  expect(code).toBe(2)
})

test.each([['--help'], ['proxy', '--help'], ['emulate', '--help']])('%s %s prints help', async (...args) => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  expect(await runCommand(args.filter(Boolean))).toBe(0)
  expect(write.mock.calls.join('')).toMatch(/^Usage: warm-agent /)
})
