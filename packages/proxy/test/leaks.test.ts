import { inspect } from 'node:util'
import {
  anonymousCallers,
  createWarmProxy,
  type ProxyEvent,
  RuntimeFailure,
  type RuntimeSession,
} from '@warm-agent/proxy'
import { jwtCallers } from '@warm-agent/proxy/jwt'
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, test, vi } from 'vitest'
import { causesOf, redact } from '../src/redact.ts'
import { browserOf } from './browser.ts'
import { createFakeRuntime, failure } from './fake-runtime.ts'

const secret = 'the first secret, which must never be seen'
const securityToken = 'FwoGZXIvYXdzEBYaD+/Qs2h0c3RzL3Rva2Vu=='
const signature = '0123456789abcdef'.repeat(4)
const oldSecret = 'the older secret, which must not either..'

/** Everything that anybody could see of something, and more: causes, stacks, what is not enumerable. */
function show(thing: unknown): string {
  return inspect(thing, {
    depth: Number.POSITIVE_INFINITY,
    showHidden: true,
    maxStringLength: null,
    maxArrayLength: null,
  })
}

/** A platform that quotes in its failures what it was sent, down the chain of causes. */
function quoting(session: RuntimeSession, bearer: string, reason: RuntimeFailure['reason']): RuntimeFailure {
  const headers = `x-amz-security-token:${securityToken}\nAuthorization: Bearer ${bearer}, Signature=${signature}`
  const cause = new Error(`POST /invocations session=${session.id}\n${headers}`)
  // As the AWS SDK does it.
  const answered = { headers: { 'x-amzn-bedrock-agentcore-runtime-session-id': session.id } }
  Object.defineProperty(cause, '$response', { value: answered })
  return new RuntimeFailure(reason, `the session ${session.id} of ${bearer} failed`, { mayHaveRun: true, cause })
}

async function issue() {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k' }] })
  const token = await new SignJWT({ sub: 'ann', aud: 'chat', iss: 'https://issuer.test' })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .setExpirationTime('5m')
    .sign(privateKey)
  return { keys, token }
}

test('nothing secret and no whole session id is in any event, header, body, line on the console, or kept limit', async () => {
  const said: unknown[] = []
  const streams = [process.stdout, process.stderr].map(stream =>
    vi.spyOn(stream, 'write').mockImplementation(text => said.push(String(text)) > 0),
  )
  const { keys, token } = await issue()
  const { runtime, sessions, failNext } = createFakeRuntime()
  const calls: RuntimeSession[] = []
  const noted: typeof runtime = {
    ...runtime,
    async invoke(session, request, signal) {
      calls.push(session)
      return runtime.invoke(session, request, signal)
    },
    async stop(session, signal) {
      calls.push(session)
      await runtime.stop(session, signal)
    },
  }
  const failWithQuote = (reason: RuntimeFailure['reason']) =>
    failNext(async () => {
      throw quoting(calls.at(-1) as RuntimeSession, token, reason)
    })
  const kept: unknown[] = []
  const store = {
    add: async (...words: unknown[]) => kept.push(words) && 0,
    hold: async (...words: unknown[]) => kept.push(words) && 0,
  }
  const seen: unknown[] = []
  const onEvent = (event: ProxyEvent) => seen.push(event)
  const tickets: string[] = []
  const cookies: string[] = []

  const authorizations = [
    anonymousCallers({ secret: [secret, oldSecret] }),
    jwtCallers({ issuer: 'https://issuer.test', audience: 'chat', jwks: keys, passToRuntime: true }),
  ]
  for (const authorize of authorizations) {
    const proxy = createWarmProxy({
      runtime: noted,
      authorize,
      secret: [secret, oldSecret],
      limits: { store },
      onEvent,
    })
    let cookie = ''
    const browser = browserOf({
      async fetch(request) {
        request.headers.set('authorization', `Bearer ${token}`)
        if (cookie) request.headers.set('cookie', cookie)
        const response = await proxy.fetch(request)
        for (const set of response.headers.getSetCookie()) {
          cookie = set.split(';')[0] ?? ''
          cookies.push(cookie.split('=')[1] ?? '')
        }
        // The page's own cookie and ticket are what it is given; whatever else it sees must not hold them.
        const headers = [...response.headers].filter(([name]) => name !== 'set-cookie')
        seen.push(
          headers.map(([name, value]) => (name === 'warm-agent-ticket' ? tickets.push(value) && name : [name, value])),
        )
        const [body, copy] = response.body?.tee() ?? []
        if (copy) seen.push(new Response(copy).text())
        return new Response(body ?? null, response)
      },
    })
    const { ticket } = await browser.openWarm()
    const answer = await browser.send('hi', ticket)
    await answer.text()
    failWithQuote('agent')
    expect((await browser.send('hi', ticket)).status).toBe(502)
    failWithQuote('unavailable')
    expect(await browser.beat(ticket)).toMatchObject({ error: { code: 'agent_unavailable' } })
    failNext(failure('quota'))
    await (await browser.open()).next()
    for (const wrong of [ticket.slice(1), `${ticket}A`, 'x']) await browser.send('hi', wrong)
    await browser.post('/sessions', { body: `{"agent":"${ticket}"` })
    await browser.post('/sessions/close', { ticket })
    tickets.push(ticket)
    await proxy.session(new Request('http://chat.test/chat', { headers: { authorization: `Bearer ${token}` } }))
    await proxy.close()
  }
  seen.push(...(await Promise.all(seen.filter(each => each instanceof Promise))))
  for (const stream of streams) stream.mockRestore()

  const everything = [...seen.filter(each => !(each instanceof Promise)), ...said].map(show).join('\n')
  expect(everything).toContain('request-failed')
  expect(everything).toContain('…')
  expect(kept.length).toBeGreaterThan(10)
  expect(sessions).toHaveLength(2)
  for (const { id } of [...sessions, ...calls]) expect(everything + show(kept)).not.toContain(id)
  const leases = /"ticket":"[\w.-]+"/g
  for (const hidden of [secret, oldSecret, securityToken, signature, token, ...cookies, ...tickets]) {
    expect(hidden.length).toBeGreaterThan(20)
    // In a lease the ticket is where it belongs.
    expect((everything + show(kept)).replace(leases, '').includes(hidden), hidden.slice(0, 12)).toBe(false)
  }
})

test('the beginning of a token is cut as well: a log may have cut it first', async () => {
  const { token } = await issue()
  expect(causesOf(`refused "${token.slice(0, 30)}"`)).toEqual(['refused "[token]"'])
})

test('an error that is its own cause is told as far as that goes', () => {
  const error = new Error('around')
  error.cause = error
  const causes = causesOf(error)
  expect(new Set(causes)).toEqual(new Set(['Error: around']))
  expect(causes.length).toBeLessThan(20)
  expect(redact(error)).toBe(error)
})

test('what is quoted twice is cut twice: sessions, whatever they look like, tokens and signatures', () => {
  const quotes = [
    (letter: string) => `warm-${letter.repeat(8)}-${letter.repeat(4)}-${letter.repeat(22)}`,
    (letter: string) => `eyJ${letter.repeat(20)}`,
    (letter: string) => `Bearer ${letter.repeat(20)}`,
    (letter: string) => `Signature=${letter.repeat(64)}`,
    (letter: string) => `x-amz-security-token: ${letter.repeat(20)}`,
  ]
  for (const quote of quotes) expect(causesOf(`${quote('a')} ${quote('b')}`)[0]).not.toMatch(/a{9}|b{9}/)
  const foreign = 'spare-1-of-a-pool-that-names-them-otherwise'
  expect(redact(`${foreign}, and again ${foreign}`, foreign)).toBe('spare-1-of-a-…, and again spare-1-of-a-…')
})

/** The fastest of some runs: whatever else the machine does only slows it down. */
function fastestMs(work: () => unknown): number {
  const runs = Array.from({ length: 7 }, () => {
    const startedAt = performance.now()
    work()
    return performance.now() - startedAt
  })
  return Math.min(...runs)
}

test.each(['eyJ-', 'eyJ-aaaaaaaa.', 'Bearer ', 'Bearer  "', 'x-amz-security-token: ', 'warm-00000000-', 'Signature=0'])(
  'what a stranger makes of %j is searched for secrets in a time that grows as its length does',
  part => {
    const short = part.repeat(500)
    const long = part.repeat(16_000)
    // 32 times as much; what is read again from each of its places takes a thousand times as long. Between the two there is
    // room for memory, which may cost several times as much where there is more of it.
    expect(fastestMs(() => causesOf(long)) / fastestMs(() => causesOf(short))).toBeLessThan(400)
  },
)
