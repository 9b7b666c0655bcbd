import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { createEchoAgent, type Emulator, startEmulator } from '@warm-agent/emulator'
import type { PooledSession } from '@warm-agent/pool'
import { createPoolHandlers, invokeWithWarmSession, type PoolHandlersOptions } from '@warm-agent/pool/lambda'
import type { SQSEvent } from 'aws-lambda'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createFakeAgents, failure } from './fake-agents.ts'
import { closeServers, openQueue } from './stores.ts'

let emulator: Emulator

beforeEach(async () => {
  emulator = await startEmulator({ agent: createEchoAgent() })
})
afterEach(() => emulator.close())
afterAll(closeServers)

const wallClock = {
  setTimeout: (run: () => void, ms: number) => setTimeout(run, ms),
  clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
}
let refillQueues = 0

async function deploy(options: Partial<PoolHandlersOptions> = {}) {
  const { client, queueUrl } = await openQueue()
  const { queueUrl: refillQueueUrl } = await openQueue(`refills-${++refillQueues}`)
  const { url, env } = emulator
  const runtime = createAgentCoreRuntime({
    arn: env.AGENT_RUNTIME_ARN,
    client: new BedrockAgentCoreClient({
      endpoint: url,
      region: env.AWS_REGION,
      credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
    }),
  })
  const lines: string[] = []
  const handlers = createPoolHandlers({
    runtime,
    client,
    queueUrl,
    refillQueueUrl,
    target: 2,
    write: line => lines.push(line),
    ...options,
  })
  return {
    ...handlers,
    runtime,
    metrics: () => lines.map(line => JSON.parse(line)),
    /** What Lambda does with the refill queue: one invocation for every order. */
    async deliverOrders() {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl: refillQueueUrl, MaxNumberOfMessages: 10 }),
      )
      return Promise.all(
        Messages.map(({ MessageId, Body }) =>
          handlers.replenish({ Records: [{ messageId: MessageId, body: Body }] } as SQSEvent),
        ),
      )
    },
  }
}

const textOf = (stream: ReadableStream<Uint8Array>) => new Response(stream).text()

test('the pool is filled on schedule, gives sessions, and orders new ones', async () => {
  const { keepAlive, getSession, deliverOrders } = await deploy()
  await keepAlive()
  expect(emulator.sessions()).toHaveLength(2)

  const claimed = [await getSession(), await getSession()]
  expect(new Set(claimed.map(session => session?.runtimeSessionId)).size).toBe(2)
  expect(claimed[0]).toMatchObject({ evidence: 'observed', qualifier: 'DEFAULT' })

  expect(await getSession()).toBeNull()
  await deliverOrders()
  expect(emulator.sessions()).toHaveLength(4)
  expect(await getSession()).not.toBeNull()
})

test('a session that a claim found dead is stopped before Lambda freezes the function, if that does not take long', async () => {
  let laterMs = 0
  const clock = { ...wallClock, now: () => Date.now() + laterMs }
  const agents = createFakeAgents()
  let isHanging = false
  let stops = 0
  const stop: typeof agents.runtime.stop = async (...call) => {
    if (isHanging) await new Promise(() => {})
    // The platform takes its time.
    await new Promise(resolve => setTimeout(resolve, 20))
    await agents.runtime.stop(...call)
    stops++
  }
  const { keepAlive, getSession } = await deploy({ runtime: { ...agents.runtime, stop }, clock, target: 1 })
  await keepAlive()
  agents.kill(...agents.running())
  laterMs = 2 * 60_000
  expect(await getSession()).toBeNull()
  expect(stops).toBe(1)
  expect(agents.running()).toEqual([])

  await keepAlive()
  agents.kill(...agents.running())
  laterMs = 4 * 60_000
  isHanging = true
  expect(await getSession()).toBeNull()
})

test('more orders than sessions are missing make no more sessions', async () => {
  const { getSession, deliverOrders } = await deploy({ target: 1 })
  for (let asked = 0; asked < 5; asked++) await getSession()
  for (let round = 0; round < 5; round++) await deliverOrders()
  expect(emulator.sessions().length).toBeLessThanOrEqual(5)
  const { getSession: next, keepAlive } = await deploy({ target: 1 })
  await keepAlive()
  expect(await next()).not.toBeNull()
})

test('an order whose warm-up fails is reported, so that its queue makes it again', async () => {
  const { replenish, runtime, metrics } = await deploy()
  runtime.invoke = () => Promise.reject(failure('quota'))
  const answer = await replenish({ Records: [{ messageId: 'order-1' }] } as SQSEvent)
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'order-1' }] })
  expect(metrics()).toMatchObject([{ WarmUpsFailed: [1] }])
})

test('a claim right after a keep-alive is warm (blait/AgentCoreWarmPool §2)', async () => {
  let laterMs = 0
  const clock = { ...wallClock, now: () => Date.now() + laterMs }
  const beats: string[] = []
  const { keepAlive, getSession } = await deploy({ target: 3, clock, onEvent: ({ type }) => beats.push(type) })
  await keepAlive()
  laterMs = 10 * 60_000
  await keepAlive()
  expect(beats.filter(type => type === 'beat-succeeded')).toHaveLength(3)
  const before = emulator.ledger().vms.length
  for (let claims = 0; claims < 3; claims++) expect(await getSession()).not.toBeNull()
  expect(emulator.ledger().vms).toHaveLength(before)
})

test('a message on a claimed session finds its VM running', async () => {
  const { keepAlive, getSession, runtime } = await deploy()
  await keepAlive()
  const before = emulator.ledger().vms.length
  const { answer, outcome } = await invokeWithWarmSession({ runtime, getSession, body: { prompt: 'hello' } })
  expect(outcome).toBe('warm')
  expect(await textOf(answer.body)).toBe('{}')
  expect(emulator.ledger().vms).toHaveLength(before)
})

test.each([
  ['refillQueueUrl', 'orders'],
  ['poolName', ''],
  ['everyMs', 0],
  ['write', 'stdout'],
  ['store', {}],
  ['tends', false],
])('the option %s of %j is refused by name', async (name, value) => {
  await expect(deploy({ [name]: value })).rejects.toThrow(`Could not create the handlers: option ${name} is `)
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
  const before = new Set(emulator.sessions().map(({ sessionId }) => sessionId))
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
    const live = emulator.sessions().map(({ sessionId }) => sessionId)
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
  expect(emulator.sessions()).toHaveLength(1)
  runtime.invoke = () => Promise.reject(failure('throttled'))
  await expect(invokeWithWarmSession({ runtime, getSession, body: {} })).rejects.toThrow('the platform said throttled')
  await vi.waitFor(() => expect(emulator.sessions()).toEqual([]))
})

test('so is one that came when its caller had gone', async () => {
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
  await vi.waitFor(() => expect(emulator.sessions()).toEqual([]))
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

test('a line of metrics holds no more than the hundred values that CloudWatch takes of one', async () => {
  const { keepAlive, metrics } = await deploy({ target: 101, newSessionsPerSecond: 1_000 })
  await keepAlive()
  const times = metrics().map(({ ReplenishmentTime = [] }) => ReplenishmentTime.length)
  expect(times).toEqual([100, 1])
})

test('metrics are lines of the embedded metric format, and tell hits, misses, ages and what is held', async () => {
  const { keepAlive, getSession, metrics } = await deploy({ target: 1, poolName: 'chat' })
  await keepAlive()
  await getSession()
  await getSession()
  const [held, hit, miss] = metrics()
  expect(held).toMatchObject({ Pool: 'chat', Ready: [1], Target: [1], WarmSeconds: [60], CanaryWarm: [1] })
  expect(hit).toMatchObject({ Hits: [1], Misses: [0], AgeAtClaim: [expect.any(Number)] })
  expect(miss).toMatchObject({ Hits: [0], Misses: [1], missCauses: ['empty'] })
  expect(hit._aws.CloudWatchMetrics[0]).toMatchObject({ Namespace: 'WarmAgent/Pool', Dimensions: [['Pool']] })
})
