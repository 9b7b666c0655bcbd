import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Emulator, TokenRequest } from '@warm-agent/emulator'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { emulate, sessionHeader, sessionNamed, urlOf } from './harness.ts'

/** A call over plain HTTP: the AWS SDK has no bearer tokens for this service. */
async function call(emulator: Emulator, headers: Record<string, string>, query = '') {
  const answer = await fetch(`${urlOf(emulator)}${query}`, {
    method: 'POST',
    headers: { [sessionHeader]: sessionNamed('bearer'), ...headers },
    body: 'report',
  })
  return { answer, status: answer.status, body: await answer.json() }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

test('takes its own tokens, and streams the answer', async () => {
  const { emulator } = await emulate({ auth: 'oauth' })
  const { status, body } = await call(emulator, bearer(await emulator.issueToken({ sub: 'alice' })))
  expect([status, body.calls]).toEqual([200, 1])
})

test('issues tokens over HTTP, with a discovery document and keys', async () => {
  const { emulator } = await emulate({ auth: 'oauth', oauth: { allowedClients: ['web'] } })
  const issuer = `${emulator.adminUrl}/_emulator/oauth`
  const ask = async (init: RequestInit) =>
    (await (await fetch(`${issuer}/token`, { method: 'POST', ...init })).json()).access_token
  const form = await ask({ body: new URLSearchParams({ sub: 'alice', client_id: 'web' }) })
  expect((await call(emulator, bearer(form))).status).toBe(200)
  expect((await call(emulator, bearer(await ask({})))).status).toBe(200)
  expect((await call(emulator, bearer(await ask({ body: '{"clientId":"other"}' })))).status).toBe(401)
  const document = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()
  expect(document).toMatchObject({ issuer, jwks_uri: `${issuer}/jwks.json` })
  expect(await (await fetch(document.jwks_uri)).json()).toMatchObject({ keys: [{ kty: 'EC', alg: 'ES256' }] })
})

test('tells a client without a token where to get one', async () => {
  const { emulator } = await emulate({ auth: 'oauth' })
  const { answer, body } = await call(emulator, {}, '?qualifier=blue')
  expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([401, 'UnauthorizedException'])
  expect(body).toEqual({ message: 'Missing Authentication Token' })
  const [, metadataUrl = ''] =
    /^Bearer resource_metadata="(.+)"$/.exec(answer.headers.get('www-authenticate') ?? '') ?? []
  const runtimeUrl = urlOf(emulator)
  expect(metadataUrl).toBe(`${runtimeUrl}/.well-known/oauth-protected-resource?qualifier=blue`)
  expect(await (await fetch(metadataUrl)).json()).toEqual({
    authorization_servers: [`${emulator.url}/_emulator/oauth`],
    resource: `${runtimeUrl}?qualifier=blue`,
  })
  expect(emulator.ledger().totals).toMatchObject({ vms: 0, refused: { UnauthorizedException: 1 } })
})

const oauth = { allowedAudience: ['chat'], allowedClients: ['web'], allowedScopes: ['read', 'admin'] }

test.each<[string, TokenRequest | string, string]>([
  ['what is no token', 'not.a.token', 'OAuth authorization failed'],
  ['an expired token', { expiresIn: -1 }, '"exp" claim timestamp check failed'],
  ['another audience', { audience: 'other' }, "Claim 'aud' value mismatch"],
  ['another client', { clientId: 'other' }, "Claim 'client_id' value mismatch"],
  ['another scope', { scope: 'write' }, "Claim 'scope' value mismatch"],
])('refuses %s', async (_, token, message) => {
  const { emulator } = await emulate({ auth: 'oauth', oauth })
  const text = typeof token === 'string' ? token : await emulator.issueToken(token)
  const { answer, body } = await call(emulator, bearer(text))
  expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([401, 'UnauthorizedException'])
  expect(answer.headers.get('www-authenticate')).toMatch(/error="invalid_token", resource_metadata="http/)
  expect(body.message).toContain(message)
  expect((await call(emulator, bearer(await emulator.issueToken()))).status).toBe(200)
})

test('refuses a token of another issuer', async () => {
  const { emulator } = await emulate({ auth: 'oauth', oauth })
  const { emulator: other } = await emulate({ auth: 'oauth', oauth })
  expect((await call(emulator, bearer(await other.issueToken()))).status).toBe(401)
})

test('refuses a signature, as AWS does', async () => {
  const { emulator, invoke } = await emulate({ auth: 'oauth' })
  await expect(invoke('signed', 'report')).rejects.toMatchObject({
    name: 'AccessDeniedException',
    $metadata: { httpStatusCode: 403 },
    message: expect.stringContaining('Authorization method mismatch'),
  })
  expect(emulator.ledger().totals.vms).toBe(0)
})

test('shows the token to the agent only when its owner allowed that, and never the user id of a header', async () => {
  const { emulator } = await emulate({ auth: 'oauth', requestHeaderAllowlist: ['Authorization', 'X-Tenant'] })
  const { emulator: closed } = await emulate({ auth: 'oauth' })
  const seen = async (by: Emulator) => {
    const more = { 'x-tenant': 'one', 'x-other': 'two', 'x-amzn-bedrock-agentcore-runtime-user-id': 'mallory' }
    return (await call(by, { ...bearer(await by.issueToken()), ...more })).body.headers
  }
  const open = await seen(emulator)
  expect(open).toMatchObject({ authorization: expect.stringMatching(/^Bearer ey/), 'x-tenant': 'one' })
  expect(open).not.toHaveProperty('x-other')
  expect(open).not.toHaveProperty('x-amzn-bedrock-agentcore-runtime-user-id')
  const shut = await seen(closed)
  expect(shut).not.toHaveProperty('authorization')
  expect(shut).not.toHaveProperty('x-tenant')
})

test.each([
  ['a runtime that is missing', 'other-0123456789/{path}?accountId=123456789012', 404, 'ResourceNotFoundException'],
  ['what is no runtime', 'nonsense/{path}', 400, 'ValidationException'],
  ['an endpoint that is missing', '{arn}/{path}?qualifier=GREEN', 404, 'ResourceNotFoundException'],
])('gives no metadata of %s', async (_, target, status, type) => {
  const { emulator } = await emulate({ auth: 'oauth', qualifiers: ['DEFAULT'] })
  const place = target
    .replace('{path}', 'invocations/.well-known/oauth-protected-resource')
    .replace('{arn}', encodeURIComponent(emulator.env.AGENT_RUNTIME_ARN))
  const answer = await fetch(`${emulator.url}/runtimes/${place}`)
  expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([status, type])
})

test("verifies tokens of somebody else's issuer against its keys", async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const server = createServer((request, response) => {
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const isDiscovery = request.url === '/.well-known/openid-configuration'
    void exportJWK(publicKey).then(key =>
      response.end(JSON.stringify(isDiscovery ? { issuer, jwks_uri: `${issuer}/keys` } : { keys: [key] })),
    )
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { emulator } = await emulate({
    auth: 'oauth',
    oauth: { discoveryUrl: `${issuer}/.well-known/openid-configuration`, allowedClients: ['web'] },
  })
  const token = (by = issuer) => new SignJWT({ client_id: 'web' }).setProtectedHeader({ alg: 'RS256' }).setIssuer(by)
  const status = async (text: string) => (await call(emulator, bearer(text))).status
  expect(await status(await token().setExpirationTime('1h').sign(privateKey))).toBe(200)
  expect(await status(await token('https://example.com').setExpirationTime('1h').sign(privateKey))).toBe(401)
  expect(await status(await token().sign(privateKey))).toBe(401)
  const stranger = await generateKeyPair('RS256')
  expect(await status(await token().setExpirationTime('1h').sign(stranger.privateKey))).toBe(401)
  expect((await call(emulator, bearer(await emulator.issueToken()))).status).toBe(401)
  const { answer } = await call(emulator, {})
  const [, metadataUrl = ''] = /resource_metadata="(.+)"/.exec(answer.headers.get('www-authenticate') ?? '') ?? []
  expect(await (await fetch(metadataUrl)).json()).toMatchObject({ authorization_servers: [issuer] })
})

test('says so when the keys cannot be read', async () => {
  const discoveryUrl = 'http://127.0.0.1:1/.well-known/openid-configuration'
  const { emulator } = await emulate({ auth: 'oauth', oauth: { discoveryUrl } })
  const { status, body } = await call(emulator, bearer(await emulator.issueToken()))
  expect([status, body.message]).toEqual([500, expect.stringContaining('Could not read the keys')])
})
