import { type LedgerEntry, memoryLedger, type SessionLedger } from '@warm-agent/proxy'
import { redisLedger } from '@warm-agent/proxy/ledger-redis'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type RedisServer, startRedis } from '../../../test/support/redis.ts'
import { isEntry } from '../src/ledger/is-entry.ts'
import { ledgerKinds } from './ledgers.ts'

let redis: RedisServer
const closing: (() => void)[] = []

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())
afterEach(() => {
  for (const close of closing.splice(0)) close()
  vi.useRealTimers()
})

const now = Date.now()

function entryOf(id: string, more: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    version: 1,
    session: { id, qualifier: 'DEFAULT' },
    agent: 'default',
    callerId: 'ann',
    holder: 'one',
    bornAt: now,
    touchedAt: now,
    isSent: false,
    isWarm: true,
    reason: 'unsent',
    state: 'held',
    heldUntil: now + 60_000,
    endsAt: now + 900_000,
    ...more,
  }
}

let prefixes = 0

/** A ledger of its own, and a view of what it has in Redis. */
function createRedisLedger() {
  const client = new Redis(redis.url)
  closing.push(() => client.disconnect())
  const prefix = `seen-${++prefixes}`
  const keyOf = (id: string) => `{${prefix}}:session:DEFAULT/${id}`
  return { ledger: redisLedger({ client, prefix }), client, prefix, keyOf }
}

async function listed(ledger: SessionLedger): Promise<string[]> {
  const ids: string[] = []
  for await (const { session } of ledger.list()) ids.push(session.id)
  return ids.sort()
}

describe.each(Object.entries(ledgerKinds))('ledger: %s', (_, open) => {
  async function create(): Promise<SessionLedger> {
    const { ledger, close } = await open(redis.url)
    closing.push(close)
    return ledger
  }

  test('what was written is read, listed, and due when its time has come, the oldest first', async () => {
    const ledger = await create()
    const late = entryOf('late', { heldUntil: now + 500, heardAt: now - 100 })
    await ledger.write(late)
    await ledger.write(entryOf('early', { heldUntil: now + 100 }))
    await ledger.write(entryOf('held'))
    expect(await ledger.read(late.session)).toEqual(late)
    expect(await ledger.read({ id: 'none', qualifier: 'DEFAULT' })).toBeUndefined()
    expect(await listed(ledger)).toEqual(['early', 'held', 'late'])
    expect((await ledger.due(now + 99, 10)).map(({ session }) => session.id)).toEqual([])
    expect((await ledger.due(now + 500, 10)).map(({ session }) => session.id)).toEqual(['early', 'late'])
    expect(await ledger.due(now + 500, 1)).toHaveLength(1)
  })

  test('an endpoint is part of the name: the same id elsewhere is another session', async () => {
    const ledger = await create()
    await ledger.write(entryOf('same'))
    await ledger.write(entryOf('same', { session: { id: 'same', qualifier: 'blue' } }))
    expect(await listed(ledger)).toEqual(['same', 'same'])
  })

  test('of two who write upon the same version one succeeds, and the other is shown what there is', async () => {
    const ledger = await create()
    const first = entryOf('one', { reason: 'parked' })
    const results = await Promise.all([ledger.write(first), ledger.write(entryOf('one', { holder: 'two' }))])
    expect(results.map(({ is }) => is).sort()).toEqual(['changed', 'written'])
    const current = await ledger.read(first.session)
    expect(results.find(({ is }) => is === 'changed')).toMatchObject({ current })
    expect(await ledger.write({ ...first, version: 2 })).toEqual({ is: 'written' })
    expect(await ledger.write({ ...first, session: { id: 'gone', qualifier: 'DEFAULT' }, version: 5 })).toEqual({
      is: 'changed',
      current: undefined,
    })
  })

  test('a conversation is listed and never due; what has ended is neither, and still read', async () => {
    const ledger = await create()
    await ledger.write(entryOf('talk', { reason: 'conversation', isSent: true, heldUntil: now + 100 }))
    const ended = entryOf('ended')
    await ledger.write(ended)
    await ledger.write({ ...ended, version: 2, state: 'ended' })
    expect(await listed(ledger)).toEqual(['talk'])
    expect(await ledger.due(now + 60_000, 10)).toEqual([])
    expect(await ledger.read(ended.session)).toMatchObject({ state: 'ended' })
  })

  test('a conversation that somebody was ending is due, so that another goes on with it', async () => {
    const ledger = await create()
    await ledger.write(entryOf('talk', { reason: 'conversation', state: 'ending', heldUntil: now + 100 }))
    expect((await ledger.due(now + 100, 10)).map(({ session }) => session.id)).toEqual(['talk'])
  })
})

/** Until when it matters: its tickets are refused, or somebody may still be stopping it. */
const kept = [
  ['held', { heldUntil: now, endsAt: now + 900_000 }],
  ['ended', { heldUntil: now, endsAt: now + 900_000 }],
  ['ending', { heldUntil: now + 900_000, endsAt: now }],
] as const

test.each(kept)('Redis forgets what is %s a minute after nobody asks for it any more', async (state, times) => {
  const { ledger, client, keyOf } = createRedisLedger()
  vi.useFakeTimers({ toFake: ['Date'], now })
  await ledger.write(entryOf(state, { state, ...times }))
  const leftMs = await client.pttl(keyOf(state))
  expect(leftMs).toBeGreaterThan(950_000)
  expect(leftMs).toBeLessThanOrEqual(960_000)
})

test.each(kept)('the process forgets what is %s a minute after nobody asks for it any more', async (state, times) => {
  vi.useFakeTimers({ toFake: ['Date'], now })
  const ledger = memoryLedger()
  const entry = entryOf(state, { state, ...times })
  await ledger.write(entry)
  const readAt = async (ms: number) => {
    vi.setSystemTime(ms)
    await ledger.due(ms, 10)
    return ledger.read(entry.session)
  }
  expect(await readAt(now + 959_999)).toEqual(entry)
  expect(await readAt(now + 960_000)).toBeUndefined()
})

test('what has expired in Redis leaves the index when somebody looks for it', async () => {
  const { ledger, client, prefix, keyOf } = createRedisLedger()
  const index = `{${prefix}}:due`
  const gone = entryOf('gone')
  for (const entry of [gone, entryOf('kept')]) await ledger.write(entry)
  await client.del(keyOf('gone'))
  expect(await client.zcard(index)).toBe(2)
  expect(await ledger.read(gone.session)).toBeUndefined()
  expect(await client.zrange(index, '0', '-1')).toEqual(['DEFAULT/kept'])
})

describe.each(Object.entries(ledgerKinds).filter(([kind]) => kind !== 'memory'))('fleet: %s', (_, open) => {
  test('one instance leads until it resigns; who led before can write no more with its token', async () => {
    const { ledger, close } = await open(redis.url)
    closing.push(close)
    const first = await ledger.lead('one', 60_000)
    expect(await ledger.lead('two', 60_000)).toBeUndefined()
    expect(await ledger.lead('one', 60_000)).toBe(first)
    expect(await ledger.write(entryOf('a'), first)).toEqual({ is: 'written' })
    await ledger.resign('two')
    expect(await ledger.lead('two', 60_000)).toBeUndefined()
    await ledger.resign('one')
    const second = await ledger.lead('two', 60_000)
    expect(second).toBeGreaterThan(first ?? 0)
    expect(await ledger.write(entryOf('a', { version: 2 }), first)).toEqual({ is: 'stale' })
    expect(await ledger.write(entryOf('a', { version: 2 }), second)).toEqual({ is: 'written' })
  })

  test('a leader that dies is followed when its lease has run out', async () => {
    const { ledger, close } = await open(redis.url)
    closing.push(close)
    const first = await ledger.lead('one', 20)
    await expect.poll(() => ledger.lead('two', 60_000)).toBe((first ?? 0) + 1)
  })

  test('two ledgers of one prefix share a list, those of two prefixes do not', async () => {
    const prefix = `shared-${_}`
    const [one, two, other] = await Promise.all([open(redis.url, prefix), open(redis.url, prefix), open(redis.url)])
    for (const { close } of [one, two, other]) closing.push(close)
    await one.ledger.write(entryOf('x'))
    expect(await listed(two.ledger)).toEqual(['x'])
    expect(await listed(other.ledger)).toEqual([])
  })

  test('more sessions than a page holds are listed, once each', async () => {
    const { ledger, close } = await open(redis.url)
    closing.push(close)
    await Promise.all(Array.from({ length: 1_201 }, (__, index) => ledger.write(entryOf(`s${index}`))))
    expect(new Set(await listed(ledger)).size).toBe(1_201)
    expect(await listed(ledger)).toHaveLength(1_201)
  })
})

test('who leads goes on leading though Redis has lost the fencing token', async () => {
  const { ledger, client, prefix } = createRedisLedger()
  await ledger.lead('one', 60_000)
  await client.del(`{${prefix}}:fence`)
  const fence = await ledger.lead('one', 60_000)
  expect(fence).toBe(1)
  expect(await ledger.write(entryOf('a'), fence)).toEqual({ is: 'written' })
})

test.each([
  ...['version', 'session', 'agent', 'callerId', 'bornAt', 'touchedAt', 'state', 'heldUntil', 'endsAt'],
  ...['session.id', 'session.qualifier'],
])('what has no %s, or one of another type, is no entry', path => {
  const spoil = (value: unknown) => {
    const spoilt = structuredClone(entryOf('spoilt'))
    const [name = '', inner] = path.split('.')
    if (inner) Object.assign(spoilt.session, { [inner]: value })
    else Object.assign(spoilt, { [name]: value })
    return spoilt
  }
  expect([undefined, null, true, []].map(value => isEntry(spoil(value)))).toEqual([false, false, false, false])
  expect(isEntry({ ...entryOf('whole'), ofLaterRelease: true })).toBe(true)
})

test.each(['not JSON', 'null', '7', '[]', '{}'])(
  'what others have put in the place of an entry, %s, is none, and is written over',
  async nonsense => {
    const { ledger, client, keyOf } = createRedisLedger()
    for (const id of ['spoilt', 'whole']) await ledger.write(entryOf(id))
    await client.set(keyOf('spoilt'), nonsense)
    const spoilt = entryOf('spoilt')
    expect(await listed(ledger)).toEqual(['whole'])
    expect(await ledger.read(spoilt.session)).toBeUndefined()
    // Whoever reaps looks past it.
    expect((await ledger.due(now + 60_000, 10)).filter(each => each?.session)).toEqual([entryOf('whole')])
    expect(await ledger.write({ ...spoilt, version: 2 })).toEqual({ is: 'changed', current: undefined })
    expect(await ledger.write(spoilt)).toEqual({ is: 'written' })
    expect(await listed(ledger)).toEqual(['spoilt', 'whole'])
  },
)

test.each([
  [{ client: {} }, /client/],
  [{ client: undefined }, /client/],
  [{ client: { call() {} }, prefix: 'a b' }, /prefix is "a b"/],
  [{ client: { call() {} }, prefix: '' }, /prefix/],
  [{ client: { call() {} }, ttl: 1 }, /option ttl/],
])('options %j of a Redis ledger are refused', (options, message) => {
  expect(() => redisLedger(options as never)).toThrow(message)
})
