import { ReceiveMessageCommand, SendMessageCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { createWarmPool, type PoolEntry, type PoolEvent } from '@warm-agent/pool'
import { sqsStore } from '@warm-agent/pool/sqs'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { createClockAhead } from './clock-ahead.ts'
import { createFakeAgents } from './fake-agents.ts'
import { aMember, anEntry, closeServers, fill, gate, openQueue } from './stores.ts'

afterEach(() => {
  vi.restoreAllMocks()
})
afterAll(closeServers)

const { runtimeSessionId: _, ...withoutId } = anEntry()
const malformed = [withoutId, anEntry({ runtimeSessionId: 'warm\r\n' }), { ...anEntry(), beatAtMs: null }, 5, []]

async function open() {
  const { client, queueUrl, waiting } = await openQueue()
  return { client, queueUrl, waiting, store: sqsStore({ client, queueUrl }) }
}

test('what a claimer did not live to delete comes back', async () => {
  const { client, queueUrl, store } = await open()
  const entry = anEntry()
  await fill(store, [entry])
  // This one dies right after its receive.
  await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, VisibilityTimeout: 1 }))
  expect((await store.claim(gate())).entry).toBeNull()
  await vi.waitFor(async () => expect((await store.claim(gate())).entry).toEqual(entry), { timeout: 5_000 })
})

type Opened = Awaited<ReturnType<typeof open>>

test.each([
  ['handed out', async ({ store }: Opened) => [(await store.claim(gate())).entry].filter(Boolean)],
  ['stopped', ({ store }: Opened, entry: PoolEntry) => store.retire([entry], 1)],
  ['sent anew', ({ store, waiting }: Opened, entry: PoolEntry) => store.update([entry]).then(waiting)],
])('what was deleted too late is not %s: somebody else may have received it', async (_, use) => {
  const opened = await open()
  const { client, store } = opened
  const entry = anEntry()
  await fill(store, [entry])
  const { send } = client
  let laterMs = 0
  const now = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => now() + laterMs)
  client.send = (async (command: object) => {
    if (command.constructor.name === 'DeleteMessageCommand') laterMs = 15_000
    return Reflect.apply(send, client, [command])
  }) as typeof client.send
  expect(await use(opened, entry)).toEqual([])
})

test('each session is a group of its own, and every generation another message', async () => {
  const { store, waiting } = await open()
  const entries = [anEntry(), anEntry()]
  await fill(store, entries)
  await store.update(entries)
  const ids = entries.map(({ runtimeSessionId }) => runtimeSessionId).toSorted()
  const sent = waiting().toSorted((one, other) => (`${one.group}` < `${other.group}` ? -1 : 1))
  expect(sent).toEqual(ids.map(id => ({ group: id, id: `${id}.1` })))
})

test('a session of another version, or of another runtime, is left to whoever tends the pool: a claimer may be frozen', async () => {
  const { client, queueUrl, waiting } = await openQueue()
  const of = (identity: string) =>
    sqsStore({ client, queueUrl }).ofRuntime?.(identity) ?? sqsStore({ client, queueUrl })
  const current = anEntry({ version: '2' })
  const older = Array.from({ length: 24 }, () => anEntry({ version: '1' }))
  // In this order they come back.
  for (const each of older) await fill(of('arn:one'), [each])
  await fill(of('arn:two'), [anEntry({ version: '2' })])
  await fill(of('arn:one'), [current])
  await fill(of('arn:one'), [anEntry({ version: '2', touchedAtMs: 0 })])
  const claimer = of('arn:one')
  expect(await claimer.claim(gate('2'))).toEqual({ entry: current, rejected: [] })
  expect(await claimer.claim(gate('2'))).toMatchObject({ entry: null, rejected: [{ touchedAtMs: 0 }] })
  expect(waiting()).toHaveLength(25)
  await claimer.join(aMember({ version: '2' }))
  expect((await claimer.look()).entries.map(({ state }) => state)).toEqual(Array(25).fill('old'))
})

test('what was put into the queue before runtimes were told apart is handed out', async () => {
  const { store } = await open()
  const entry = anEntry()
  await fill(store, [entry])
  expect((await store.ofRuntime?.('arn:one').claim(gate()))?.entry).toEqual(entry)
})

test('a queue with a dead-letter queue, which would swallow the pool again and again, is refused before anything is warmed', async () => {
  const { queueUrl: deadLetters } = await openQueue()
  const { client, queueUrl } = await openQueue()
  const deadLetterTargetArn = `arn:aws:sqs:us-east-1:000000000000:${deadLetters.split('/').at(-1)}`
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 5 })
  await client.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { RedrivePolicy } }))
  const agents = createFakeAgents()
  const pool = createWarmPool({ runtime: agents.runtime, store: sqsStore({ client, queueUrl }), target: 2 })
  await expect(pool.tend()).rejects.toThrow(/^Could not use the session queue: it has a RedrivePolicy, /)
  await pool.close()
  expect(agents.started).toEqual([])
})

test('messages that are no sessions do not stand in the way of a claim and of tending, are dropped, and told', async () => {
  const { client, queueUrl, store, waiting } = await open()
  const bodies = ['hello', 'null', '[]', ...malformed.map(entry => JSON.stringify({ entry, generation: 0 }))]
  const send = async (prefix: string) => {
    for (const [index, MessageBody] of bodies.entries()) {
      const id = `${prefix}-${index}`
      await client.send(
        new SendMessageCommand({ QueueUrl: queueUrl, MessageBody, MessageGroupId: id, MessageDeduplicationId: id }),
      )
    }
  }
  await send('first')
  const entry = anEntry()
  await fill(store, [entry])
  expect(await store.claim(gate())).toEqual({ entry, rejected: [], unreadable: bodies.length })

  await send('second')
  const agents = createFakeAgents()
  const events: PoolEvent[] = []
  const onEvent = (event: PoolEvent) => events.push(event)
  const pool = createWarmPool({ runtime: agents.runtime, store, target: 1, onEvent })
  await pool.tend()
  await vi.waitFor(async () => {
    await pool.tend()
    expect(waiting()).toHaveLength(1)
  })
  expect(agents.running()).toHaveLength(1)
  expect(events).toContainEqual(expect.objectContaining({ type: 'store-failed', during: 'a look at the pool' }))
  await pool.close({ sessions: 'stop' })
  expect(agents.running()).toEqual([])
})

test('a running pool fills the queue, and another process claims from it', async () => {
  const { client, queueUrl, store } = await open()
  const agents = createFakeAgents()
  const tending = createWarmPool({ runtime: agents.runtime, store, target: 5 })
  const claiming = createWarmPool({
    runtime: agents.runtime,
    store: sqsStore({ client, queueUrl }),
    target: 5,
    tends: false,
  })
  await tending.start()
  await claiming.start()
  const claimed = new Set<string>()
  await vi.waitFor(async () => {
    const session = await claiming.claim()
    if (session) claimed.add(session.runtimeSessionId)
    expect(claimed.size).toBe(5)
  })
  await Promise.all([tending.close({ sessions: 'stop' }), claiming.close()])
  expect(agents.running().toSorted()).toEqual([...claimed].toSorted())
})

test('no two processes look in step: each would see half of the queue, and neither that both have filled it', async () => {
  const { client, queueUrl } = await openQueue()
  const periods = Array.from({ length: 20 }, () => sqsStore({ client, queueUrl, lookEveryMs: 10_000 }).lookEveryMs)
  expect(new Set(periods).size).toBe(20)
  expect(Math.min(...periods)).toBeGreaterThanOrEqual(9_000)
  expect(Math.max(...periods)).toBeLessThanOrEqual(11_000)
})

test('two processes that both tend one queue come back to its target after filling it twice, and hand nothing out twice', async () => {
  const { client, queueUrl, waiting } = await open()
  const agents = createFakeAgents()
  const target = 6
  const pools = [0, 1].map(() =>
    createWarmPool({ runtime: agents.runtime, store: sqsStore({ client, queueUrl, lookEveryMs: 200 }), target }),
  )
  await Promise.all(pools.map(pool => pool.start()))
  const isSettled = () => expect([agents.running().length, waiting().length]).toEqual([target, target])
  await vi.waitFor(isSettled, { timeout: 5_000 })
  // Counts are approximate: a few more than twice.
  expect(agents.count('started')).toBeLessThanOrEqual(3 * target)

  const claims = await Promise.all(pools.flatMap(pool => Array.from({ length: target }, () => pool.claim())))
  const claimed = claims.flatMap(session => session?.runtimeSessionId ?? [])
  expect(new Set(claimed).size).toBe(claimed.length)
  expect(claimed.length).toBeGreaterThan(0)
  const isRefilled = () => expect(agents.running()).toHaveLength(target + claimed.length)
  await vi.waitFor(isRefilled, { timeout: 5_000 })
  await Promise.all(pools.map(pool => pool.close({ sessions: 'stop' })))
  // Neither sees what the other has just received: that idles out. Nothing that was handed out is stopped.
  expect(agents.running()).toEqual(expect.arrayContaining(claimed))
})

test('beats of many sessions at once are all noted, and all sessions that are due are beaten', async () => {
  const { store, waiting } = await open()
  const wanted = 47
  const clock = createClockAhead()
  const agents = createFakeAgents({ clock })
  const pool = createWarmPool({ runtime: agents.runtime, store, target: wanted, clock, newSessionsPerSecond: 1_000 })
  await pool.tend()
  clock.goAhead(9.2 * 60_000)
  await pool.tend()
  expect(agents.count('touched')).toBe(wanted)
  expect(waiting().map(({ id }) => id?.split('.')[1])).toEqual(Array(wanted).fill('1'))
})

test('a process that closes while it warms stops that: a queue knows of it nowhere else', async () => {
  const { store, waiting } = await open()
  const agents = createFakeAgents({ bootMs: 100 })
  const pool = createWarmPool({ runtime: agents.runtime, store, target: 2 })
  await pool.start()
  await vi.waitFor(() => expect(waiting()).toHaveLength(2))
  await pool.claim()
  await vi.waitFor(() => expect(agents.count('started')).toBe(3))
  await pool.close()
  expect(waiting()).toHaveLength(1)
  expect(agents.running()).toHaveLength(2)
})

test.each([
  ['client', {}],
  ['queueUrl', 'https://sqs.eu-central-1.amazonaws.com/123456789012/pool'],
  ['queueUrl', 'pool.fifo'],
  ['lookEveryMs', 1],
  ['group', 'pool'],
])('the option %s of %j is refused by name', async (name, value) => {
  const { client, queueUrl } = await open()
  expect(() => sqsStore({ client, queueUrl, [name]: value } as never)).toThrow(
    `Could not create the store: option ${name} is`,
  )
})
