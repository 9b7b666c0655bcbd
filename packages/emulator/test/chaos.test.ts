import { expect, test, vi } from 'vitest'
import { emulate, patience } from './harness.ts'
import { createManualClock } from './manual-clock.ts'

const warmUp = '{"type":"warmup","nonce":"one"}'

/** What came of a call: `ok`, or the name of its error. */
async function outcomes(count: number, call: () => Promise<unknown>): Promise<string[]> {
  const seen: string[] = []
  for (let each = 0; each < count; each++)
    seen.push(
      await call().then(
        () => 'ok',
        error => error.name,
      ),
    )
  return seen
}

test('throttles, and says when to come back', async () => {
  const { emulator, report } = await emulate({ chaos: 'throttle:7,count=2', auth: 'none' })
  const arn = encodeURIComponent(emulator.env.AGENT_RUNTIME_ARN)
  const answer = await fetch(`${emulator.url}/runtimes/${arn}/invocations`, { method: 'POST', body: 'report' })
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7'])
  expect(answer.headers.get('x-amzn-errortype')).toBe('ThrottlingException')
  expect(await outcomes(2, () => report('after'))).toEqual(['ThrottlingException', 'ok'])
  expect(emulator.ledger().totals).toMatchObject({ vms: 1, invokes: 1, refused: { ThrottlingException: 2 } })
})

test('resets the connection before the agent sees the call', async () => {
  const { emulator, report } = await emulate({ chaos: [{ fault: 'reset', count: 1 }] })
  await expect(report('reset')).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(emulator.ledger().totals).toMatchObject({ vms: 0, invokes: 0 })
  expect((await report('reset')).calls).toBe(1)
})

test('cuts the connection in the middle of an answer, after so many bytes', async () => {
  const { open, report } = await emulate({ chaos: 'reset:8,count=1' })
  const { body } = await open('cut', 'stream')
  expect(new TextDecoder().decode((await body.read()).value)).toBe('data: on')
  await expect(body.read()).rejects.toThrow()
  expect((await report('cut')).calls).toBe(2)
})

test('slows a call down by the clock', async () => {
  const clock = createManualClock()
  const { emulator, events, report } = await emulate({ clock, chaos: [{ fault: 'slow', ms: 2_000, count: 1 }] })
  const slow = report('slow')
  await vi.waitFor(() => expect(emulator.chaos.list()).toMatchObject([{ hit: 1 }]), patience)
  clock.advance(1_999)
  expect((await report('quick')).calls).toBe(1)
  expect(events.filter(event => event.type === 'invoked')).toHaveLength(1)
  clock.advance(1)
  expect((await slow).calls).toBe(1)
})

test('slows the pieces of an answer down', async () => {
  const clock = createManualClock()
  const { open } = await emulate({ clock, chaos: 'slow:chunkMs=500,count=1' })
  const { body } = await open('pieces', 'stream')
  let isHere = false
  const first = body.read().then(part => {
    isHere = true
    return new TextDecoder().decode(part.value)
  })
  clock.advance(499)
  expect(isHere).toBe(false)
  await vi.waitFor(() => {
    clock.advance(1)
    expect(isHere).toBe(true)
  }, patience)
  expect(await first).toBe('data: one\n\n')
})

test.each<[number, string, string | null]>([
  [400, 'ValidationException', 'ValidationException'],
  [402, 'ServiceQuotaExceededException', 'ServiceQuotaExceededException'],
  [409, 'RetryableConflictException', 'RetryableConflictException'],
  [424, 'RuntimeClientError', 'RuntimeClientError'],
  [500, 'InternalServerException', 'InternalServerException'],
  [503, 'GatewayError', null],
])('answers %i before the agent sees the call', async (status, booked, type) => {
  const { emulator } = await emulate({ chaos: [{ fault: 'status', status }], auth: 'none' })
  const arn = encodeURIComponent(emulator.env.AGENT_RUNTIME_ARN)
  const answer = await fetch(`${emulator.url}/runtimes/${arn}/invocations`, { method: 'POST', body: 'report' })
  expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([status, type])
  expect(emulator.ledger().totals).toMatchObject({ vms: 0, refused: { [booked]: 1 } })
})

test("replaces a session's VM without a word", async () => {
  const { emulator, report } = await emulate({ chaos: 'replace-vm:skip=1,count=1' })
  const pids = [await report('lost'), await report('lost'), await report('lost')].map(({ pid }) => pid)
  expect(pids[1]).not.toBe(pids[0])
  expect(pids[2]).toBe(pids[1])
  expect(emulator.ledger()).toMatchObject({
    vms: [{ endReason: 'lost', state: 'ended' }, { state: 'idle' }],
    totals: { vms: 2, live: 1, resurrected: 1, refused: {} },
  })
})

test('answers late with an error: the handler has run', async () => {
  const { emulator, report } = await emulate({ chaos: 'late:504,count=1' })
  await expect(report('late')).rejects.toMatchObject({ $metadata: { httpStatusCode: 504 } })
  expect((await report('late')).calls).toBe(2)
  expect(emulator.ledger().totals).toMatchObject({ vms: 1, invokes: 2 })
})

test('is not late before the handler has run to its end', async () => {
  const { happened, invoke, report } = await emulate({ chaos: 'late:504,count=1' })
  let isOver = false
  const late = invoke('end', 'stream').catch(error => {
    isOver = true
    return error.$metadata.httpStatusCode
  })
  await happened('invoked')
  await vi.waitFor(async () => expect((await report('end')).calls).toBeGreaterThan(2), patience)
  expect(isOver).toBe(false)
  await invoke('end', 'next')
  expect(await late).toBe(504)
})

test('lets a late answer be a timeout', async () => {
  const clock = createManualClock()
  const { happened, report } = await emulate({ clock, chaos: 'late:ms=900000,status=504' })
  const late = expect(report('late')).rejects.toMatchObject({ $metadata: { httpStatusCode: 504 } })
  await happened('invoked')
  let isOver = false
  const watched = late.then(() => {
    isOver = true
  })
  await vi.waitFor(() => {
    clock.advance(100_000)
    expect(isOver).toBe(true)
  }, patience)
  await watched
})

test.each([
  ['warm-up', ['InternalServerException', 'ok', 'ok']],
  ['beat', ['ok', 'InternalServerException', 'ok']],
  ['message', ['ok', 'ok', 'InternalServerException']],
  ['invoke', ['InternalServerException', 'InternalServerException', 'InternalServerException']],
  ['stop', ['ok', 'ok', 'ok']],
] as const)('hits only calls of its kind: %s', async (kind, expected) => {
  const { invoke, stop } = await emulate({ chaos: `status:500,kind=${kind}` })
  const bodies = [warmUp, warmUp, 'report']
  // A warm-up that is refused starts no VM, so let another call do that.
  const calls = bodies.map((body, place) => async () => {
    if (place > 0 && kind === 'warm-up') await invoke('kinds', 'report')
    return invoke('kinds', body)
  })
  const seen: string[] = []
  for (const call of calls) seen.push(...(await outcomes(1, call)))
  expect(seen).toEqual(expected)
  if (kind === 'stop') await expect(stop('kinds')).rejects.toMatchObject({ name: 'InternalServerException' })
})

test('hits the same calls for the same seed, at about its rate', async () => {
  const run = async (seed: number) => {
    const { report } = await emulate({ chaos: `status:500,rate=0.4,seed=${seed}` })
    return outcomes(40, () => report('seed'))
  }
  const [one, same, other] = [await run(7), await run(7), await run(8)]
  expect(same).toEqual(one)
  expect(other).not.toEqual(one)
  const hits = one.filter(each => each !== 'ok').length
  expect(hits).toBeGreaterThan(6)
  expect(hits).toBeLessThan(26)
})

test('is changed while it runs, from code', async () => {
  const { emulator, report } = await emulate()
  const undo = emulator.chaos.add('status:500')
  emulator.chaos.add([{ fault: 'throttle', count: 1 }])
  expect(await outcomes(1, () => report('live'))).toEqual(['InternalServerException'])
  undo()
  expect(await outcomes(2, () => report('live'))).toEqual(['ThrottlingException', 'ok'])
  expect(() => emulator.chaos.set('status:200')).toThrow('"status" of "status" is 200, give a status from 400 to 599')
  expect(emulator.chaos.list()).toEqual([{ fault: 'throttle', count: 1, seen: 2, hit: 1 }])
  emulator.chaos.set('status:503')
  emulator.chaos.clear()
  expect(await outcomes(1, () => report('live'))).toEqual(['ok'])
})

test('is changed while it runs, over an admin port of its own', async () => {
  const { emulator, report } = await emulate({ adminPort: 0 })
  const admin = async (method: string, body?: string) => {
    const answer = await fetch(`${emulator.adminUrl}/_emulator/chaos`, { method, ...(body && { body }) })
    return [answer.status, await answer.json()]
  }
  expect(await admin('PUT', 'status:500')).toEqual([
    200,
    { rules: [{ fault: 'status', status: 500, seen: 0, hit: 0 }] },
  ])
  expect(await admin('POST', '[{"fault":"slow","ms":1}]')).toMatchObject([200, { rules: [{}, { fault: 'slow' }] }])
  expect(await outcomes(1, () => report('admin'))).toEqual(['InternalServerException'])
  expect(await admin('GET')).toMatchObject([200, { rules: [{ seen: 1, hit: 1 }, { seen: 0 }] }])
  expect(await admin('PUT', 'flood')).toEqual([400, { message: expect.stringContaining('"flood"') }])
  expect(await admin('PUT', '[{')).toMatchObject([400, {}])
  expect(await admin('DELETE')).toEqual([200, { rules: [] }])
  expect(await outcomes(1, () => report('admin'))).toEqual(['ok'])
  expect(await admin('PATCH')).toEqual([404, { message: expect.stringContaining('PUT /_emulator/chaos') }])
  expect(emulator.adminUrl).not.toBe(emulator.url)
  expect((await fetch(`${emulator.url}/_emulator/ledger`)).status).toBe(404)
  expect(await (await fetch(`${emulator.adminUrl}/_emulator/sessions`)).json()).toMatchObject([{ vm: 1 }])
})

test.each([
  ['flood', 'There is no chaos "flood", there is throttle, reset, slow, status, replace-vm, late'],
  ['slow:fast', '"ms" of "slow" is "fast", give milliseconds from 0 to 86400000'],
  ['slow:2000,speed=1', '"slow" takes no "speed"'],
  ['throttle:rate=2', '"rate" of "throttle" is 2, give a number above 0 and up to 1'],
  ['throttle:count=0', '"count" of "throttle" is 0, give an integer from 1'],
  ['status:200', '"status" of "status" is 200'],
  ['late:kind=dance', 'There is no kind "dance", there is invoke, warm-up'],
  ['replace-vm:5', '"5" in "replace-vm:5" is not like name=value'],
  ['reset:rate=', '"rate" of "reset" is ""'],
])('refuses the malformed rule %s in one sentence', async (chaos, message) => {
  await expect(emulate({ chaos })).rejects.toMatchObject({
    code: 'invalid_option',
    message: expect.stringContaining(message),
  })
})
