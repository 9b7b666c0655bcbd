import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type JwtCallersOptions, jwtCallers } from '@warm-agent/proxy/jwt'
import { errors, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { createTestProxy, outcomeOf, ticketOf } from './browser.ts'
import { createFakeRuntime } from './fake-runtime.ts'

const audience = 'chat'
const undo: (() => void)[] = []
const first = await generateKeyPair('RS256')
const second = await generateKeyPair('RS256')
let served: object[] = []
let status = 200
let fetched: (string | undefined)[] = []
let issuer = ''

beforeAll(async () => {
  served = [{ ...(await exportJWK(first.publicKey)), kid: 'first' }]
  const server = createServer(({ url }, outgoing) => {
    fetched.push(url)
    outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: served }))
  }).listen(0, '127.0.0.1')
  undo.push(() => server.close())
  await once(server, 'listening')
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  for (const each of undo) each()
})

interface Claims {
  iss?: string
  aud?: string | null
  exp?: number | null
  nbf?: number
  sub?: string | null
  client_id?: string
}

async function sign(claims: Claims = {}, { key = first.privateKey, kid = 'first' } = {}): Promise<string> {
  const all = { iss: issuer, aud: audience, sub: 'ann', exp: Math.floor(Date.now() / 1000) + 60, ...claims }
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null))
  return new SignJWT(given).setProtectedHeader({ alg: 'RS256', kid }).sign(key)
}

function start(options: Partial<JwtCallersOptions> = {}) {
  const browser = createTestProxy({
    runtime: createFakeRuntime().runtime,
    authorize: jwtCallers({ issuer, audience, ...options }),
  })
  const ask = (token: string, ticket = '') =>
    browser.send('hi', ticket, { headers: token ? { authorization: `Bearer ${token}` } : {} })
  return { ...browser, ask }
}

test('a caller is whom a token names, and tickets are bound to them', async () => {
  const { ask } = start()
  const answer = await ask(await sign())
  expect(answer.status).toBe(200)
  const ticket = ticketOf(answer)
  expect(outcomeOf(await ask(await sign({ exp: Math.floor(Date.now() / 1000) + 900 }), ticket))).toBe('warm')
  expect((await ask(await sign({ sub: 'bob' }), ticket)).status).toBe(401)
})

const wrongClaim = 'ERR_JWT_CLAIM_VALIDATION_FAILED'

test.each<[string, Claims, string]>([
  ['has expired', { exp: 1 }, 'ERR_JWT_EXPIRED, claim "exp" check_failed'],
  ['never expires', { exp: null }, `${wrongClaim}, claim "exp" missing`],
  ['is not valid yet', { nbf: Math.floor(Date.now() / 1000) + 20 }, `${wrongClaim}, claim "nbf" check_failed`],
  ['is of another issuer', { iss: 'https://evil.test' }, `${wrongClaim}, claim "iss" check_failed`],
  ['is for another audience', { aud: 'mail' }, `${wrongClaim}, claim "aud" check_failed`],
  [
    'is for another audience, of our client',
    { aud: 'mail', client_id: audience },
    `${wrongClaim}, claim "aud" check_failed`,
  ],
  ['is for nobody', { aud: null }, `${wrongClaim}, claim "aud" missing`],
  ['is of another client', { aud: null, client_id: 'mail' }, `${wrongClaim}, claim "client_id" check_failed`],
  ['is for what is no text', { aud: { toString: 1 } as never }, `${wrongClaim}, claim "aud" check_failed`],
  ['names what is no text', { sub: { toString: 1 } as never }, `${wrongClaim}, claim "sub" check_failed`],
  ['names nobody', { sub: null }, `${wrongClaim}, claim "sub" missing`],
  ['names nobody in particular', { sub: '' }, `${wrongClaim}, claim "sub" check_failed`],
  ['names somebody by too many characters', { sub: 'x'.repeat(5_000) }, 'a name of over 512 characters'],
])('a token that %s is refused with 401, and only onRefused hears why', async (_, claims, reason) => {
  const onRefused = vi.fn()
  const refused = await start({ onRefused }).ask(await sign(claims))
  expect([refused.status, await refused.json()]).toEqual([401, { error: { code: 'unauthenticated', message } }])
  expect(onRefused.mock.calls).toEqual([[reason]])
})

const message = 'Could not tell who is asking. Sign in, then try again.'

test('no token, no JWT, a token of another key, or one that is signed with nothing is refused', async () => {
  const onRefused = vi.fn()
  const { ask } = start({ onRefused })
  const [head, body] = (await sign()).split('.')
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  const forged = await sign({}, { key: second.privateKey })
  for (const token of ['', 'x', 'a.b.c', `${head}.${body}.`, `${none}.${body}.`, forged]) {
    expect((await ask(token)).status).toBe(401)
  }
  expect(onRefused.mock.calls.flat()).toEqual([
    'no token',
    'ERR_JWS_INVALID',
    'ERR_JWS_INVALID',
    'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    'ERR_JOSE_ALG_NOT_ALLOWED',
    'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
  ])
})

test('an onRefused that throws is told of, and disturbs nothing', async () => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
  const onRefused = () => {
    throw new Error('the log is down')
  }
  expect((await start({ onRefused }).ask('')).status).toBe(401)
  expect(printed).toHaveBeenCalledWith(
    expect.stringMatching(/^Could not tell onRefused: /),
    new Error('the log is down'),
  )
  printed.mockRestore()
})

test('a token that is signed with the public key as a secret is refused', async () => {
  const secret = new TextEncoder().encode(JSON.stringify(served[0]))
  const token = await new SignJWT({ iss: issuer, aud: audience, sub: 'ann' })
    .setExpirationTime('1m')
    .setProtectedHeader({ alg: 'HS256', kid: 'first' })
    .sign(secret)
  expect((await start().ask(token)).status).toBe(401)
})

test.each([
  [undefined, 4, 200],
  [undefined, 6, 401],
  [0, 0, 401],
  [60, 59, 200],
])('with a tolerance of %s seconds a token that expired %i ago is answered with %i', async (seconds, ago, status) => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const tolerance = seconds === undefined ? {} : { clockToleranceSeconds: seconds }
  const token = await sign({ exp: Math.floor(Date.now() / 1000) - ago })
  expect((await start(tolerance).ask(token)).status).toBe(status)
})

test("an access token without an audience goes by its client, as Amazon Cognito's do", async () => {
  expect((await start().ask(await sign({ aud: null, client_id: audience }))).status).toBe(200)
})

test('keys are fetched once, and again when a token names one that is not there', async () => {
  const { ask } = start({ jwks: new URL(`${issuer}/.well-known/jwks.json`) })
  fetched = []
  for (let count = 0; count < 3; count++) expect((await ask(await sign())).status).toBe(200)
  expect(fetched).toHaveLength(1)
})

test('a key that was put in place later is found', async () => {
  const { ask } = start()
  const rotated = await sign({}, { key: second.privateKey, kid: 'second' })
  served = [...served, { ...(await exportJWK(second.publicKey)), kid: 'second' }]
  expect((await ask(rotated)).status).toBe(200)
})

test("an issuer that does not answer is not the caller's fault: 503, and the cause is for the log", async () => {
  status = 500
  const { ask, events } = start()
  const refused = await ask(await sign())
  expect(refused.status).toBe(503)
  expect(await refused.text()).not.toContain(issuer)
  expect(events).toMatchObject([{ type: 'request-failed', cause: { cause: { code: 'ERR_JOSE_GENERIC' } } }])
  status = 200
})

test.each([
  ['do not come in time', errors.JWKSTimeout],
  ['come as no list of keys', errors.JWKSInvalid],
  ['are no keys', errors.JWKInvalid],
])('nor is it when its keys %s: 503, and nobody is signed out by it', async (_, Failure) => {
  const onRefused = vi.fn()
  const refused = await start({ jwks: () => Promise.reject(new Failure()), onRefused }).ask(await sign())
  expect(refused.status).toBe(503)
  expect(onRefused).not.toHaveBeenCalled()
})

test("the keys of an issuer with a slash at its end, as Auth0's are, are fetched from the same place", async () => {
  fetched = []
  const { ask } = start({ issuer: `${issuer}/` })
  expect((await ask(await sign({ iss: `${issuer}/` }))).status).toBe(200)
  expect(fetched).toEqual(['/.well-known/jwks.json'])
})

test('the token is passed to the runtime only when it shall be', async () => {
  const token = await sign()
  const request = () => new Request('http://chat.test', { headers: { authorization: `Bearer ${token}` } })
  expect(await jwtCallers({ issuer, audience })(request())).toEqual({ callerId: `${issuer} ann` })
  expect(await jwtCallers({ issuer, audience, passToRuntime: true })(request())).toMatchObject({ bearer: token })
})

test('a token may come in a cookie, which the one in the header outdoes, and a caller be named otherwise', async () => {
  const authorize = jwtCallers({ issuer, audience, cookieName: 'session', callerIdOf: ({ sub }) => `user:${sub}` })
  const cookie = `other=1; session=${await sign()}`
  const nameIn = (headers: Record<string, string>) => authorize(new Request('http://chat.test', { headers }))
  expect(await nameIn({ cookie })).toEqual({ callerId: 'user:ann' })
  const authorization = `Bearer ${await sign({ sub: 'bob' })}`
  expect(await nameIn({ cookie, authorization })).toEqual({ callerId: 'user:bob' })
})

test.each<[object, RegExp]>([
  [{ issuer: '' }, /issuer/],
  [{ audience: [] }, /audience/],
  [{ jwks: 'nowhere' }, /jwks: "nowhere" is no URL/],
  [{ algorithms: ['HS256'] }, /algorithms/],
  [{ onRefused: 'log' }, /option onRefused is "log": expected a function/],
  [{ clockToleranceSeconds: -1 }, /option clockToleranceSeconds is -1: /],
  [{ audiense: 'x' }, /option audiense: /],
])('options %j are refused at construction', (wrong, message) => {
  const make = () => jwtCallers({ issuer: 'https://issuer.test', audience, ...wrong })
  expect(make).toThrow(/^Could not accept tokens: /)
  expect(make).toThrow(message)
})
