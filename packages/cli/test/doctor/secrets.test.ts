import { createServer, type IncomingHttpHeaders } from 'node:http'
import { expect, onTestFinished, test, vi } from 'vitest'
import { listenLocally } from '../../../../test/support/listen-locally.ts'
import { toReport } from '../../src/doctor/check-report.ts'
import { risk, saw, skipped } from '../../src/doctor/finding.ts'
import { runCaptured } from '../run-captured.ts'
import { deploy } from './deploy.ts'
import { emulate } from './diagnose.ts'
import { relayTo } from './relay.ts'

/** What `warm-agent doctor` writes in words and as JSON, to both streams. */
async function written(env: Record<string, string | undefined>, ...args: string[]): Promise<string[]> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const inWords = await runCaptured('doctor', '--yes', ...args)
  const asJson = await runCaptured('doctor', '--yes', '--json', ...args)
  vi.unstubAllEnvs()
  return [inWords.stdout + inWords.stderr, asJson.stdout + asJson.stderr]
}

test.each(['AWS_ENDPOINT_URL_BEDROCK_AGENTCORE', 'AWS_ENDPOINT_URL'])(
  'the password, the user and the query of %s are in no report',
  async name => {
    const { env } = await emulate()
    const own = { ...env, AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: undefined }
    const endpoints = ['http://u5er:pa55word@127.0.0.1:1', 'http://127.0.0.1:1/at?u5er=pa55word']
    for (const url of [
      ...endpoints,
      new URL(env.AWS_ENDPOINT_URL_BEDROCK_AGENTCORE ?? '').href.replace('//', '//u5er:pa55word@'),
    ]) {
      for (const text of await written({ ...own, [name]: url }, '--no-message')) {
        expect(text).toContain('127.0.0.1')
        expect(text).not.toMatch(/pa55word|u5er/)
      }
    }
  },
)

test('the query of --proxy-url is in no report, whatever characters it has', async () => {
  const urls = 'http://127.0.0.1:1/api/agent?key=pa55word,http://127.0.0.1:1/other?key="pa55word 5ecret'
  for (const text of await written({ AGENT_RUNTIME_ARN: undefined }, '--proxy-url', urls)) {
    expect(text).toContain('http://127.0.0.1:1/other?')
    expect(text).not.toMatch(/pa55word|5ecret/)
  }
})

/** A proxy that says, in an error, what `say` makes of a request's headers. */
async function hostileProxy(say: (headers: IncomingHttpHeaders) => string): Promise<string> {
  const server = createServer(({ url, headers }, outgoing) => {
    outgoing.setHeader('content-type', 'application/json').setHeader('warm-agent-version', '1')
    if (url?.endsWith('/health')) return void outgoing.end('{"status":"ok"}')
    outgoing.statusCode = 500
    outgoing.end(JSON.stringify({ error: { code: say(headers), message: say(headers) } }))
  })
  const { origin } = await listenLocally(server)
  onTestFinished(() => void server.close())
  return `${origin}/api/agent`
}

test.each([
  ['authorization: Bearer 5up3rs3cr3t-token', /5up3rs/],
  ['authorization: Basic dXNlcjo1dXAzcnMzY3IzdA==', /dXNlcjo1/],
  ['x-api-key: 5up3rs3cr3t', /5up3rs/],
  ['x-user: id="5up3rs3cr3t"', /5up3rs/],
  ['x-key: 5up3rs3cr3t-colours', /5up3|AKIAABCD[A-Z]{8}|pw0rd/],
])('a proxy that echoes what it was sent, with %s, gets none of it into a report', async (header, secret) => {
  const colored = (text: string) => `\u001b[33m${text.replace('s3', '\u001b[1ms3')}\u001b[0m`
  const url = await hostileProxy(headers => {
    const values = Object.values(headers).map(String)
    const others = ['AKIAABCDEFGHIJKLMNOP', 'https://svc:pw0rd@db.internal/x'].map(colored)
    return `${JSON.stringify(headers)} ${values.join(' ')} ${values.map(colored).join(' ')} ${others.join(' ')}`
  })
  for (const text of await written({ AGENT_RUNTIME_ARN: undefined }, '--proxy-url', url, '--proxy-header', header)) {
    expect(text).toMatch(/open-refused/)
    expect(text).not.toMatch(secret)
  }
})

test('whatever a check says, of whom, why, and what to do, is redacted, also when it could not look', () => {
  const redact = (text: string) => text.replaceAll('5ecret', '[cut]')
  const findings = [risk('a-risk', 'is 5ecret', 'for 5ecret', 'Look at 5ecret.')]
  for (const verdict of [saw('saw 5ecret', ...findings), skipped('no 5ecret')]) {
    expect(JSON.stringify(toReport('proxy', verdict, 'at 5ecret', redact))).not.toContain('5ecret')
  }
})

test('what a header says that is no secret is a word of the report like others', async () => {
  const header = 'cookie: session=5up3rs3cr3t; tenant=proxy'
  const url = await hostileProxy(({ cookie }) => `The session of the proxy: ${cookie}`)
  for (const text of await written({ AGENT_RUNTIME_ARN: undefined }, '--proxy-url', url, '--proxy-header', header)) {
    expect(text).toContain('The session of the proxy: [cut]')
    expect(text).not.toMatch(/5up3rs|a \[cut\]/)
  }
})

test('what is quoted moves no cursor and makes no line of its own', async () => {
  const url = await hostileProxy(() => '\u001b]0;title\u0007\u001b[2J\u009b31m\r✓ all is well\n✓ all is well\u202e')
  for (const text of await written({ AGENT_RUNTIME_ARN: undefined }, '--proxy-url', url)) {
    expect(text).toContain('�]0;title�')
    expect(text).not.toMatch(/^✓ all is well/m)
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u)
  }
})

test('an answer in between that echoes cookie and ticket, cut off in the middle, shows neither', async () => {
  const { proxyOnly, origin } = await deploy()
  const sent: string[] = []
  const relay = await relayTo(origin, {
    answer({ url, headers }) {
      if (!url?.endsWith('/messages')) return undefined
      const [, cookie = ''] = headers.cookie?.split('=') ?? []
      const ticket = String(headers['warm-agent-ticket'])
      sent.push(cookie, ticket)
      return [500, {}, `${cookie} ${ticket} ${ticket}`]
    },
  })
  for (const text of await written(proxyOnly, '--proxy-url', `${relay}/api/agent`)) {
    expect(text).toMatch(/message-fails/)
    for (const secret of sent) expect(text).not.toContain(secret.slice(0, 12))
  }
  expect(sent.every(({ length }) => length > 20)).toBe(true)
})
