import { describe, expect, test } from 'vitest'
import { again, broken, conflict, cutBefore, cutInside, failed, gateway, throttled } from './support/faults.ts'
import { refusal, silence } from './support/faulty-data-plane.ts'
import { startPath, startWarm } from './support/faulty-path.ts'

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
