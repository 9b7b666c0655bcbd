import { SQSClient } from '@aws-sdk/client-sqs'
import { memoryStore, type PoolEntry, type PoolMember, type PoolStore } from '@warm-agent/pool'
import { redisStore } from '@warm-agent/pool/redis'
import { sqsStore } from '@warm-agent/pool/sqs'
import { startFauxqs } from 'fauxqs'
import { Redis } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import { createClient } from 'redis'
import { startRedis } from '../../../test/support/redis.ts'

/** What holds the sessions, and a way in for as many processes as a test has. */
export interface OpenStore {
  /** Another process's view of the same sessions. */
  connect(): Promise<PoolStore>
  close(): Promise<void>
}

let opened = 0
const redis = once(startRedis)
const sqs = once(() => startFauxqs({ port: 0, logger: false }))

/** Every kind of store, each empty, the Redis ones with each client that is supported. */
export const storeKinds: Record<string, () => Promise<OpenStore>> = {
  memory: async () => {
    const store = memoryStore()
    return { connect: async () => store, close: async () => {} }
  },
  ioredis: () => openRedis(url => new Redis(url)),
  iovalkey: () => openRedis(url => new Valkey(url)),
  async redis() {
    const { url } = await redis()
    const prefix = `test-${++opened}`
    const clients: { destroy(): void }[] = []
    return {
      async connect() {
        const client = await createClient({ url }).connect()
        clients.push(client)
        return redisStore({ client, prefix })
      },
      close: async () => clients.forEach(client => void client.destroy()),
    }
  },
  async sqs() {
    const { client, queueUrl } = await openQueue()
    return { connect: async () => sqsStore({ client, queueUrl }), close: async () => client.destroy() }
  },
}

/** A new FIFO queue, set as the README says. */
export async function openQueue(name = `pool-${++opened}.fifo`) {
  const server = await sqs()
  const { queueUrl } = server.createQueue(name, {
    attributes: name.endsWith('.fifo') ? { FifoQueue: 'true', MessageRetentionPeriod: '900' } : {},
  })
  const client = new SQSClient({
    endpoint: server.address,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  const waiting = () =>
    (server.inspectQueue(name)?.messages.ready ?? []).map(({ messageGroupId: group, messageDeduplicationId: id }) => ({
      group,
      id,
    }))
  return { client, queueUrl, waiting, endpoint: server.address }
}

/** Call it after all tests of a file. */
export async function closeServers(): Promise<void> {
  await Promise.all([redis.stop(server => server.stop()), sqs.stop(server => server.stop())])
}

let made = 0

export function anEntry(about: Partial<PoolEntry> = {}): PoolEntry {
  const nowMs = Date.now()
  return {
    runtimeSessionId: `warm-${crypto.randomUUID()}`,
    qualifier: 'DEFAULT',
    // Later ones are younger, also within a millisecond.
    bornAtMs: nowMs + made++,
    touchedAtMs: nowMs,
    nonce: crypto.randomUUID(),
    evidence: 'observed',
    version: '1',
    beatAtMs: nowMs + 540_000,
    retireAtMs: nowMs + 14_400_000,
    missedBeats: 0,
    ...about,
  }
}

const { runtimeSessionId, qualifier, bornAtMs, touchedAtMs, nonce, evidence, version, ...rest } = anEntry()

/** What a store of sessions may come to hold through somebody's mistake, as JSON of the Redis store's form or of none. */
export const unreadable = [
  'not json',
  'null',
  '5',
  '{}',
  '[]',
  '[null]',
  '[5,"DEFAULT",1,1]',
  JSON.stringify(['warm-\r\n', qualifier, bornAtMs, touchedAtMs, nonce, evidence, version, ...Object.values(rest)]),
  JSON.stringify([runtimeSessionId, null, bornAtMs, touchedAtMs, nonce, evidence, version, ...Object.values(rest)]),
  JSON.stringify([runtimeSessionId, qualifier, '1', touchedAtMs, nonce, evidence, version, ...Object.values(rest)]),
  JSON.stringify([runtimeSessionId, qualifier, bornAtMs, touchedAtMs, nonce, evidence, version]),
]

export function aMember(about: Partial<PoolMember> = {}): PoolMember {
  return { id: crypto.randomUUID(), version: '1', tends: true, leaseMs: 60_000, ...about }
}

/** Every entry that answered within the last 14 minutes. */
export function gate(version = '1') {
  return { nowMs: Date.now(), touchedSinceMs: Date.now() - 14 * 60_000, version }
}

/** Makes these claimable. */
export async function fill(store: PoolStore, entries: PoolEntry[], member = aMember()): Promise<number> {
  const { fence = 0 } = await store.join(member)
  await store.begin(entries, fence)
  await Promise.all(entries.map(entry => store.add(entry, fence)))
  return fence
}

function openRedis(connect: (url: string) => Redis | Valkey): Promise<OpenStore> {
  const prefix = `test-${++opened}`
  const clients: { disconnect(): void }[] = []
  return redis().then(({ url }) => ({
    async connect() {
      const client = connect(url)
      clients.push(client)
      return redisStore({ client: client as Redis, prefix })
    },
    close: async () => clients.forEach(client => void client.disconnect()),
  }))
}

function once<T>(start: () => Promise<T>) {
  let started: Promise<T> | undefined
  const get = () => {
    started ??= start()
    return started
  }
  get.stop = async (stop: (value: T) => Promise<void>) => {
    const running = started
    started = undefined
    if (running) await stop(await running)
  }
  return get
}
