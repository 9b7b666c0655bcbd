import type { PoolStore } from '@warm-agent/pool'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { aMember, anEntry, closeServers, fill, gate, type OpenStore, storeKinds } from './stores.ts'

afterAll(closeServers)

describe.each(Object.entries(storeKinds))('a %s store', (kind, openStore) => {
  const isQueue = kind === 'sqs'
  let open: OpenStore
  let store: PoolStore

  beforeEach(async () => {
    open = await openStore()
    store = await open.connect()
  })
  afterEach(() => open.close())

  const states = async () => (await store.look()).entries.map(({ state }) => state).toSorted()

  test('gives nothing while it is empty', async () => {
    await store.join(aMember())
    expect(await store.claim(gate())).toEqual({ entry: null, rejected: [] })
  })

  test('gives what was added, whole, once', async () => {
    const entry = anEntry()
    await fill(store, [entry])
    expect(await store.claim(gate())).toEqual({ entry, rejected: [] })
    expect((await store.claim(gate())).entry).toBeNull()
  })

  test.each([
    ['a name that is no word', { qualifier: 'größe 1' }],
    ['no name', { qualifier: '' }],
    ['no limit of its life', { retireAtMs: Number.POSITIVE_INFINITY }],
    ['no nonce', { nonce: null as unknown as undefined }],
    ['a nonce that is no text', { nonce: 5 as unknown as string }],
  ])('gives a session whose runtime gives it %s', async (_, about) => {
    const entry = anEntry(about)
    await fill(store, [entry])
    expect((await store.claim(gate())).entry).toEqual({
      ...entry,
      nonce: entry.nonce ?? (kind === 'memory' ? null : undefined),
    })
  })

  test('gives no session that is still warming', async () => {
    const { fence = 0 } = await store.join(aMember())
    await store.begin([anEntry()], fence)
    expect((await store.claim(gate())).entry).toBeNull()
    expect(await states()).toEqual(['warming'])
  })

  test('gives the oldest first', async () => {
    const entries = [anEntry(), anEntry(), anEntry()]
    for (const entry of entries) await fill(store, [entry], aMember({ id: 'one' }))
    const claimed = [await store.claim(gate()), await store.claim(gate()), await store.claim(gate())]
    expect(claimed.map(({ entry }) => entry?.runtimeSessionId)).toEqual(entries.map(entry => entry.runtimeSessionId))
  })

  test('gives no session that the platform may have ended, nor one that is too old: these are the claimer’s to stop', async () => {
    const idle = anEntry({ touchedAtMs: Date.now() - 15 * 60_000 })
    const old = anEntry({ retireAtMs: Date.now() - 1 })
    const good = anEntry()
    for (const entry of [idle, old, good]) await fill(store, [entry], aMember({ id: 'one' }))
    expect(await store.claim(gate())).toEqual({ entry: good, rejected: [idle, old] })
    expect(await states()).toEqual([])
  })

  test('gives no session of an older version after a deploy (agent-sandbox #764, coder #17722)', async () => {
    await fill(store, [anEntry({ version: '1' })])
    await store.join(aMember({ version: '2' }))
    expect((await store.claim(gate('2'))).entry).toBeNull()
  })

  test('gives a session to nobody who uses another runtime (an agent that moved to a new ARN)', async () => {
    const mine = store.ofRuntime?.('arn:one') ?? store
    const theirs = (await open.connect()).ofRuntime?.('arn:two') ?? store
    const entry = anEntry()
    await fill(mine, [entry])
    await theirs.join(aMember({ tends: isQueue }))
    expect(await theirs.claim(gate())).toEqual({ entry: null, rejected: [] })
    expect((await theirs.look()).entries.filter(({ state }) => state === 'ready')).toEqual([])
    expect((await mine.claim(gate())).entry).toEqual(entry)
  })

  test('shows sessions of an older version, so that they can be drained', async () => {
    const old = anEntry({ version: '1' })
    await fill(store, [old])
    const { fence = 0 } = await store.join(aMember({ version: '2' }))
    expect(await states()).toEqual(['old'])
    expect(await store.retire([old], fence)).toEqual([old])
    expect(await states()).toEqual(['stopping'])
    await store.forget([old])
    expect(await states()).toEqual([])
  })

  test('has what is updated within reach all the time, and gives it as it is then', async () => {
    const entry = anEntry()
    await fill(store, [entry])
    const beaten = { ...entry, touchedAtMs: entry.touchedAtMs + 1_000, beatAtMs: entry.beatAtMs + 1_000 }
    await store.update([beaten])
    expect(await store.claim(gate())).toEqual({ entry: beaten, rejected: [] })
  })

  test('keeps a session that is beaten again and again (SQS swallows what is sent twice within five minutes)', async () => {
    const entry = anEntry()
    await fill(store, [entry])
    for (let beat = 0; beat < 3; beat++) await store.update([entry])
    expect((await store.claim(gate())).entry).toEqual(entry)
  })

  test('does not bring a claimed session back by a beat that was under way', async () => {
    const entry = anEntry()
    await fill(store, [entry])
    await store.claim(gate())
    await store.update([{ ...entry, touchedAtMs: entry.touchedAtMs + 1 }])
    expect((await store.claim(gate())).entry).toBeNull()
  })

  test('takes nothing that was claimed out to be stopped', async () => {
    const [claimed, waiting] = [anEntry(), anEntry()]
    const fence = await fill(store, [claimed])
    await store.claim(gate())
    await fill(store, [waiting], aMember({ id: 'other', tends: isQueue }))
    expect(await store.retire([claimed], fence)).toEqual([])
  })

  test('gives nothing that was taken out to be stopped', async () => {
    const entry = anEntry()
    const fence = await fill(store, [entry])
    expect(await store.retire([entry], fence)).toEqual([entry])
    expect((await store.claim(gate())).entry).toBeNull()
  })

  test('adds a session once, also when it is told twice (ioredis sends again what got no answer)', async () => {
    const entry = anEntry()
    const fence = await fill(store, [entry])
    await store.claim(gate())
    expect(await store.add(entry, fence)).not.toBe('added')
    expect((await store.claim(gate())).entry).toBeNull()
  })

  test('does not know a session that nobody announced: it may be stopped', async () => {
    const { fence = 0 } = await store.join(aMember())
    expect(await store.add(anEntry(), fence)).toBe('unknown')
  })

  test('takes back what nobody used, once', async () => {
    const entry = anEntry()
    await fill(store, [entry])
    await store.claim(gate())
    await store.giveBack(entry)
    await store.giveBack(entry)
    expect((await store.claim(gate())).entry).toEqual(entry)
    expect((await store.claim(gate())).entry).toBeNull()
  })

  test('takes nothing back that was taken out to be stopped', async () => {
    const entry = anEntry()
    const fence = await fill(store, [entry])
    await store.retire([entry], fence)
    await store.giveBack(entry)
    expect((await store.claim(gate())).entry).toBeNull()
  })

  test('shows what waits without taking it out of reach (blait/AgentCoreWarmPool: "pinged 3, depth 3", and all users cold)', async () => {
    const entries = [anEntry(), anEntry(), anEntry()]
    await fill(store, entries)
    const { entries: seen, unseen } = await store.look()
    expect(seen.length + unseen).toBe(3)
    for (let claims = 0; claims < 3; claims++) expect((await store.claim(gate())).entry).not.toBeNull()
  })

  test('gives a session to a claim that comes while it is being looked at', async () => {
    await fill(store, [anEntry()])
    const other = await open.connect()
    const [{ entry }] = await Promise.all([store.claim(gate()), other.look(), other.look()])
    expect(entry).not.toBeNull()
  })

  test('gives each of 200 sessions to one of 64 claimers', async () => {
    const entries = Array.from({ length: 200 }, () => anEntry())
    await fill(store, entries)
    const claimers = await Promise.all(Array.from({ length: 8 }, () => open.connect()))
    const claimed: string[] = []
    const claimAll = async (claimer: PoolStore) => {
      for (;;) {
        const { entry } = await claimer.claim(gate())
        if (!entry) return
        claimed.push(entry.runtimeSessionId)
      }
    }
    await Promise.all(Array.from({ length: 64 }, (_, index) => claimAll(claimers[index % 8] ?? store)))
    expect(claimed.toSorted()).toEqual(entries.map(entry => entry.runtimeSessionId).toSorted())
  })
})

const electing = Object.entries(storeKinds).filter(([kind]) => kind !== 'sqs')

describe.each(electing)('a %s store for a fleet', (kind, openStore) => {
  let open: OpenStore
  let store: PoolStore

  beforeEach(async () => {
    open = await openStore()
    store = await open.connect()
  })
  afterEach(() => open.close())

  test('knows a session that was claimed: who warmed it must not stop it', async () => {
    const entry = anEntry()
    const member = aMember()
    const fence = await fill(store, [entry], member)
    await store.claim(gate())
    expect(await store.add(entry, fence)).toBe('held')
    expect(await store.join(member)).toMatchObject({ claims: 1 })
    expect(await store.add(entry, fence)).toBe('held')
    expect(await store.retire([entry], fence)).toEqual([])
  })

  test('counts no claim for what it found and did not hand out', async () => {
    const member = aMember()
    await fill(store, [anEntry({ touchedAtMs: 0 }), anEntry()], member)
    expect((await store.claim(gate())).rejected).toHaveLength(1)
    expect(await store.join(member)).toMatchObject({ claims: 1 })
  })

  test('adds up what its members were asked for, whatever is told twice, and by one that was taken for dead', async () => {
    const one = aMember({ arrivals: 5, misses: 2 })
    const other = aMember({ arrivals: 10, misses: 1, leaseMs: 50 })
    await store.join(one)
    await store.join(one)
    await store.join(other)
    // In one process nobody dies alone.
    const others = kind === 'memory' ? 1 : 0
    await vi.waitFor(async () => expect(await store.join(one)).toMatchObject({ others, arrivals: 15, misses: 3 }))
    await store.join({ ...other, arrivals: 11 })
    expect(await store.join({ ...one, arrivals: 7, misses: 3 })).toMatchObject({ arrivals: 18, misses: 4 })
  })

  test('counts no claim that was given back', async () => {
    const entry = anEntry()
    const member = aMember()
    await fill(store, [entry, anEntry()], member)
    await store.claim(gate())
    await store.claim(gate())
    expect(await store.join(member)).toMatchObject({ claims: 2 })
    await store.giveBack(entry)
    expect(await store.join(member)).toMatchObject({ claims: 1 })
  })

  test('notices what was claimed and given back', async () => {
    const entry = anEntry()
    const member = aMember()
    await fill(store, [entry], member)
    const revisions = [(await store.join(member)).revision]
    await store.claim(gate())
    revisions.push((await store.join(member)).revision)
    await store.giveBack(entry)
    revisions.push((await store.join(member)).revision)
    expect(new Set(revisions).size).toBe(3)
  })

  test('lets one member tend, and the next when that one leaves', async () => {
    const [one, other] = [aMember(), aMember()]
    const { fence = 0 } = await store.join(one)
    expect(await store.join(other)).toMatchObject({ fence: undefined, others: 1 })
    await store.leave(one)
    const { fence: next = 0 } = await store.join(other)
    expect(next).toBeGreaterThan(fence)
  })

  test('refuses what an earlier tender still does (fencing)', async () => {
    const [mine, theirs, ready] = [anEntry(), anEntry(), anEntry()]
    const one = aMember()
    const fence = await fill(store, [ready], one)
    await store.begin([theirs], fence)
    await store.leave(one)
    await store.join(aMember())
    expect(await store.begin([mine], fence)).toBe(false)
    expect(await store.add(theirs, fence)).toBe('held')
    expect(await store.retire([ready], fence)).toEqual([])
    const { entries } = await store.look()
    expect(entries.map(({ state }) => state).toSorted()).toEqual(['ready', 'warming'])
  })
})
