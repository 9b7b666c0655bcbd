import type { PooledSession } from '@warm-agent/pool'
import { invokeWithWarmSession } from '@warm-agent/pool/lambda'
import { expect, test, vi } from 'vitest'
import { handlersForEachTest } from './deploy-handlers.ts'
import { createFakeAgents, failure } from './fake-agents.ts'

const { deploy, emulator } = handlersForEachTest()

const textOf = (stream: ReadableStream<Uint8Array>) => new Response(stream).text()

test('a message on a claimed session finds its VM running', async () => {
  const { keepAlive, getSession, runtime } = await deploy()
  await keepAlive()
  const before = emulator().ledger().vms.length
  const { answer, outcome } = await invokeWithWarmSession({ runtime, getSession, body: { prompt: 'hello' } })
  expect(outcome).toBe('warm')
  expect(await textOf(answer.body)).toBe('{}')
  expect(emulator().ledger().vms).toHaveLength(before)
})

test.each([
  ['an empty pool', async () => null],
  ['a pool that fails', () => Promise.reject(new Error('down'))],
  ['a pool that never answers', () => new Promise<null>(() => {})],
  ['an answer of another shape', async () => ({ errorMessage: 'Task timed out' }) as unknown as PooledSession],
])('the message goes cold with %s', async (_, getSession) => {
  const { runtime } = await deploy()
  const { answer, outcome } = await invokeWithWarmSession({
    runtime,
    getSession,
    body: { prompt: 'hello' },
    getSessionTimeoutMs: 50,
  })
  expect(outcome).toBe('cold')
  expect(await textOf(answer.body)).toBe('{}')
})

test('messages without a session take the endpoints of each runtime in turn', async () => {
  const [one, two] = [createFakeAgents(), createFakeAgents()]
  const qualifiersOf = async ({ runtime }: typeof one) => {
    const parts = { runtime: { ...runtime, qualifiers: ['blue', 'green'] }, getSession: async () => null, body: {} }
    const sent = [
      await invokeWithWarmSession(parts),
      await invokeWithWarmSession(parts),
      await invokeWithWarmSession(parts),
    ]
    return sent.map(({ session }) => session.qualifier)
  }
  expect(await qualifiersOf(one)).toEqual(['blue', 'green', 'blue'])
  expect(await qualifiersOf(two)).toEqual(['blue', 'green', 'blue'])
})

test('a session that comes too late is stopped: nobody else has it', async () => {
  const { keepAlive, getSession, runtime } = await deploy({ target: 1 })
  await keepAlive()
  const before = new Set(
    emulator()
      .sessions()
      .map(({ sessionId }) => sessionId),
  )
  let answerAtLast = () => {}
  const late = new Promise<void>(resolve => {
    answerAtLast = resolve
  })
  const slowly = async () => {
    const session = await getSession()
    await late
    return session
  }
  const parts = { runtime, getSession: slowly, body: { prompt: 'hello' }, getSessionTimeoutMs: 200 }
  const { outcome, session } = await invokeWithWarmSession(parts)
  expect(outcome).toBe('cold')
  answerAtLast()
  await vi.waitFor(() => {
    const live = emulator()
      .sessions()
      .map(({ sessionId }) => sessionId)
    expect(live).toContain(session.id)
    expect(live.filter(id => before.has(id))).toHaveLength(before.size - 1)
  })
})

test('a message whose outcome is unknown is not sent again', async () => {
  const { keepAlive, getSession, runtime } = await deploy()
  await keepAlive()
  let sent = 0
  runtime.invoke = () => {
    sent++
    return Promise.reject(failure('unavailable', true))
  }
  await expect(invokeWithWarmSession({ runtime, getSession, body: {} })).rejects.toThrow(
    'the platform said unavailable',
  )
  expect(sent).toBe(1)
})

test('a session of the pool whose message surely did not reach the agent is stopped: nobody else has it', async () => {
  const { keepAlive, getSession, runtime } = await deploy({ target: 1 })
  await keepAlive()
  expect(emulator().sessions()).toHaveLength(1)
  runtime.invoke = () => Promise.reject(failure('throttled'))
  await expect(invokeWithWarmSession({ runtime, getSession, body: {} })).rejects.toThrow('the platform said throttled')
  await vi.waitFor(() => expect(emulator().sessions()).toEqual([]))
})

test('a session of the pool that came when its caller had gone is stopped', async () => {
  const { keepAlive, getSession, runtime } = await deploy({ target: 1 })
  await keepAlive()
  const leaving = new AbortController()
  const slowly = async () => {
    const session = await getSession()
    leaving.abort(new Error('the page was closed'))
    return session
  }
  const parts = { runtime, getSession: slowly, body: {}, signal: leaving.signal }
  await expect(invokeWithWarmSession(parts)).rejects.toThrow('the page was closed')
  await vi.waitFor(() => expect(emulator().sessions()).toEqual([]))
})

test('a message that met a session just ending, which did not see it, goes on with a new one', async () => {
  const { keepAlive, getSession, runtime } = await deploy()
  await keepAlive()
  const { invoke } = runtime
  let sent = 0
  runtime.invoke = (...call) => (sent++ === 0 ? Promise.reject(failure('conflict')) : invoke(...call))
  const { outcome, answer } = await invokeWithWarmSession({ runtime, getSession, body: {} })
  expect(outcome).toBe('cold')
  expect(await textOf(answer.body)).toBe('{}')
})
