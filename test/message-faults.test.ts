import { describe, expect, test } from 'vitest'
import {
  again,
  broken,
  conflict,
  cutBefore,
  cutInside,
  failed,
  gateway,
  throttled,
  throttledForASecond,
} from './support/faults.ts'
import { afterRun, refusal, silence } from './support/faulty-data-plane.ts'
import { startPath, startWarm } from './support/faulty-path.ts'

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
