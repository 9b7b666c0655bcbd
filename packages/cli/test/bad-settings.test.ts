import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { optional, readSettings, setting } from '../src/settings.ts'
import { aProject } from './a-project.ts'
import { runCaptured } from './run-captured.ts'

afterEach(() => void vi.unstubAllEnvs())

const arn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5'
const secret = 'thirty-two bytes or more of something random'
const good = { AGENT_RUNTIME_ARN: arn, WARM_AGENT_SECRET: secret, PORT: '0' }

test.for([
  ['no ARN', ['proxy'], { ...good, AGENT_RUNTIME_ARN: '' }, /AGENT_RUNTIME_ARN .*not set/],
  ['a malformed ARN', ['proxy'], { ...good, AGENT_RUNTIME_ARN: 'arn:aws:s3:::x' }, /arn:aws:s3:::x.*malformed/],
  ['no secret', ['proxy'], { ...good, WARM_AGENT_SECRET: '' }, /WARM_AGENT_SECRET .*not set/],
  [
    'a short secret',
    ['proxy'],
    { ...good, WARM_AGENT_SECRET: `${secret},short` },
    /secret 2 of `secret` \(WARM_AGENT_SECRET\): it has 5 bytes/,
  ],
  ['an unknown flag', ['proxy', '--nope'], good, /'--nope'/],
  ['a word too many', ['proxy', 'now'], good, /'now'/],
  [
    'a HOST that some shells export',
    ['proxy'],
    { ...good, HOST: '192.0.2.1' },
    /192\.0\.2\.1:0: .* HOST \(or --host\)/,
  ],
  ['a senseless port', ['proxy', '--port', '70000'], good, /PORT \(or --port\): "70000"/],
  ['a senseless origin', ['proxy'], { ...good, WARM_AGENT_ORIGINS: 'example.com' }, /origins\.0/],
  ['a senseless switch', ['proxy'], { ...good, WARM_AGENT_ANONYMOUS: 'maybe' }, /"maybe"/],
  [
    'idling past the lifetime',
    ['proxy', '--agent-idle-timeout-seconds', '100', '--agent-max-lifetime-seconds', '60'],
    good,
    /idleTimeoutMs/,
  ],
  ['an issuer without an audience', ['proxy'], { ...good, WARM_AGENT_JWT_ISSUER: 'https://issuer.test' }, /AUDIENCE/],
  [
    'keys from nowhere',
    ['proxy', '--warm-agent-jwt-issuer', 'https://issuer.test', '--warm-agent-jwt-audience', 'chat'],
    { ...good, WARM_AGENT_JWT_JWKS: 'keys.json' },
    /jwks: "keys\.json" is no URL/,
  ],
  ['a senseless limit', ['proxy'], { ...good, WARM_AGENT_WARM_UPS_PER_SECOND: '-1' }, /WARM_UPS_PER_SECOND .*"-1"/],
  ['no hold at all', ['proxy'], { ...good, WARM_AGENT_UNSENT_HOLD_MS: '0' }, /UNSENT_HOLD_MS .*"0" is not .* from 1/],
  [
    'a beat that comes too late',
    ['proxy', '--warm-agent-beat-ms', '900000'],
    good,
    /beatMs is 900000.*Beat more often/,
  ],
  ['a senseless header', ['proxy'], { ...good, WARM_AGENT_ADDRESS_HEADER: 'x y' }, /ADDRESS_HEADER.*"x y"/],
  [
    'an endpoint without a scheme',
    ['proxy'],
    { ...good, AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: '127.0.0.1:9000' },
    /the endpoint "127\.0\.0\.1:9000"/,
  ],
  ['an unknown protocol', ['proxy'], { ...good, AGENT_PROTOCOL: 'grpc' }, /AGENT_PROTOCOL .*"grpc" is none of http/],
  ['an unknown platform', ['proxy', '--agent-runtime-platform', 'v3'], good, /"v3" is none of v1-code/],
  ['a token where SigV4 is taken', ['proxy'], { ...good, AGENT_RUNTIME_TOKEN_FILE: '/run/token' }, /TOKEN_FILE.*SigV4/],
  ['a fallback at home', ['proxy'], { ...good, AGENT_RUNTIME_FALLBACK_ARNS: arn }, /fallbacks.*another region/],
  ['an unknown command', ['prxy'], {}, /"prxy"/],
  ['no agent', ['emulate'], {}, /--agent: it is not set/],
  ['malformed chaos', ['emulate', '--agent', 'x', '--chaos', 'slow:2000,speed=1'], {}, /"slow" takes no "speed"/],
  ['an unknown mode', ['emulate', '--agent', 'x', '--auth', 'basic'], {}, /"basic" is none of sigv4, oauth, none/],
  ['tokens for signatures', ['emulate', '--agent', 'x', '--oauth-clients', 'web'], {}, /"oauth".*auth is 'sigv4'/],
  ['a host with a port', ['emulate', '--agent', 'x', '--allowed-hosts', 'a.example:80'], {}, /"allowedHosts".*without/],
  ['a senseless admin port', ['emulate', '--agent', 'x', '--admin-port', '70000'], {}, /--admin-port: "70000"/],
  ['a malformed boot', ['emulate', '--agent', 'x', '--boot', 'quick'], {}, /quick/],
  [
    'a boot from slow to quick',
    ['emulate', '--agent', 'x', '--boot', 'lognormal:4900,2900'],
    {},
    /p99 is below the med/,
  ],
  ['a negative number', ['emulate', '--agent', 'x', '--port', '-1'], {}, /--port: "-1" is not a whole number from 0/],
  ['a negative fraction', ['plan', '--rate', '-.5'], {}, /--rate: "-\.5" is not a number from/],
  ['a flag for a value', ['emulate', '--agent', '--port', '0'], {}, /--agent: no value follows it/],
  ['a flag without a value', ['emulate', '--agent'], {}, /--agent: no value follows it/],
] as const)('%s is one sentence on stderr and exit status 2', async ([, args, env, message]) => {
  for (const name of Object.keys(good)) vi.stubEnv(name, undefined)
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const { status, stderr } = await runCaptured(...args)
  expect(stderr).toMatch(message)
  expect(stderr).toMatch(/^Could not [^\n]+\n$/)
  expect(stderr).not.toContain(secret)
  expect(status).toBe(2)
})

test.each([['--help'], ['proxy', '--help'], ['emulate', '--help']])('%s %s prints help', async (...args) => {
  expect(await runCaptured(...args.filter(Boolean))).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^Usage: warm-agent /),
  })
})

test.each(['--version', '-v'])('%s prints the version of the package, and the help tells', async flag => {
  expect(await runCaptured(flag)).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: '' })
  expect((await runCaptured('--help')).stdout).toContain('--version')
})

test('where there is a .env, a setting that is missing says that it is not read, and how it is', async () => {
  for (const name of Object.keys(good)) vi.stubEnv(name, undefined)
  const missing = (...args: string[]) => runCaptured(...args).then(({ stderr }) => stderr)
  expect(await missing('proxy')).not.toContain('.env')
  const before = process.cwd()
  process.chdir(await aProject({ '.env': `AGENT_RUNTIME_ARN=${arn}\n` }))
  onTestFinished(() => process.chdir(before))
  const hint =
    /not set\. Give .*\. A \.env is not read by itself: "\(set -a; \. \.\/\.env; npx warm-agent …\)" reads it\.\n$/
  expect(await missing('proxy')).toMatch(hint)
  expect(await missing('proxy', '--agent-runtime-arn', arn)).toMatch(hint)
  expect(await missing('emulate')).not.toContain('.env')
})

test('what a shell reads from a .env with the line ends of Windows is what the lines say', () => {
  const settings = {
    secret: setting('SECRET', '', optional, { variable: 'WARM_AGENT_SECRET' }),
    cookie: setting('NAME', '', optional, { variable: 'WARM_AGENT_JWT_COOKIE' }),
  }
  vi.stubEnv('WARM_AGENT_SECRET', `${secret}\r`)
  vi.stubEnv('WARM_AGENT_JWT_COOKIE', '\r')
  expect(readSettings('', settings, [])).toEqual({ secret, cookie: undefined })
})
