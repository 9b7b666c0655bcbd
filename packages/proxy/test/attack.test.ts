import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { statusOfCode } from '@warm-agent/protocol'
import type { ProxyEvent } from '@warm-agent/proxy'
import * as fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { createTestProxy } from './browser.ts'
import { createFakeRuntime } from './fake-runtime.ts'

const routes = ['/sessions', '/sessions/beat', '/messages', '/sessions/close', '/health', '/elsewhere'] as const

/** What strangers really send: too long, of the wrong kind, half encoded, meant for somebody else's server. */
const corpus = [
  '',
  ' ',
  '\u0000',
  '%00',
  '%',
  '%E0%A4%A',
  '../../../etc/passwd',
  "' OR 1=1 --",
  '<script>alert(1)</script>',
  '$' + '{jndi:ldap://x}',
  '{"__proto__":{"isAdmin":true}}',
  '{"constructor":{"prototype":{}}}',
  '{"agent":{"toString":1}}',
  '{"agent":"__proto__"}',
  '[]',
  'null',
  '1e999',
  '{"agent":"constructor"}',
  '-1',
  'NaN',
  'Infinity',
  '9'.repeat(400),
  'eyJhbGciOiJub25lIn0....',
  'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0....',
  'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA..AAAAAAAAAAAAAAAAAAAAAA',
  'x'.repeat(10_000),
  '\u202E\uFFFF\u{1F600}',
  '"'.repeat(50),
  '{'.repeat(5_000),
]
const named = [
  'origin',
  'host',
  'cookie',
  'accept',
  'content-type',
  'content-length',
  'sec-purpose',
  'traceparent',
  'baggage',
  'mcp-session-id',
  'warm-agent-ticket',
  'warm-agent-version',
  'warm-agent-agent',
  'x-amzn-bedrock-agentcore-runtime-session-id',
  'x-conversation',
]

const fake = createFakeRuntime()
const events: ProxyEvent[] = []
const attacked = createTestProxy({
  runtime: fake.runtime,
  conversationId: 'x-conversation',
  limits: {
    bodyBytes: 20_000,
    liveSessionsPerCaller: Infinity,
    warmUpsAtOnce: Infinity,
    unsentDollarsPerDay: Infinity,
    callsPerSecond: Infinity,
    warmUpsPerSecond: Infinity,
    warmUpsPerCallerPerMinute: Infinity,
  },
  onEvent: event => events.push(event),
})
beforeEach(() => void events.splice(0))

const wholeSessionId = /warm-[0-9a-f]{8}-[0-9a-f]{4}-/

/** Nothing that a stranger sends is the proxy's own failure, and no answer tells more than it should. */
async function expectCivil(response: Response): Promise<void> {
  const text = await response.text()
  expect(response.status).toBeLessThan(500)
  expect([...Object.values(statusOfCode), 200, 204]).toContain(response.status)
  if (!response.ok) {
    expect(JSON.parse(text)).toMatchObject({
      error: { code: expect.any(String), message: expect.stringMatching(/^Could not /) },
    })
  }
  expect(`${text}${JSON.stringify([...response.headers])}`).not.toMatch(wholeSessionId)
  expect(events.filter(event => event.type === 'request-failed' && event.code === 'internal')).toEqual([])
}

const words = fc.oneof(fc.constantFrom(...corpus), fc.string({ unit: 'binary' }), fc.string(), fc.json())
/** As a Fetch server can get it: a value that no HTTP parser lets through is not for the proxy to see. */
const headerPairs = (ticket: string) =>
  fc.array(fc.oneof(fc.tuple(fc.constantFrom(...named), words), fc.constant(['warm-agent-ticket', ticket] as const)), {
    maxLength: 6,
  })

function headersFrom(pairs: readonly (readonly [string, string])[]): Headers {
  const headers = new Headers()
  for (const [name, value] of pairs) {
    try {
      headers.set(name, value)
    } catch {
      // Not a header value.
    }
  }
  return headers
}

test('whatever headers, bodies, paths and methods come, no answer is a 5xx, and none tells a session id', async () => {
  const { ticket } = await attacked.openWarm()
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...routes),
      fc.constantFrom('POST', 'GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'),
      headerPairs(ticket),
      words,
      fc.option(words),
      async (path, method, pairs, body, query) => {
        const search = query === null ? '' : `?${new URLSearchParams({ afterMs: query })}`
        const url = `http://chat.test/api/agent${path}${search}`
        const hasBody = method !== 'GET' && method !== 'OPTIONS'
        const request = new Request(url, { method, headers: headersFrom(pairs), ...(hasBody && { body }) })
        await expectCivil(await attacked.proxy.fetch(request))
      },
    ),
    { numRuns: 400 },
  )
})

test.each(routes)('every word of the corpus, in every header and as the body, is nothing to %s', async path => {
  for (const word of corpus) {
    await expectCivil(await attacked.post(path, { body: word }))
    for (const name of named) await expectCivil(await attacked.post(path, { headers: headersFrom([[name, word]]) }))
  }
})

test('a ticket with any one bit changed, or cut anywhere, is no ticket', async () => {
  const { ticket } = await attacked.openWarm()
  const bytes = Buffer.from(ticket)
  const answers = new Set<string>()
  const present = async (changed: string) => {
    const response = await attacked.post('/sessions/close?afterMs=5', { body: changed })
    answers.add(`${response.status} ${await response.text()}`)
  }
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    // A space at the end is trimmed from a body, and a changed bit can make one of nothing else.
    await present(changed.toString('latin1'))
  }
  for (let length = 0; length < ticket.length; length += 7) await present(ticket.slice(0, length))
  for (const more of ['.', 'A', '=', '.eyJ']) await present(ticket + more)
  expect([...answers]).toEqual([expect.stringMatching(/^401 .*"ticket_invalid"/)])
  expect((await attacked.beat(ticket)).status).toBe('warm')
}, 20_000)

test.each(['/sessions', '/messages'])(
  'at %s a body over the limit is refused before it is read to its end',
  async path => {
    let given = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        given += 4096
        controller.enqueue(new Uint8Array(4096))
      },
    })
    const response = await attacked.post(path, { body: endless, duplex: 'half' } as RequestInit)
    expect(response.status).toBe(413)
    expect(given).toBeLessThan(100_000)
  },
)

test('origins that only look like ours are strangers, and nothing happens for them', async () => {
  const callsBefore = fake.log.length
  const strangers = fc.oneof(
    fc.constantFrom(
      'null',
      'http://chat.test.evil.test',
      'http://evil.test/http://chat.test',
      'http://chat.test:81',
      'file://',
    ),
    fc.webUrl(),
    words,
  )
  await fc.assert(
    fc.asyncProperty(strangers, fc.constantFrom(...routes), async (origin, path) => {
      const headers = headersFrom([['origin', origin]])
      const stated = headers.get('origin')
      if (stated === null || ['http://chat.test', 'https://chat.test'].includes(stated)) return
      const response = await attacked.post(path, { headers })
      expect(response.status).toBe(403)
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
    }),
    { numRuns: 200 },
  )
  expect(fake.log).toHaveLength(callsBefore)
})

function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  return process.memoryUsage().heapUsed
}

test('thousands of refused warm-ups leave nothing behind, each of another caller', async () => {
  const limits = { warmUpsPerSecond: 0 }
  const { post } = createTestProxy({ runtime: fake.runtime, limits, onEvent: () => {} })
  const refuse = async (from: number, to: number) => {
    for (let count = from; count < to; count++) {
      const response = await post('/sessions', { headers: { 'x-user': `user-${count}` } })
      expect(response.status).toBe(429)
      await response.text()
    }
  }
  await refuse(0, 1_000)
  const before = heldBytes()
  await refuse(1_000, 5_000)
  expect(heldBytes() - before).toBeLessThan(1_000_000)
}, 20_000)

test('thousands of refused requests leave nothing behind', async () => {
  const refuse = async (times: number) => {
    for (let count = 0; count < times; count++) {
      const response = await attacked.post('/messages', {
        ticket: `ticket-${count}-${'x'.repeat(500)}`,
        headers: { 'x-user': `user-${count}`, traceparent: `trace-${count}` },
        body: `body ${count} ${'y'.repeat(1_000)}`,
      })
      await response.text()
      events.length = 0
    }
  }
  await refuse(1_000)
  const before = heldBytes()
  await refuse(4_000)
  // A kilobyte kept of each would be 4 MB.
  expect(heldBytes() - before).toBeLessThan(3_000_000)
}, 20_000)
