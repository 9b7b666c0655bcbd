import type { ServerResponse } from 'node:http'
import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import { type AgentCoreRuntimeOptions, createAgentCoreRuntime, type EndpointEvent } from '@warm-agent/agentcore'
import { type AgentRequest, type AgentRuntime, createWarmProxy } from '@warm-agent/proxy'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { arn, refuse, startDataPlane } from './data-plane.ts'

const arnInTokyo = arn.replace('eu-west-1', 'ap-northeast-1')
const inTokyo = expect.stringMatching(/^[0-9a-f]{8}:ap-northeast-1:DEFAULT$/)
const never = new AbortController().signal
const message: AgentRequest = { body: new Uint8Array(), contentType: 'application/json', accept: '*/*' }

let dataPlane: Awaited<ReturnType<typeof startDataPlane>>
let events: EndpointEvent[]
/** How each endpoint answers, by qualifier or region; the others are well. */
let sick: Record<string, number>
let held: (() => void)[]
let answerAll: ((outgoing: ServerResponse) => void) | undefined
let isHolding: boolean

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  events = []
  sick = {}
  held = []
  answerAll = undefined
  isHolding = false
  dataPlane = await startDataPlane((incoming, outgoing) => {
    if (answerAll) return answerAll(outgoing)
    const url = decodeURIComponent(incoming.url ?? '')
    const [, status] = Object.entries(sick).find(([name]) => url.includes(name)) ?? []
    if (status) return refuse(outgoing, status, 'SomeException')
    const answer = () => void outgoing.end('{}')
    isHolding ? held.push(answer) : answer()
  })
})
afterEach(() => {
  dataPlane.close()
  vi.useRealTimers()
})

const client = (region: string) =>
  new BedrockAgentCoreClient({
    region,
    endpoint: dataPlane.url,
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  })
const runtimeOf = (options: Partial<AgentCoreRuntimeOptions> = {}) =>
  createAgentCoreRuntime({
    arn,
    qualifiers: ['blue', 'green'],
    client: client('eu-west-1'),
    onEvent: event => events.push(event),
    ...options,
  })
const withTokyo = () => ({ fallbacks: [{ arn: arnInTokyo, client: client('ap-northeast-1') }] })

let sessions = 0
const sessionOn = (qualifier: string) => ({ id: `session-${++sessions}`.padEnd(33, '0'), qualifier })

function place(runtime: AgentRuntime, times: number): (string | undefined)[] {
  return Array.from({ length: times }, () => runtime.placeSession?.())
}
async function invoke(runtime: AgentRuntime, qualifier: string, request = message) {
  await (await runtime.invoke(sessionOn(qualifier), request, never)).body.cancel()
}
async function failTimes(runtime: AgentRuntime, qualifier: string, times: number) {
  for (let time = 0; time < times; time++) await expect(invoke(runtime, qualifier)).rejects.toThrow()
}

test('new sessions go round the endpoints', () => {
  expect(place(runtimeOf(), 4)).toEqual(['blue', 'green', 'blue', 'green'])
})

test.each(['v2', 'v1-code'] as const)('on %s one endpoint is used: more of them warm nothing there', platform => {
  expect(place(runtimeOf({ platform }), 3)).toEqual(['blue', 'blue', 'blue'])
  expect(place(runtimeOf({ platform, spread: 'round-robin' }), 2)).toEqual(['blue', 'green'])
})

test('v1-container has pre-warmed instances at each endpoint, so all are used', () => {
  expect(place(runtimeOf({ platform: 'v1-container' }), 2)).toEqual(['blue', 'green'])
})

test('least-warming avoids the endpoint that is busy booting', async () => {
  const runtime = runtimeOf({ spread: 'least-warming' })
  isHolding = true
  const warming = invoke(runtime, 'blue', runtime.warmUpRequest('n1'))
  expect(place(runtime, 3)).toEqual(['green', 'green', 'green'])
  await vi.waitUntil(() => held.length > 0)
  for (const answer of held) answer()
  await warming
  expect(new Set(place(runtime, 2))).toEqual(new Set(['blue', 'green']))
})

test.each([429, 402, 500, 503])('an endpoint that answers %i gets no new sessions for a while', async status => {
  const runtime = runtimeOf({ breaker: { failures: 2, openMs: 10_000 } })
  sick = { blue: status }
  await failTimes(runtime, 'blue', 2)
  expect(place(runtime, 3)).toEqual(['green', 'green', 'green'])
  expect(events).toMatchObject([{ type: 'endpoint-opened', qualifier: 'blue' }])
})

test('of a quota one refusal is enough: no session ends because the next one is refused', async () => {
  const runtime = runtimeOf()
  for (let call = 0; call < 20; call++) await invoke(runtime, 'blue')
  sick = { blue: 402 }
  await failTimes(runtime, 'blue', 1)
  await vi.waitUntil(() => events.length > 0)
  expect(place(runtime, 2)).toEqual(['green', 'green'])
})

test.each([409, 424, 400])('%i is not about the endpoint', async status => {
  const runtime = runtimeOf({ breaker: { failures: 2 } })
  sick = { blue: status }
  await failTimes(runtime, 'blue', 8)
  expect(place(runtime, 2)).toEqual(['blue', 'green'])
})

test('a session stays on its endpoint, and its messages get through although that is unwell', async () => {
  const runtime = runtimeOf({ breaker: { failures: 1, openMs: 10_000 } })
  sick = { blue: 503 }
  await failTimes(runtime, 'blue', 1)
  sick = {}
  await invoke(runtime, 'blue')
  await runtime.stop(sessionOn('blue'))
  expect(dataPlane.calls.map(({ url }) => url.split('=')[1])).toEqual(['blue', 'blue', 'blue'])
})

test('warm-ups yield to an endpoint that is unwell: not sent, and told when to come again', async () => {
  const runtime = runtimeOf({ breaker: { failures: 1, openMs: 10_000 } })
  sick = { blue: 429 }
  await failTimes(runtime, 'blue', 1)
  await expect(invoke(runtime, 'blue', runtime.warmUpRequest('n1'))).rejects.toMatchObject({
    reason: 'throttled',
    mayHaveRun: false,
    retryAfterMs: 10_000,
  })
  expect(dataPlane.calls).toHaveLength(1)
})

test('after a while one call tries the endpoint, and when that is well new sessions come back', async () => {
  const runtime = runtimeOf({ breaker: { failures: 1, openMs: 10_000 } })
  sick = { blue: 503 }
  await failTimes(runtime, 'blue', 1)
  vi.advanceTimersByTime(10_000)
  await failTimes(runtime, 'blue', 1)
  vi.advanceTimersByTime(10_000)
  // A trial that failed doubles the wait.
  expect(place(runtime, 2)).toEqual(['green', 'green'])
  sick = {}
  vi.advanceTimersByTime(10_000)
  await invoke(runtime, 'blue', runtime.warmUpRequest('n1'))
  await vi.waitUntil(() => events.length > 1)
  expect(events.map(({ type }) => type)).toEqual(['endpoint-opened', 'endpoint-closed'])
  expect(place(runtime, 2).sort()).toEqual(['blue', 'green'])
})

test('an onEvent that throws is told of, and disturbs no call', async () => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
  const onEvent = () => {
    throw new Error('the log is down')
  }
  const runtime = runtimeOf({ breaker: { failures: 1, openMs: 10_000 }, onEvent })
  sick = { blue: 503 }
  await failTimes(runtime, 'blue', 1)
  await vi.waitFor(() => expect(place(runtime, 2)).toEqual(['green', 'green']))
  const says = expect.stringMatching(/^Could not tell onEvent: /)
  expect(printed).toHaveBeenCalledWith(says, new Error('the log is down'))
  printed.mockRestore()
})

test('another region stands in for new sessions, while no endpoint at home is well', async () => {
  const runtime = runtimeOf({ ...withTokyo(), breaker: { failures: 1, openMs: 10_000 } })
  expect(place(runtime, 2)).toEqual(['blue', 'green'])
  sick = { 'eu-west-1': 503 }
  await failTimes(runtime, 'blue', 1)
  await failTimes(runtime, 'green', 1)
  const [placed = '', again] = place(runtime, 2)
  expect([placed, again]).toEqual([inTokyo, inTokyo])

  await invoke(runtime, placed)
  // As earlier releases named it.
  await invoke(runtime, 'ap-northeast-1:DEFAULT')
  await runtime.stop(sessionOn(placed))
  for (const { url, headers } of dataPlane.calls.slice(-3)) {
    expect(decodeURIComponent(url)).toContain(arnInTokyo)
    expect(url).toMatch(/\?qualifier=DEFAULT$/)
    expect(headers.authorization).toContain('/ap-northeast-1/bedrock-agentcore/')
  }
  expect(runtime.addressOf?.(sessionOn(placed))).toEqual({
    agentRuntimeArn: arnInTokyo,
    region: 'ap-northeast-1',
    qualifier: 'DEFAULT',
  })

  vi.advanceTimersByTime(10_000)
  expect(place(runtime, 1)).toEqual(['blue'])
})

test('when all are unwell the home region is asked, whose refusal is the true one', async () => {
  const runtime = runtimeOf({ breaker: { failures: 1 } })
  sick = { blue: 402, green: 402 }
  await failTimes(runtime, 'blue', 1)
  await failTimes(runtime, 'green', 1)
  expect(place(runtime, 2).sort()).toEqual(['blue', 'green'])
  await expect(invoke(runtime, 'blue')).rejects.toMatchObject({ reason: 'quota' })
})

test('a session of a region that is configured no longer is missing, one of a qualifier is still reached', async () => {
  const runtime = runtimeOf()
  await expect(invoke(runtime, 'ap-northeast-1:DEFAULT')).rejects.toMatchObject({ reason: 'missing' })
  await invoke(runtime, 'gone')
  expect(dataPlane.calls.at(-1)?.url).toContain('qualifier=gone')
})

test('whoever was just refused is told of another endpoint, of the next region where none is left at home', () => {
  const runtime = runtimeOf(withTokyo())
  expect(runtime.placeSession?.(['blue'])).toBe('green')
  const next = runtime.placeSession?.(['blue', 'green']) ?? ''
  expect(next).toEqual(inTokyo)
  expect(runtime.placeSession?.(['blue', 'green', next])).toMatch(/^(blue|green)$/)
})

test('a session of a fallback stays with the ARN that it was placed at: of another one in its region it is missing', async () => {
  const nextInTokyo = arnInTokyo.replace('my_agent', 'next_agent')
  const proxyWith = (arn: string) =>
    createWarmProxy({
      runtime: runtimeOf({ fallbacks: [{ arn, client: client('ap-northeast-1') }] }),
      authorize: () => ({ callerId: 'ann' }),
      secret: 'a secret that only the tests of endpoints know',
    })
  const [before, after] = [proxyWith(arnInTokyo), proxyWith(nextInTokyo)]
  const post = (proxy: typeof before, path: string, headers = {}) =>
    proxy.fetch(new Request(`http://chat.test/api/agent${path}`, { method: 'POST', body: '{}', headers }))
  sick = { 'eu-west-1': 429 }
  const [one, two] = [await post(before, '/messages'), await post(before, '/messages')]
  expect(decodeURIComponent(dataPlane.calls.at(-1)?.url ?? '')).toContain(arnInTokyo)

  sick = {}
  dataPlane.calls.length = 0
  const ticketOf = (answer: Response) => ({ 'warm-agent-ticket': answer.headers.get('warm-agent-ticket') ?? '' })
  const answer = await post(after, '/messages', ticketOf(one))
  expect([answer.status, answer.headers.get('warm-agent-outcome')]).toEqual([200, 'rewarmed'])
  expect((await post(after, '/sessions/beat', ticketOf(two))).status).toBe(410)
  // Nothing is taken for stopped that was only looked for at another ARN.
  expect(dataPlane.calls.map(({ url }) => decodeURIComponent(url).split(':')[3])).toEqual(['eu-west-1'])
})

test.each([429, 402])(
  'a cold message that home refuses with %i is answered by the other region at once, and runs once',
  async status => {
    const proxy = createWarmProxy({
      runtime: runtimeOf({ platform: 'v2', qualifiers: ['blue'], ...withTokyo() }),
      authorize: () => ({ callerId: 'ann' }),
      secret: 'a secret that only the tests of endpoints know',
    })
    const post = (path: string, headers = {}) =>
      proxy.fetch(new Request(`http://chat.test/api/agent${path}`, { method: 'POST', body: '{}', headers }))
    sick = { 'eu-west-1': status }
    const answer = await post('/messages')
    expect([answer.status, answer.headers.get('warm-agent-outcome'), await answer.text()]).toEqual([200, 'cold', '{}'])
    const regions = () => dataPlane.calls.map(({ url }) => decodeURIComponent(url).split(':')[3])
    expect(regions()).toEqual(['eu-west-1', 'ap-northeast-1'])

    sick = {}
    const ticket = answer.headers.get('warm-agent-ticket') ?? ''
    await (await post('/messages', { 'warm-agent-ticket': ticket })).text()
    expect(regions().at(-1)).toBe('ap-northeast-1')

    sick = { 'eu-west-1': status }
    expect(await (await post('/sessions')).text()).toContain('event: warm')
    expect(regions().at(-1)).toBe('ap-northeast-1')
  },
)

const words = {
  session: 'No live session was found.',
  endpoint: "No endpoint or agent found with qualifier 'blue' for agent 'arn'.",
}

test.each([
  ['the session is missing, as it must be', 404, words.session, undefined],
  ['the endpoint is missing', 404, words.endpoint, 'missing'],
  ['the credentials are bad', 403, 'The security token is invalid.', 'refused'],
])('a check starts nothing, and tells whether %s', async (_, status, message, reason) => {
  answerAll = outgoing => {
    outgoing.writeHead(status, { 'x-amzn-errortype': 'SomeException', 'content-type': 'application/json' })
    outgoing.end(JSON.stringify({ message }))
  }
  const checking = runtimeOf().check?.()
  await (reason ? expect(checking).rejects.toMatchObject({ reason }) : checking)
  await vi.waitUntil(() => dataPlane.calls.length === 2)
  expect(dataPlane.calls.map(({ url }) => url.split('?')[1]).sort()).toEqual(['qualifier=blue', 'qualifier=green'])
  expect(dataPlane.calls.every(({ url }) => url.includes('/stopruntimesession'))).toBe(true)
})

test('a check is content with one region, and where only callers have tokens there is none', async () => {
  const runtime = runtimeOf(withTokyo())
  sick = { 'eu-west-1': 503 }
  await runtime.check?.()
  sick = { 'eu-west-1': 503, 'ap-northeast-1': 403 }
  await expect(runtime.check?.()).rejects.toMatchObject({ reason: 'unavailable' })
  expect(createAgentCoreRuntime({ arn, auth: { bearer: 'caller' } }).check).toBeUndefined()
})
