import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { listenLocally } from '../../../test/support/listen-locally.ts'
import { callerSettings, callersFrom } from '../src/caller-settings.ts'
import { limitSettings, limitsFrom } from '../src/limit-settings.ts'
import { readSettings } from '../src/settings.ts'

/** Why tokens were refused. */
const refused: string[] = []
const secret = ['thirty-two bytes or more of something random']

afterEach(() => void vi.unstubAllEnvs())

const read = (...args: string[]) => limitsFrom(readSettings('', limitSettings, args) as never)

function callers(...args: string[]) {
  const values = readSettings('', callerSettings, args)
  return values && callersFrom(values, secret, false, reason => refused.push(reason))
}

test('nobody may call unless somebody is accepted', () => {
  expect(callers()).toBeUndefined()
})

test('anonymous callers are counted by the last address in the header of the load balancer', async () => {
  const authorize = callers('--warm-agent-anonymous', '--warm-agent-address-header', 'x-forwarded-for')
  const ask = (headers: Record<string, string>) => authorize?.(new Request('http://chat.test', { headers }))
  expect(await ask({ 'x-forwarded-for': 'forged, 192.0.2.1' })).toMatchObject({ limitKey: '192.0.2.1' })
  expect(await ask({})).not.toHaveProperty('limitKey')
})

test.each([
  ['the page of its own site', [], /SameSite=Lax$/],
  ['a page of another', ['--warm-agent-cross-site'], /SameSite=None; Secure; Partitioned$/],
])('the cookie of anonymous callers is for %s', async (_, flags, attributes) => {
  const caller = await callers('--warm-agent-anonymous', ...flags)?.(new Request('http://chat.test'))
  expect(caller).toMatchObject({ responseHeaders: { 'set-cookie': expect.stringMatching(attributes) } })
})

test.each([
  ['an address alone', '192.0.2.1', '192.0.2.1'],
  ['one with the port of its connection', '192.0.2.1:46532', '192.0.2.1'],
  ['one of IPv4, written as IPv6', '::ffff:192.0.2.1', '192.0.2.1'],
  ['one of IPv4, written as IPv6 with a port', '[::FFFF:192.0.2.1]:443', '192.0.2.1'],
  ['one of IPv6', '2001:db8:1:2:a:b:c:d', '2001:db8:1:2::/64'],
  ['its neighbour, in other letters', '2001:0DB8:1:2::1', '2001:db8:1:2::/64'],
  ['one with zeros in its first half', '2001:db8::7', '2001:db8:0:0::/64'],
  ['one that is nearly all zeros', '::1', '0:0:0:0::/64'],
  ['one with a zone', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['one of IPv6 in brackets', '[2001:db8:1:2::1]:46532', '2001:db8:1:2::/64'],
  ['one of IPv6 with a port, without brackets', '2001:db8:1:2:a:b:c:d:46532', '2001:db8:1:2::/64'],
  ['a short one of IPv6 with a port, without brackets', '2001:db8:1:2::1:46532', '2001:db8:1:2::/64'],
  ['what is none', 'unknown', 'unknown'],
])('of the addresses that a load balancer tells, %s counts by its network: %s by %s', async (_, written, counted) => {
  const authorize = callers('--warm-agent-anonymous', '--warm-agent-address-header', 'x-address')
  const request = new Request('http://chat.test', { headers: { 'x-address': written } })
  expect(await authorize?.(request)).toMatchObject({ limitKey: counted })
})

test('a caller without a token is refused, or anonymous where that is allowed; only why a token is refused is told', async () => {
  const jwt = ['--warm-agent-jwt-issuer', 'https://issuer.test', '--warm-agent-jwt-audience', 'chat']
  const request = new Request('http://chat.test')
  const anonymous = { callerId: expect.stringMatching(/^anonymous:/) }
  expect(await callers(...jwt)?.(request)).toBeUndefined()
  expect(await callers(...jwt, '--warm-agent-anonymous')?.(request)).toMatchObject(anonymous)
  expect(refused).toEqual([])
  const headers = { authorization: 'Bearer x' }
  const mistaken = new Request('http://chat.test', { headers })
  expect(await callers(...jwt, '--warm-agent-anonymous')?.(mistaken)).toMatchObject(anonymous)
  expect(refused.splice(0)).toEqual(['ERR_JWS_INVALID'])
})

test('the token of a caller goes on to the runtime only where that takes tokens', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const keys = createServer((_, outgoing) => {
    outgoing.end(JSON.stringify({ keys: [publicKey.export({ format: 'jwk' })] }))
  })
  onTestFinished(() => void keys.close())
  const { origin: iss } = await listenLocally(keys)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1_000) + 60
  const words = `${part({ alg: 'EdDSA' })}.${part({ iss, aud: 'chat', sub: 'ann', exp })}`
  const token = `${words}.${sign(null, Buffer.from(words), privateKey).toString('base64url')}`

  const args = ['--warm-agent-jwt-issuer', iss, '--warm-agent-jwt-audience', 'chat']
  const request = new Request('http://chat.test', { headers: { authorization: `Bearer ${token}` } })
  const callerWhere = (takesTokens: boolean) =>
    callersFrom(readSettings('', callerSettings, args) as never, secret, takesTokens, () => {})?.(request)
  expect(await callerWhere(true)).toEqual({ callerId: `${iss} ann`, bearer: token })
  expect(await callerWhere(false)).toEqual({ callerId: `${iss} ann` })
})

test('a limit that is set counts, and one that is not leaves the default', () => {
  expect(read('--warm-agent-warm-ups-per-second', '2.5', '--warm-agent-messages-at-once-per-caller', '7')).toEqual({
    warmUpsPerSecond: 2.5,
    messagesAtOncePerCaller: 7,
  })
  expect(read('--warm-agent-body-bytes', '100')).toEqual({ bodyBytes: 100 })
  expect(read()).toEqual({})
})

test('how long sessions are held, and how long they are waited for, is set by flag or by variable', () => {
  expect(read('--warm-agent-unsent-hold-ms', '60000', '--warm-agent-park-ms', '5000')).toEqual({
    unsentHoldMs: 60_000,
    parkMs: 5_000,
  })
  vi.stubEnv('WARM_AGENT_BEAT_MS', '30000')
  vi.stubEnv('WARM_AGENT_WARM_TIMEOUT_MS', '45000')
  vi.stubEnv('WARM_AGENT_MESSAGE_TIMEOUT_MS', '120000')
  expect(read()).toEqual({ beatMs: 30_000, warmTimeoutMs: 45_000, messageTimeoutMs: 120_000 })
})
