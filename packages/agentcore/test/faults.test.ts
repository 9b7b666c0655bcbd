import type { IncomingMessage, ServerResponse } from 'node:http'
import { createWarmProxy, type ProxyEvent, type WarmProxyOptions } from '@warm-agent/proxy'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { refuse, type startDataPlane } from './data-plane.ts'
import { callersToken, type Kind, serveKind } from './kinds.ts'

type Fault = (incoming: IncomingMessage, outgoing: ServerResponse) => void
type Purpose = 'message' | 'warm-up' | 'stop'

let dataPlane: Awaited<ReturnType<typeof startDataPlane>>
let events: ProxyEvent[]

beforeEach(() => {
  events = []
  // The shortest waits between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const says =
  (status: number, type: string): Fault =>
  (_, outgoing) =>
    refuse(outgoing, status, type)
const resets: Fault = incoming => void incoming.socket.destroy()
const breaksOff: Fault = (incoming, outgoing) => {
  outgoing.writeHead(200).write('{"status":', () => incoming.socket.destroy())
}

/** A proxy on a data plane that fails the first `times` calls of one purpose. */
async function serve(kind: Kind, failing: Purpose, fault: Fault, times = 1, limits: WarmProxyOptions['limits'] = {}) {
  const attempts: Record<Purpose, number> = { message: 0, 'warm-up': 0, stop: 0 }
  const served = await serveKind(kind, (incoming, outgoing) => {
    const body = dataPlane.calls.at(-1)?.body ?? ''
    const stopOr = body.includes('warmup') ? 'warm-up' : 'message'
    const purpose = incoming.url?.includes('stopruntimesession') ? 'stop' : stopOr
    if (purpose === failing && ++attempts[purpose] <= times) return fault(incoming, outgoing)
    outgoing.writeHead(200, { 'content-type': 'application/json' }).end(purpose === 'warm-up' ? body : '{"answer":1}')
  })
  dataPlane = served.dataPlane
  // A proxy of an earlier test may still have something to tell.
  const own = events
  const proxy = createWarmProxy({
    runtime: served.runtime,
    secret: 'a secret that only these tests know of',
    authorize: () => ({ callerId: 'ann', ...(kind === 'oauth' && { bearer: callersToken }) }),
    onEvent: event => own.push(event),
    limits,
  })
  // Else its reaper would try a stop that failed again, in a later test: on the data plane that the environment names then.
  onTestFinished(() => proxy.close())
  const post = (path: string, init: RequestInit = {}) =>
    proxy.fetch(new Request(`http://chat.test/api/agent${path}`, { method: 'POST', ...init }))
  return { attempts, post }
}

async function run(purpose: Purpose, post: (path: string, init?: RequestInit) => Promise<Response>) {
  if (purpose === 'message') return void (await (await post('/messages', { body: '{}' })).text().catch(() => ''))
  const stream = await (await post('/sessions')).text()
  const { ticket } = JSON.parse(/^event: lease\ndata: (.*)$/m.exec(stream)?.[1] ?? '{}')
  if (purpose === 'stop') await post('/sessions/close', { headers: { 'warm-agent-ticket': ticket } })
}

// Between them they take both ways to the platform.
describe.each<Kind>(['sigv4 by a client of the user', 'oauth'])('by %s', kind => {
  // The rows of PLATFORM's error table: how often each is attempted when the first attempt meets it.
  const rows: [string, Fault, ...attempts: [message: number, warmUp: number, stop?: number]][] = [
    ['400 ValidationException', says(400, 'ValidationException'), 1, 1, 1],
    ['401 UnauthorizedException', says(401, 'UnauthorizedException'), 1, 1, 1],
    ['402 ServiceQuotaExceededException', says(402, 'ServiceQuotaExceededException'), 1, 1, 1],
    ['403 AccessDeniedException', says(403, 'AccessDeniedException'), 1, 1, 1],
    ['404 ResourceNotFoundException', says(404, 'ResourceNotFoundException'), 1, 1, 1],
    ['409 RetryableConflictException', says(409, 'RetryableConflictException'), 2, 2, 2],
    ['424 RuntimeClientError', says(424, 'RuntimeClientError'), 1, 2, 1],
    ['429 ThrottlingException', says(429, 'ThrottlingException'), 2, 2, 2],
    ['500 InternalServerException', says(500, 'InternalServerException'), 1, 2, 2],
    ['502', says(502, 'BadGateway'), 1, 2, 2],
    ['503', says(503, 'ServiceUnavailable'), 1, 2, 2],
    ['504', says(504, 'GatewayTimeout'), 1, 2, 2],
    ['a reset before the answer', resets, 1, 2, 2],
    ['a reset in mid-stream', breaksOff, 1, 2],
  ]
  const cases = rows.flatMap(([name, fault, message, warmUp, stop]) => [
    { name, fault, purpose: 'message' as const, expected: message },
    { name, fault, purpose: 'warm-up' as const, expected: warmUp },
    ...(stop ? [{ name, fault, purpose: 'stop' as const, expected: stop }] : []),
  ])

  test.each(cases)('after $name a $purpose is attempted $expected times', async ({ fault, purpose, expected }) => {
    const { attempts, post } = await serve(kind, purpose, fault)
    await run(purpose, post)
    expect(attempts[purpose]).toBe(expected)
  })

  test('a message waits a 409 out for as long as it lasts, and runs once', async () => {
    const { attempts, post } = await serve(kind, 'message', says(409, 'RetryableConflictException'), 12)
    const answer = await post('/messages', { body: '{}' })
    expect(await answer.text()).toBe('{"answer":1}')
    expect(attempts.message).toBe(13)
  })

  test('a 409 that outlasts the deadline is a timeout, and its last cause is kept', async () => {
    const conflict = says(409, 'RetryableConflictException')
    const { post } = await serve(kind, 'message', conflict, Number.POSITIVE_INFINITY, { warmTimeoutMs: 100 })
    expect((await post('/messages', { body: '{}' })).status).toBe(504)
    const failed = events.find(event => event.type === 'request-failed')
    expect(failed?.cause).toMatchObject({ name: 'CallTimedOut', cause: { reason: 'conflict' } })
  })

  test('no data plane that never answers keeps a message past its deadline', async () => {
    const { post } = await serve(kind, 'message', () => {}, 1, { messageTimeoutMs: 100 })
    expect((await post('/messages', { body: '{}' })).status).toBe(504)
  })
})

test('with callers’ tokens only, who leaves for good leaves a session that nobody can stop, and the log says so', async () => {
  const { attempts, post } = await serve('oauth', 'stop', resets, 0)
  const stream = await (await post('/sessions')).text()
  const { ticket } = JSON.parse(/^event: lease\ndata: (.*)$/m.exec(stream)?.[1] ?? '{}')
  await post('/sessions/close?afterMs=0', { headers: { 'warm-agent-ticket': ticket } })
  const failed = await vi.waitUntil(() => events.find(event => event.type === 'stop-failed'))
  expect(failed.cause).toMatchObject({ reason: 'unauthenticated', message: expect.stringContaining('ends by idling') })
  expect(attempts.stop).toBe(0)
})
