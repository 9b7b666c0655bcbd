import { type AgentRuntime, createWarmProxy } from '@warm-agent/proxy'
import { expect, test, vi } from 'vitest'
import { arnInTokyo, failTimes, invoke, place, preparePlatform, sessionOn } from './sick-platform.ts'

const { platform, runtimeOf, withTokyo } = preparePlatform()
const inTokyo = expect.stringMatching(/^[0-9a-f]{8}:ap-northeast-1:DEFAULT$/)

/** Posts to a proxy on this runtime. */
function postTo(runtime: AgentRuntime) {
  const secret = 'a secret that only the tests of endpoints know'
  const { fetch } = createWarmProxy({ runtime, authorize: () => ({ callerId: 'ann' }), secret, onEvent: () => {} })
  return (path: string, headers = {}) =>
    fetch(new Request(`http://chat.test/api/agent${path}`, { method: 'POST', body: '{}', headers }))
}

test('another region stands in for new sessions, while no endpoint at home is well', async () => {
  const runtime = runtimeOf({ ...withTokyo(), breaker: { failures: 1, openMs: 10_000 } })
  expect(place(runtime, 2)).toEqual(['blue', 'green'])
  platform.sick = { 'eu-west-1': 503 }
  await failTimes(runtime, 'blue', 1)
  await failTimes(runtime, 'green', 1)
  const [placed = '', again] = place(runtime, 2)
  expect([placed, again]).toEqual([inTokyo, inTokyo])

  await invoke(runtime, placed)
  // As earlier releases named it.
  await invoke(runtime, 'ap-northeast-1:DEFAULT')
  await runtime.stop(sessionOn(placed))
  for (const { url, headers } of platform.dataPlane.calls.slice(-3)) {
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

test('a session of a region that is configured no longer is missing, one of a qualifier is still reached', async () => {
  const runtime = runtimeOf()
  await expect(invoke(runtime, 'ap-northeast-1:DEFAULT')).rejects.toMatchObject({ reason: 'missing' })
  await invoke(runtime, 'gone')
  expect(platform.dataPlane.calls.at(-1)?.url).toContain('qualifier=gone')
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
  const [before, after] = [postTo(runtimeOf(withTokyo())), postTo(runtimeOf(withTokyo(nextInTokyo)))]
  platform.sick = { 'eu-west-1': 429 }
  const [one, two] = [await before('/messages'), await before('/messages')]
  expect(decodeURIComponent(platform.dataPlane.calls.at(-1)?.url ?? '')).toContain(arnInTokyo)

  platform.sick = {}
  platform.dataPlane.calls.length = 0
  const ticketOf = (answer: Response) => ({ 'warm-agent-ticket': answer.headers.get('warm-agent-ticket') ?? '' })
  const answer = await after('/messages', ticketOf(one))
  expect([answer.status, answer.headers.get('warm-agent-outcome')]).toEqual([200, 'rewarmed'])
  expect((await after('/sessions/beat', ticketOf(two))).status).toBe(410)
  // Nothing is taken for stopped that was only looked for at another ARN.
  expect(platform.dataPlane.calls.map(({ url }) => decodeURIComponent(url).split(':')[3])).toEqual(['eu-west-1'])
})

test.each([429, 402])(
  'a cold message that home refuses with %i is answered by the other region at once, and runs once',
  async status => {
    const post = postTo(runtimeOf({ platform: 'v2', qualifiers: ['blue'], ...withTokyo() }))
    platform.sick = { 'eu-west-1': status }
    const answer = await post('/messages')
    expect([answer.status, answer.headers.get('warm-agent-outcome'), await answer.text()]).toEqual([200, 'cold', '{}'])
    const regions = () => platform.dataPlane.calls.map(({ url }) => decodeURIComponent(url).split(':')[3])
    expect(regions()).toEqual(['eu-west-1', 'ap-northeast-1'])

    platform.sick = {}
    const ticket = answer.headers.get('warm-agent-ticket') ?? ''
    await (await post('/messages', { 'warm-agent-ticket': ticket })).text()
    expect(regions().at(-1)).toBe('ap-northeast-1')

    platform.sick = { 'eu-west-1': status }
    expect(await (await post('/sessions')).text()).toContain('event: warm')
    expect(regions().at(-1)).toBe('ap-northeast-1')
  },
)
