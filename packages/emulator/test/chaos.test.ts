import { expect, test, vi } from 'vitest'
import { emulate, outcomes, patience, sessionHeader, sessionNamed, urlOf } from './harness.ts'
import { createManualClock } from './manual-clock.ts'

test('throttles, and says when to come back', async () => {
  const { emulator, report } = await emulate({ chaos: 'throttle:7,count=2', auth: 'none' })
  const answer = await fetch(urlOf(emulator), { method: 'POST', body: 'report' })
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7'])
  expect(answer.headers.get('x-amzn-errortype')).toBe('ThrottlingException')
  expect(await outcomes(2, () => report('after'))).toEqual(['ThrottlingException', 'ok'])
  expect(emulator.ledger().totals).toMatchObject({ vms: 1, invokes: 1, refused: { ThrottlingException: 2 } })
})

test('answers a 401 with the challenge that belongs to it', async () => {
  const { emulator } = await emulate({ chaos: 'status:401', auth: 'none' })
  const { status, headers } = await fetch(urlOf(emulator), { method: 'POST' })
  expect([status, headers.get('x-amzn-errortype'), headers.get('www-authenticate')]).toEqual([
    401,
    'UnauthorizedException',
    'Bearer',
  ])
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

test.each([
  ['commands', '{"command":"echo hello"}'],
  ['stopruntimesession', ''],
])('cuts the answer to %s too', async (path, body) => {
  const { emulator, report } = await emulate({ auth: 'none' })
  await report('cut')
  emulator.chaos.set('reset:1')
  const headers = { [sessionHeader]: sessionNamed('cut') }
  const answer = await fetch(urlOf(emulator, path), { method: 'POST', headers, body })
  expect(answer.status).toBe(200)
  await expect(answer.arrayBuffer()).rejects.toThrow()
  expect(emulator.sessions()).toHaveLength(path === 'commands' ? 1 : 0)
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
  const answer = await fetch(urlOf(emulator), { method: 'POST', body: 'report' })
  expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([status, type])
  expect(emulator.ledger().totals).toMatchObject({ vms: 0, refused: { [booked]: 1 } })
})

test('is late with the answer to a stop too: the session is gone by then', async () => {
  const clock = createManualClock()
  const { emulator, happened, report, stop } = await emulate({ clock, chaos: 'late:ms=60000,kind=stop' })
  await report('stop')
  let isOver = false
  const late = stop('stop').catch(error => {
    isOver = true
    return error.$metadata.httpStatusCode
  })
  await happened('session-stopped')
  // A round trip: time enough for an answer that does not wait.
  await report('another')
  expect(isOver).toBe(false)
  clock.advance(60_000)
  expect(await late).toBe(504)
  expect(emulator.ledger().totals).toMatchObject({ stops: 1 })
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
