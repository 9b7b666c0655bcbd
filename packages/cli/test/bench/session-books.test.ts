import { type AgentRuntime, RuntimeFailure } from '@warm-agent/proxy'
import { afterEach, expect, test, vi } from 'vitest'
import { createSessionBooks } from '../../src/bench/session-books.ts'

afterEach(() => {
  vi.useRealTimers()
})

const session = { id: 'a-session-of-the-books-of-a-bench', qualifier: 'DEFAULT' }
const request = { body: new Uint8Array(), contentType: 'application/json', accept: 'application/json' }
const { signal } = new AbortController()

/** A platform that answers calls and stops as the test says. */
function booksOf(answers: { invoke?: () => Promise<never>; stop?: () => Promise<void> }) {
  const stops = vi.fn(answers.stop ?? (async () => {}))
  const runtime: AgentRuntime = {
    qualifiers: ['DEFAULT'],
    idleTimeoutMs: 900_000,
    maxLifetimeMs: 900_000,
    invoke: answers.invoke ?? (async () => ({ status: 200, contentType: 'text/plain', body: new ReadableStream() })),
    stop: stops,
    warmUpRequest: () => request,
    readEcho: () => undefined,
  }
  return { books: createSessionBooks(runtime), stops }
}
const failing = (reason: RuntimeFailure['reason'], mayHaveRun: boolean) => async () => {
  throw new RuntimeFailure(reason, 'as the test wants it', { mayHaveRun })
}

test.each(['invalid', 'unauthenticated', 'refused', 'quota', 'missing', 'throttled'] as const)(
  'a session whose first call is refused ("%s") never was: nothing is stopped, nothing costs, nothing is left',
  async reason => {
    const { books, stops } = booksOf({ invoke: failing(reason, false), stop: failing('refused', false) })
    await expect(books.runtime.invoke(session, request, signal)).rejects.toMatchObject({ reason })
    expect(books.totals()).toEqual({ sessions: 0, heldMs: 0, running: 0 })
    await books.stop(session)
    expect(await books.stopAll()).toBe(0)
    expect(stops).not.toHaveBeenCalled()
  },
)

test.each([
  { code: 'ECONNREFUSED' },
  { code: 'ENOTFOUND', $metadata: { attempts: 3 } },
  { name: 'CredentialsProviderError' },
])('nor was one for which the AWS SDK sent nothing: %j', async more => {
  const { books } = booksOf({})
  const fail = () => Promise.reject(Object.assign(new Error('as the test wants it'), more))
  await expect(books.watch(session, fail)).rejects.toThrow('as the test wants it')
  expect(books.totals()).toEqual({ sessions: 0, heldMs: 0, running: 0 })
})

test.each([{ code: 'ECONNRESET' }, { name: 'TimeoutError' }])(
  'a session may run whose call broke by %j',
  async more => {
    const { books } = booksOf({})
    const fail = () => Promise.reject(Object.assign(new Error('as the test wants it'), more))
    await expect(books.watch(session, fail)).rejects.toThrow('as the test wants it')
    expect(books.totals()).toMatchObject({ sessions: 1, running: 1 })
  },
)

test.each([
  ['conflict', false],
  ['agent', true],
  ['unavailable', true],
  ['unreachable', true],
] as const)('a session whose first call failed by "%s" may run, and is stopped', async (reason, mayHaveRun) => {
  const { books, stops } = booksOf({ invoke: failing(reason, mayHaveRun) })
  await expect(books.runtime.invoke(session, request, signal)).rejects.toMatchObject({ reason })
  expect(books.totals()).toMatchObject({ sessions: 1, running: 1 })
  expect(await books.stopAll()).toBe(0)
  expect(stops).toHaveBeenCalledTimes(1)
  expect(books.totals()).toMatchObject({ sessions: 1, running: 0 })
})

test('a refused message takes nothing out of the books while another call to its session is under way, or was answered', async () => {
  const { books } = booksOf({})
  const refuse = () => Promise.reject(Object.assign(new Error('throttled'), { $metadata: { httpStatusCode: 429 } }))
  let answer = () => {}
  const pinged = books.watch(session, () => new Promise<void>(resolve => (answer = resolve)))
  await expect(books.watch(session, refuse)).rejects.toThrow('throttled')
  expect(books.totals().running).toBe(1)
  answer()
  await pinged
  await expect(books.watch(session, refuse)).rejects.toThrow('throttled')
  expect(books.totals()).toMatchObject({ sessions: 1, running: 1 })
})

test('a session that is just being provisioned is stopped once that is over, however long a cold start takes', async () => {
  vi.useFakeTimers()
  const bornAt = performance.now()
  const { books } = booksOf({
    stop: async () => {
      if (performance.now() - bornAt < 30_000) await failing('conflict', false)()
    },
  })
  await books.runtime.invoke(session, request, signal)
  const left = books.stopAll()
  await vi.advanceTimersByTimeAsync(31_000)
  expect(books.totals().running).toBe(0)
  expect(await left).toBe(0)
})

test('what cannot be stopped is counted as left, and given up after some tries', async () => {
  vi.useFakeTimers()
  const { books, stops } = booksOf({ stop: failing('refused', false) })
  await books.runtime.invoke(session, request, signal)
  const left = books.stopAll()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await left).toBe(1)
  expect(stops).toHaveBeenCalledTimes(5)
})

test('so is what is being provisioned for longer than any cold start takes', async () => {
  vi.useFakeTimers()
  const { books, stops } = booksOf({ stop: failing('conflict', false) })
  await books.runtime.invoke(session, request, signal)
  const giveUp = vi.fn()
  void books.stopAll().then(giveUp)
  await vi.advanceTimersByTimeAsync(149_000)
  expect(giveUp).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(giveUp).toHaveBeenCalledWith(1)
  expect(stops.mock.calls.length).toBeLessThan(310)
})
