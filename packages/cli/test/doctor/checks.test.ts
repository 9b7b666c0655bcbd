import { expect, test } from 'vitest'
import { judgeArn } from '../../src/doctor/checks/arn.ts'
import { judgeBeat } from '../../src/doctor/checks/beat.ts'
import { judgeClock } from '../../src/doctor/checks/clock.ts'
import { judgeCookie } from '../../src/doctor/checks/cookie.ts'
import { judgeCredentials } from '../../src/doctor/checks/credentials.ts'
import { judgeEndpoint } from '../../src/doctor/checks/endpoint.ts'
import { judgeOrigin } from '../../src/doctor/checks/origin.ts'
import { judgeOrphans } from '../../src/doctor/checks/orphans.ts'
import { judgePing } from '../../src/doctor/checks/ping.ts'
import { judgeRegion } from '../../src/doctor/checks/region.ts'
import { isSameSite } from '../../src/doctor/checks/site.ts'
import { type HopTimes, judgeStream } from '../../src/doctor/checks/stream.ts'
import type { Refusal, Verdict } from '../../src/doctor/finding.ts'

const idsOf = ({ findings = [] }: Verdict) => findings.map(({ id }) => id)

test.each([
  ['arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5', undefined],
  ['arn:aws-us-gov:bedrock-agentcore:us-gov-west-1:123456789012:runtime/my_agent-a1B2c3D4e5', undefined],
  ['my_agent-a1B2c3D4e5', /runtime id/],
  ['https://example.com', /no ARN/],
  ['"arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5"', /quotes/],
  ['arn:aws:bedrock:us-east-1:123456789012:agent/ABC', /Bedrock Agents/],
  ['arn:aws:bedrock-agentcore::123456789012:runtime/my_agent-a1B2c3D4e5', /"" is no region/],
  ['arn:aws:bedrock-agentcore:us-east-1:12345:runtime/my_agent-a1B2c3D4e5', /12 digits/],
  ['arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5/runtime-endpoint/blue', /endpoint/],
  ['arn:aws:bedrock-agentcore:us-east-1:123456789012:memory/my_memory-a1B2c3D4e5', /"memory"/],
  ['arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent', /ten letters/],
])('the ARN %s: %s', (arn, slip) => {
  const { findings = [] } = judgeArn(arn)
  if (slip) expect(findings).toMatchObject([{ id: 'arn-malformed', what: expect.stringMatching(slip) }])
  else expect(findings).toEqual([])
})

test('an endpoint of another region than the runtime is named', () => {
  const facts = { arnRegion: 'us-east-1', setRegion: undefined, refusal: undefined }
  expect(idsOf(judgeRegion({ ...facts, endpoint: 'https://bedrock-agentcore.eu-west-1.amazonaws.com' }))).toEqual([
    'endpoint-region-mismatch',
  ])
  expect(idsOf(judgeRegion({ ...facts, endpoint: 'https://bedrock-agentcore.us-east-1.amazonaws.com' }))).toEqual([])
})

test.each([
  ['403 AccessDeniedException: The security token included in the request is expired', 'credentials-expired'],
  [
    '403 AccessDeniedException: User x is not authorized to perform: bedrock-agentcore:InvokeAgentRuntime',
    'credentials-not-allowed',
  ],
])('credentials that are refused with "%s"', (said, id) => {
  const refusal: Refusal = { reason: 'refused', said }
  expect(idsOf(judgeCredentials({ auth: 'sigv4', found: { accessKeyId: 'AKIAEXAMPLE' }, refusal }))).toEqual([id])
})

test('credentials that end soon are a risk, and never shown whole', () => {
  const found = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', expiresInMs: 60_000 }
  const verdict = judgeCredentials({ auth: 'sigv4', found, refusal: undefined })
  expect(verdict.findings).toMatchObject([{ id: 'credentials-expire-soon', severity: 'risk' }])
  expect(JSON.stringify(verdict)).not.toContain(found.accessKeyId)
})

test('a signature that is refused for its time is a clock that is off', () => {
  const said = '403 AccessDeniedException: Signature expired: 20261130T120000Z is now earlier than 20261130T121500Z.'
  expect(idsOf(judgeClock([], { reason: 'refused', said }))).toEqual(['clock-skewed'])
  expect(idsOf(judgeClock([{ of: 'the platform', aheadMs: 1_500 }], undefined))).toEqual([])
})

test.each([
  ['agent', '424 RuntimeClientError: Runtime initialization time exceeded.', 'agent-does-not-start'],
  ['conflict', '409 ConflictException: Session is busy.', 'session-busy'],
] as const)('an endpoint whose session ends in %s: "%s"', (reason, said, id) => {
  const qualifiers = [{ qualifier: 'DEFAULT', refusal: { reason, said } }]
  expect(idsOf(judgeEndpoint({ url: 'https://x', unreachable: undefined, qualifiers }))).toEqual([id])
})

const at = 1_764_000_000
test.each([
  [['{"status":"Healthy"}', '{"status":"Healthy"}', '{"status":"Healthy"}'], []],
  [[at, at, at].map(time => `{"status":"Healthy","time_of_last_update":${time}}`), []],
  // It changed once, as it does when work ends.
  [[at, at + 1, at + 1].map(time => `{"status":"Healthy","time_of_last_update":${time}}`), []],
  [[at, at + 1, at + 2].map(time => `{"status":"Healthy","time_of_last_update":${time}}`), ['ping-time-advances']],
  [Array.from({ length: 3 }, () => '{"status":"HealthyBusy"}'), ['ping-always-busy']],
  [['{"status":"HealthyBusy"}', '{"status":"Healthy"}', '{"status":"Healthy"}'], []],
  [
    Array.from({ length: 3 }, () => `{"status":"Healthy","time_of_last_update":${at}000}`),
    ['ping-time-in-milliseconds'],
  ],
  [['pong', 'pong', 'pong'], ['ping-malformed']],
  [Array.from({ length: 3 }, () => '{"status":"healthy"}'), ['ping-malformed']],
  [[], ['ping-malformed']],
])('/ping that answers %j: %j', (bodies, ids) => {
  expect(idsOf(judgePing(bodies.map(body => ({ body }))))).toEqual(ids)
})

const idle = 900_000
test.each([
  ['60 % of it', { beatMs: 540_000, assumedIdleMs: idle }, idle, []],
  ['a beat that is longer', { beatMs: 1_000_000, assumedIdleMs: idle }, idle, ['beat-too-late']],
  ['a beat as long', { beatMs: idle, assumedIdleMs: idle }, undefined, ['beat-too-late']],
  ['a beat that is close', { beatMs: 850_000, assumedIdleMs: idle }, idle, ['beat-close']],
  ['another timeout than assumed', { beatMs: 540_000, assumedIdleMs: idle }, 600_000, ['idle-timeout-differs']],
  ['a longer timeout than assumed', { beatMs: 540_000, assumedIdleMs: idle }, 1_800_000, []],
])('a beat: %s', (_, beat, idleMs, ids) => {
  const real = idleMs === undefined ? undefined : { idleMs, maxLifetimeMs: 28_800_000 }
  const beats = [{ of: 'the proxy', ...beat }]
  const found = idsOf(judgeBeat({ beats, real, assumedLifetimeMs: 28_800_000, watched: [] }))
  expect(found.filter(id => id !== 'beat-close' || ids.length === 1)).toEqual(ids)
})

test('a runtime that lives shorter than the proxy believes is named', () => {
  const real = { idleMs: idle, maxLifetimeMs: 3_600_000 }
  expect(idsOf(judgeBeat({ beats: [], real, assumedLifetimeMs: 28_800_000, watched: [] }))).toEqual([
    'max-lifetime-differs',
  ])
})

const hop = (name: string, chunksAtMs: number[], more: Partial<HopTimes> = {}): HopTimes => ({
  hop: name,
  what: 'message',
  chunksAtMs,
  events: 5,
  sentOverMs: undefined,
  headers: {},
  ...more,
})
const spread = [0, 100, 200, 300, 400]

test.each([
  ['streams everywhere', [hop('runtime', spread), hop('proxy', spread)], []],
  ['a hop that gathers', [hop('runtime', spread), hop('proxy', [0])], ['proxy']],
  ['the first of two that gathers', [hop('runtime', spread), hop('proxy', [0, 1]), hop('outer', [0])], ['proxy']],
  ['an outer one', [hop('runtime', spread), hop('proxy', spread), hop('outer', [0])], ['outer']],
  [
    'by the stamps of the agent',
    [hop('runtime', [0, 2], { sentOverMs: 400 }), hop('proxy', [0], { sentOverMs: 400 })],
    ['runtime'],
  ],
  ['by the warm-up', [hop('proxy', [0, 3], { what: 'warm-up', sentOverMs: 2_000 }), hop('proxy', [0])], ['proxy']],
])('streaming: %s', (_, hops, blamed) => {
  const { findings = [] } = judgeStream(hops)
  expect(findings.filter(({ id }) => id === 'stream-buffered').map(({ what }) => what.split(' ')[0])).toEqual(blamed)
})

test('many events at once are a risk where nobody tells how they were made', () => {
  expect(judgeStream([hop('runtime', [0])]).findings).toMatchObject([{ id: 'stream-at-once', severity: 'risk' }])
  expect(judgeStream([hop('runtime', [0], { events: 0 })])).toHaveProperty('skipped')
})

test.each([
  ['https://chat.example.com', 'https://api.example.com', true],
  ['https://chat.example.com', 'https://api.example.net', false],
  ['https://chat.example.co.uk', 'https://other.co.uk', false],
  ['https://one.vercel.app', 'https://two.vercel.app', false],
  ['https://one.up.railway.app', 'https://two.up.railway.app', false],
  ['http://localhost:3000', 'http://localhost:8787', true],
  ['http://localhost:3000', 'http://127.0.0.1:8787', false],
  ['https://example.com', 'http://example.com', false],
])('%s and %s: the same site: %s', (one, other, isSame) => {
  expect(isSameSite(new URL(one), new URL(other))).toBe(isSame)
})

const https = { proxyUrl: 'https://api.example.com/api/agent', pageOrigin: 'https://chat.example.com' }
test.each([
  ['c=1; Path=/; HttpOnly; SameSite=Lax; Secure', https, []],
  ['c=1; Path=/; HttpOnly; SameSite=Lax', https, ['cookie-not-secure']],
  ['c=1; Path=/; Secure; SameSite=Lax', https, ['cookie-readable']],
  ['c=1; Path=/; HttpOnly; Secure', https, ['cookie-without-same-site']],
  ['c=1; HttpOnly; SameSite=None; Secure; Partitioned', { ...https, pageOrigin: 'https://other.net' }, []],
  ['c=1; HttpOnly; SameSite=None; Secure', { ...https, pageOrigin: 'https://other.net' }, ['cookie-not-partitioned']],
  ['c=1; HttpOnly; SameSite=None', { ...https, pageOrigin: 'https://other.net' }, ['cookie-not-sent']],
  ['c=1; HttpOnly; SameSite=Lax; Secure', { ...https, pageOrigin: 'https://other.net' }, ['cookie-not-sent']],
  ['c=1; HttpOnly; Secure', { ...https, pageOrigin: 'https://other.net' }, ['cookie-not-sent']],
  [
    'c=1; HttpOnly; SameSite=Lax',
    { proxyUrl: 'http://localhost:8787/api/agent', pageOrigin: 'http://localhost:3000' },
    [],
  ],
])('the cookie %s for %j: %j', (cookie, urls, ids) => {
  expect(idsOf(judgeCookie({ ...urls, setCookies: [cookie] }))).toEqual(ids)
})

test('for a page of another site there is a setting and an option, but two names of this machine had better be one', () => {
  const judge = (proxyUrl: string, pageOrigin: string) =>
    judgeCookie({ proxyUrl, pageOrigin, setCookies: ['c=1; HttpOnly; SameSite=Lax'] })
  const byName = judge('http://127.0.0.1:8787/api/agent', 'http://localhost:5173')
  const byHost = judge(https.proxyUrl, 'https://other.net')
  for (const { findings } of [byName, byHost]) {
    expect(findings).toMatchObject([
      { id: 'cookie-not-sent', whatToDo: expect.stringMatching(/WARM_AGENT_CROSS_SITE=1.*crossSite: true/) },
    ])
  }
  expect(byName.findings?.[0]?.whatToDo).toMatch(/^Use one of the names localhost and 127\.0\.0\.1 for both/)
  expect(byHost.findings?.[0]?.whatToDo).not.toContain('localhost')
})

test('CORS headers that something drops, and calls from https to http, are named', () => {
  const answer = {
    status: 200,
    allowOrigin: https.pageOrigin,
    allowCredentials: 'true',
    allowHeaders: 'content-type',
    broken: undefined,
    exposeHeaders: 'Warm-Agent-Version, Warm-Agent-Ticket, Warm-Agent-Outcome, Warm-Agent-Agent',
  }
  const facts = { ...https, request: answer, preflight: answer, stranger: { ...answer, status: 403 } }
  expect(idsOf(judgeOrigin(facts))).toEqual([])
  for (const change of [{ allowOrigin: '*' }, { allowCredentials: null }, { exposeHeaders: null }]) {
    expect(idsOf(judgeOrigin({ ...facts, request: { ...answer, ...change } }))).toEqual(['cors-broken'])
  }
  expect(idsOf(judgeOrigin({ ...facts, preflight: { ...answer, status: 404 } }))).toEqual(['cors-broken'])
  // With credentials, browsers take the wildcard for a name (Fetch standard).
  expect(idsOf(judgeOrigin({ ...facts, request: { ...answer, exposeHeaders: '*' } }))).toEqual(['cors-broken'])
  expect(idsOf(judgeOrigin({ ...facts, preflight: { ...answer, allowHeaders: '*' } }))).toEqual(['cors-broken'])
  expect(idsOf(judgeOrigin({ ...facts, proxyUrl: 'http://api.example.com/api/agent' }))).toEqual(['mixed-content'])
})

test('sessions in the ledger whose time is over are orphans; what a conversation owns is not', () => {
  const now = 1_000_000
  const entry = { tag: 'warm-1a2b3c4d', reason: 'unsent', state: 'held', heldUntil: now + 1, endsAt: now + 1 }
  const judge = (...held: (typeof entry)[]) => idsOf(judgeOrphans({ held, unlisted: [], now }))
  expect(judge(entry)).toEqual([])
  expect(judge({ ...entry, heldUntil: now - 60_000 })).toEqual(['orphans'])
  expect(judge({ ...entry, reason: 'parked', state: 'ending', heldUntil: now - 60_000 })).toEqual(['orphans'])
  expect(judge({ ...entry, reason: 'conversation', heldUntil: now - 60_000 })).toEqual([])
  expect(judge({ ...entry, state: 'ended', heldUntil: now - 60_000 })).toEqual([])
  // The reaper may be at it.
  expect(judge({ ...entry, heldUntil: now - 1_000 })).toEqual([])
})
