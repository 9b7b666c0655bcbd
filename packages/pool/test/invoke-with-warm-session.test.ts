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

test('nor is one that met a conflict, where the agent may have run all the same', async () => {
  const agents = createFakeAgents()
  agents.failNext(failure('conflict', true))
  const getSession = async () => ({ runtimeSessionId: 'warm-0', qualifier: 'DEFAULT' }) as PooledSession
  const sending = invokeWithWarmSession({ runtime: agents.runtime, getSession, body: {} })
  await expect(sending).rejects.toMatchObject({ reason: 'conflict' })
  expect(agents.started).toEqual([])
})

test('a session of the pool whose message surely did not reach the agent is stopped: nobody else has it', async () => {
  const { keepAlive, getSession, runtime } = await deploy({ target: 1 })
  await keepAlive()
  expect(emulator().sessions()).toHaveLength(1)
  runtime.invoke = () => Promise.reject(failure('throttled'))
  await expect(invokeWithWarmSession({ runtime, getSession, body: {} })).rejects.toThrow('the platform said throttled')
  await vi.waitFor(() => expect(emulator().sessions()).toEqual([]))
})

/** A runtime whose next message reaches the agent and ends so, with a caller who has a session of the pool, or none. */
function messageThatEnds(how: (leave: (reason: Error) => void) => unknown, from: 'pool' | 'nowhere') {
  const agents = createFakeAgents()
  const { runtime } = agents
  const { invoke } = runtime
  const leaving = new AbortController()
  let sent = 0
  const getSession = async () => {
    if (from === 'nowhere') return null
    const session = { runtimeSessionId: 'pooled', qualifier: 'DEFAULT' }
    await invoke({ id: 'pooled', qualifier: 'DEFAULT' }, runtime.warmUpRequest('nonce'), leaving.signal)
    return session as PooledSession
  }
  const parts = {
    runtime: {
      ...runtime,
      invoke: async (...call: Parameters<typeof invoke>) => {
        sent++
        await invoke(...call)
        await how(reason => leaving.abort(reason))
        call[2].throwIfAborted()
        throw failure('agent', true)
      },
    },
    getSession,
    body: {},
    signal: leaving.signal,
  }
  return { parts, agents, sent: () => sent }
}

test.each([
  ['the caller leaves before the headers', 'pool', (leave: (reason: Error) => void) => leave(new Error('it has left'))],
  [
    'the caller leaves before the headers',
    'nowhere',
    (leave: (reason: Error) => void) => leave(new Error('it has left')),
  ],
  ['the agent fails', 'pool', () => undefined],
  ['the agent fails', 'nowhere', () => undefined],
] as const)('where %s, a session from %s is stopped: nobody learns of it', async (_, from, how) => {
  const { parts, agents, sent } = messageThatEnds(how, from)
  await expect(invokeWithWarmSession(parts)).rejects.toThrow(/^(it has left|the platform said agent)$/)
  // By now: Lambda may freeze whoever has answered.
  expect(agents.running()).toEqual([])
  expect([agents.count('stopped'), sent()]).toEqual([1, 1])
})

test('what was surely not started is not stopped', async () => {
  const agents = createFakeAgents()
  const parts = { runtime: agents.runtime, getSession: async () => null, body: {} }
  agents.failNext(failure('quota'))
  await expect(invokeWithWarmSession(parts)).rejects.toThrow('the platform said quota')
  await expect(invokeWithWarmSession({ ...parts, signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow(
    'gone',
  )
  expect(agents.log).toEqual(['failed'])
})

test('a session that cannot be stopped is told, and the message fails as it did', async () => {
  const { parts } = messageThatEnds(() => undefined, 'pool')
  parts.runtime.stop = () => Promise.reject(failure('refused'))
  const told: unknown[] = []
  const onPoolFailure = (cause: unknown) => {
    told.push(cause)
    throw new Error('a bug of the application')
  }
  const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  await expect(invokeWithWarmSession({ ...parts, onPoolFailure })).rejects.toThrow('the platform said agent')
  expect(told).toEqual([expect.objectContaining({ reason: 'refused' })])
  expect(printed).toHaveBeenCalledWith(expect.stringContaining('Could not tell onPoolFailure'), expect.any(Error))
  printed.mockRestore()
})

test('a session that takes long to stop keeps nobody waiting for its error', async () => {
  vi.useFakeTimers()
  try {
    const { parts } = messageThatEnds(() => undefined, 'nowhere')
    parts.runtime.stop = () => new Promise(() => {})
    const failed = expect(invokeWithWarmSession(parts)).rejects.toThrow('the platform said agent')
    await vi.advanceTimersByTimeAsync(500)
    await failed
  } finally {
    vi.useRealTimers()
  }
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
