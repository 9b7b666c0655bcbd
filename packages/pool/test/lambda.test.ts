import { createWarmProxy } from '@warm-agent/proxy'
import type { SQSEvent } from 'aws-lambda'
import { expect, test } from 'vitest'
import { createClockAhead } from './clock-ahead.ts'
import { handlersForEachTest } from './deploy-handlers.ts'
import { createFakeAgents, failure } from './fake-agents.ts'

const { deploy, emulator } = handlersForEachTest()

test('the pool is filled on schedule, gives sessions, and orders new ones', async () => {
  const { keepAlive, getSession, deliverOrders } = await deploy()
  await keepAlive()
  expect(emulator().sessions()).toHaveLength(2)

  const claimed = [await getSession(), await getSession()]
  expect(new Set(claimed.map(session => session?.runtimeSessionId)).size).toBe(2)
  expect(claimed[0]).toMatchObject({ evidence: 'observed', qualifier: 'DEFAULT' })

  expect(await getSession()).toBeNull()
  await deliverOrders()
  expect(emulator().sessions()).toHaveLength(4)
  expect(await getSession()).not.toBeNull()
})

test('a proxy beside them gives a page one of the sessions, and orders another', async () => {
  const { keepAlive, getSession, deliverOrders, runtime } = await deploy()
  await keepAlive()
  const secret = 'a secret that only this test knows, of 32 bytes and more'
  const authorize = () => ({ callerId: 'ann' })
  const proxy = createWarmProxy({ runtime, pool: { claim: getSession }, authorize, secret })
  const opened = await proxy.fetch(new Request('https://chat.test/api/agent/sessions', { method: 'POST' }))
  expect(await opened.text()).toContain('"source":"pool"')
  expect(emulator().sessions()).toHaveLength(2)
  await deliverOrders()
  expect(emulator().sessions()).toHaveLength(3)
  await proxy.close()
})

test('a session that a claim found dead is stopped before Lambda freezes the function, if that does not take long', async () => {
  const clock = createClockAhead()
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
  clock.goAhead(2 * 60_000)
  expect(await getSession()).toBeNull()
  expect(stops).toBe(1)
  expect(agents.running()).toEqual([])

  await keepAlive()
  agents.kill(...agents.running())
  clock.goAhead(2 * 60_000)
  isHanging = true
  expect(await getSession()).toBeNull()
})

test('more orders than sessions are missing make no more sessions', async () => {
  const { getSession, deliverOrders } = await deploy({ target: 1 })
  for (let asked = 0; asked < 5; asked++) await getSession()
  for (let round = 0; round < 5; round++) await deliverOrders()
  expect(emulator().sessions().length).toBeLessThanOrEqual(5)
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
  const clock = createClockAhead()
  const beats: string[] = []
  const { keepAlive, getSession } = await deploy({ target: 3, clock, onEvent: ({ type }) => beats.push(type) })
  await keepAlive()
  clock.goAhead(10 * 60_000)
  await keepAlive()
  expect(beats.filter(type => type === 'beat-succeeded')).toHaveLength(3)
  const before = emulator().ledger().vms.length
  for (let claims = 0; claims < 3; claims++) expect(await getSession()).not.toBeNull()
  expect(emulator().ledger().vms).toHaveLength(before)
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
