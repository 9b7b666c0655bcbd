import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { createWarmProxy, memoryLedger, type ProxyEvent, type ProxyLimits } from '@warm-agent/proxy'
import { toNodeHandler } from '@warm-agent/proxy/node'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  afterRun,
  badGateway,
  type Fault,
  refusal,
  resetBefore,
  resetInMidStream,
  silence,
  startFaultyDataPlane,
} from './support/faulty-data-plane.ts'
import { createPage } from './support/page.ts'

/** A page, the proxy behind a real server, the real AWS SDK, and a data plane that fails as it is told. */
async function startPath(limits: Partial<ProxyLimits> = {}) {
  const dataPlane = await startFaultyDataPlane()
  const client = new BedrockAgentCoreClient({
    endpoint: dataPlane.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  })
  const events: ProxyEvent[] = []
  const proxy = createWarmProxy({
    runtime: createAgentCoreRuntime({
      arn: 'arn:aws:bedrock-agentcore:eu-west-1:123456789012:runtime/my_agent-a1B2c3D4e5',
      client,
    }),
    authorize: () => ({ callerId: 'ann' }),
    secret: 'a secret that only the tests of faults know',
    ledger: memoryLedger(),
    limits,
    onEvent: event => events.push(event),
  })
  const server = createServer(toNodeHandler(proxy.fetch)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    dataPlane.recover()
    server.closeAllConnections()
    server.close()
    await proxy.close()
    dataPlane.close()
  })
  return { ...dataPlane, events, page: createPage(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) }
}

async function startWarm(limits?: Partial<ProxyLimits>) {
  const path = await startPath(limits)
  await (await path.page.open()).end
  path.calls.length = 0
  return path
}

const throttled = refusal(429, 'ThrottlingException')
const throttledForASecond = refusal(429, 'ThrottlingException', { 'retry-after': '1' })
const conflict = refusal(409, 'RetryableConflictException')
const failed = afterRun(refusal(424, 'RuntimeClientError'))
const broken = afterRun(refusal(500, 'InternalServerException'))
const gateway = afterRun(badGateway)
const cutBefore = afterRun(resetBefore)
const cutInside = afterRun(resetInMidStream)

const again = (times: number, fault: Fault) => Array.from({ length: times }, () => fault)

describe('a message', () => {
  test.each([
    ['429', [throttled, throttledForASecond], 'warm', 3],
    ['409 for a while', again(6, conflict), 'rewarmed', 7],
  ] as const)(
    'that meets %s was not seen by the agent: it is sent again, and runs once',
    async (_, faults, outcome, calls) => {
      const path = await startWarm()
      path.failNext(...faults)
      const answer = await path.page.start({ prompt: 'hi' })
      expect(answer.headers.get('warm-agent-outcome')).toBe(outcome)
      expect(await answer.text()).toBe('data: one\n\ndata: two\n\n')
      expect(path.calls).toEqual(again(calls, silence).map(() => 'message'))
      expect(path.runs()).toBe(1)
    },
  )

  test.each([
    ['424 after it ran', failed, 502, 'agent_failed'],
    ['500 after it ran', broken, 503, 'agent_unavailable'],
    ['502 after it ran', gateway, 503, 'agent_unavailable'],
    ['a reset before the answer', cutBefore, 503, 'agent_unavailable'],
  ] as const)('that meets %s is not sent twice: the user gets the error', async (_, fault, status, code) => {
    const path = await startWarm()
    path.failNext(fault)
    const answer = await path.page.start({ prompt: 'hi' })
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ error: { code } })
    expect(path.calls).toEqual(['message'])
    expect(path.runs()).toBe(1)
    // The session is the conversation's still.
    expect((await path.page.send({ prompt: 'again' })).outcome).toBe('warm')
  })

  test.each([
    [400, 'ValidationException', 400, 'bad_request'],
    [401, 'UnauthorizedException', 401, 'unauthenticated'],
    [402, 'ServiceQuotaExceededException', 429, 'quota_exceeded'],
    [403, 'AccessDeniedException', 503, 'agent_unavailable'],
  ] as const)('that meets %i %s is hopeless, and fails at once', async (theirs, type, status, code) => {
    const path = await startWarm()
    path.failNext(refusal(theirs, type))
    const answer = await path.page.start({ prompt: 'hi' })
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ error: { code } })
    expect(path.calls).toEqual(['message'])
  })

  test('that meets 404 on a warm session starts another, and runs once; a second 404 is an error', async () => {
    for (const [faults, status] of [
      [1, 200],
      [2, 503],
    ] as const) {
      const path = await startWarm()
      // The stop of the old one comes between them.
      path.failNext(...again(2 * faults - 1, refusal(404, 'ResourceNotFoundException')))
      const answer = await path.page.start({ prompt: 'hi' })
      expect(answer.status).toBe(status)
      await answer.text()
      expect(path.calls.filter(call => call === 'message')).toHaveLength(2)
      expect(path.runs()).toBe(2 - faults)
    }
  })

  test('whose answer is cut in mid-stream breaks off in the browser too: half is not taken for whole', async () => {
    const path = await startWarm()
    path.failNext(cutInside)
    const answer = await path.page.start({ prompt: 'hi' })
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow()
    expect(path.calls).toEqual(['message'])
    expect(path.runs()).toBe(1)
  })

  test('whose answer is slow passes chunk by chunk', async () => {
    const path = await startWarm()
    let goOn = () => {}
    path.answerWith(outgoing => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: one\n\n')
      goOn = () => outgoing.end('data: two\n\n')
    })
    const answer = await path.page.start({ prompt: 'hi' })
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
    const next = async () => new TextDecoder().decode((await reader.read()).value)
    expect(await next()).toBe('data: one\n\n')
    goOn()
    expect(await next()).toBe('data: two\n\n')
    expect((await reader.read()).done).toBe(true)
  })

  test('that is never answered ends at its deadline, and is not sent twice', async () => {
    const path = await startWarm({ messageTimeoutMs: 300 })
    path.failNext(afterRun(silence))
    const answer = await path.page.start({ prompt: 'hi' })
    expect(answer.status).toBe(504)
    expect(path.calls).toEqual(['message'])
  })

  test('that is throttled until its deadline says so, with the last failure as the cause', async () => {
    const path = await startWarm({ warmTimeoutMs: 500 })
    path.failNext(...again(9, throttledForASecond))
    const answer = await path.page.start({ prompt: 'hi' })
    expect(answer.status).toBe(429)
    expect(await answer.json()).toMatchObject({ error: { code: 'rate_limited', retryAfterMs: 1000 } })
    expect(path.events.find(({ type }) => type === 'request-failed')).toMatchObject({
      cause: { reason: 'throttled', cause: { name: 'ThrottlingException' } },
    })
    expect(path.runs()).toBe(0)
  })

  test.each([
    ['424', failed],
    ['500', broken],
    ['a reset', cutBefore],
  ] as const)('without a session that meets %s leaves no VM behind: nobody has its ticket', async (_, fault) => {
    const path = await startPath()
    path.failNext(fault)
    expect((await path.page.start({ prompt: 'hi' })).ok).toBe(false)
    await expect.poll(() => path.calls).toEqual(['message', 'stop'])
  })

  test('whose sender leaves while its VM starts leaves none behind', async () => {
    const path = await startPath()
    path.failNext(silence)
    const leaving = new AbortController()
    const left = path.page.start({ prompt: 'hi' }, undefined, leaving.signal)
    await expect.poll(() => path.calls).toEqual(['message'])
    leaving.abort()
    await expect(left).rejects.toThrow()
    await expect.poll(() => path.calls).toEqual(['message', 'stop'])
  })
})

describe('a warm-up', () => {
  test.each([
    ['429', [throttled]],
    ['409 for a while', again(6, conflict)],
    ['424', [failed]],
    ['500', again(2, broken)],
    ['502', again(2, gateway)],
    ['a reset before the answer', again(2, cutBefore)],
    ['a reset in its answer', [cutInside]],
  ] as const)('that meets %s is made again', async (_, faults) => {
    const path = await startPath()
    path.failNext(...faults)
    expect(await (await path.page.open()).end).toMatchObject({ event: 'warm', data: { evidence: 'observed' } })
    expect(path.calls).toEqual([...faults.map(() => 'warm-up'), 'warm-up'])
    expect((await path.page.send({ prompt: 'hi' })).outcome).toBe('warm')
  })

  test.each([
    [400, 'ValidationException', 'bad_request'],
    [401, 'UnauthorizedException', 'unauthenticated'],
    [402, 'ServiceQuotaExceededException', 'quota_exceeded'],
    [403, 'AccessDeniedException', 'agent_unavailable'],
    [404, 'ResourceNotFoundException', 'agent_unavailable'],
  ] as const)('that meets %i %s is hopeless, and the message goes cold', async (status, type, code) => {
    const path = await startPath()
    path.failNext(refusal(status, type))
    expect(await (await path.page.open()).end).toMatchObject({ event: 'failed', data: { error: { code } } })
    expect(path.calls).toEqual(['warm-up'])
    expect((await path.page.send({ prompt: 'hi' })).outcome).toBe('cold')
  })

  test('that fails for good is stopped, and costs the message nothing', async () => {
    const path = await startPath()
    path.failNext(...again(2, failed))
    expect(await (await path.page.open()).end).toMatchObject({ event: 'failed' })
    await expect.poll(() => path.calls).toEqual(['warm-up', 'warm-up', 'stop'])
    expect((await path.page.send({ prompt: 'hi' })).outcome).toBe('cold')
  })

  test('that is never answered ends at its deadline with the last failure as its cause, and is stopped', async () => {
    const path = await startPath({ warmTimeoutMs: 700 })
    path.failNext(broken, silence)
    expect(await (await path.page.open()).end).toMatchObject({
      event: 'failed',
      data: { error: { code: 'warm_up_timed_out' } },
    })
    expect(path.events.find(({ type }) => type === 'warm-failed')).toMatchObject({
      cause: { name: 'CallTimedOut', cause: { reason: 'unavailable', cause: { name: 'InternalServerException' } } },
    })
    await expect.poll(() => path.calls).toEqual(['warm-up', 'warm-up', 'stop'])
  })

  test('that a message joins carries it through every fault', async () => {
    const path = await startPath()
    path.failNext(...again(3, conflict), broken)
    const { end } = await path.page.open()
    expect((await path.page.send({ prompt: 'hi' })).outcome).toBe('joined')
    await end
    expect(path.runs()).toBe(1)
  })
})

describe('a beat', () => {
  test.each([
    ['429', throttled, 429, 'rate_limited'],
    ['424', failed, 502, 'agent_failed'],
    ['500', broken, 503, 'agent_unavailable'],
    ['502', gateway, 503, 'agent_unavailable'],
    ['a reset before the answer', cutBefore, 503, 'agent_unavailable'],
    ['a reset in its answer', cutInside, 503, 'agent_unavailable'],
  ] as const)('that meets %s yields, and the next one comes by itself', async (_, fault, status, code) => {
    const path = await startWarm()
    path.failNext(fault)
    const answer = await path.page.post('/sessions/beat')
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ error: { code } })
    expect(path.calls).toEqual(['warm-up'])
    expect(await path.page.beat()).toMatchObject({ status: 'warm' })
  })

  test('that meets 409 on a warm session says that it is being ended', async () => {
    const path = await startWarm()
    path.failNext(conflict)
    expect((await path.page.post('/sessions/beat')).status).toBe(410)
    expect(path.calls).toEqual(['warm-up'])
  })
})

describe('a close', () => {
  test.each([
    ['429', [throttled]],
    ['409 for a while', again(4, conflict)],
    ['500', again(2, broken)],
    ['502', again(2, gateway)],
    ['a reset', [cutBefore]],
    ['404: it had ended', []],
  ] as const)('that meets %s stops the session all the same', async (name, faults) => {
    const path = await startWarm()
    path.failNext(...(name.startsWith('404') ? [refusal(404, 'ResourceNotFoundException')] : faults))
    expect((await path.page.close()).status).toBe(204)
    expect(path.calls).toEqual([...faults.map(() => 'stop'), 'stop'])
  })

  test('that the platform refuses is told', async () => {
    const path = await startWarm()
    path.failNext(refusal(403, 'AccessDeniedException'))
    expect((await path.page.close()).status).toBe(503)
    expect(path.events.map(({ type }) => type)).toContain('stop-failed')
  })
})
