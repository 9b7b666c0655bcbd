import type { SQSClient } from '@aws-sdk/client-sqs'
import { showValue } from '@warm-agent/proxy/runtime-kit'
import type { ClaimGate, PoolStore } from '../pool-store.ts'
import type { PoolEntry, StoredEntry } from '../pooled-session.ts'
import { createSessionQueue, type LockedEntry } from './session-queue.ts'
import { createTurns } from './turns.ts'
import { visitQueue } from './visit-queue.ts'

export interface SqsStoreOptions {
  /** Your own client. The store never destroys it. */
  client: SQSClient
  /**
   * The URL of a FIFO queue that holds nothing but this pool. Let its messages be retained no longer than the runtime's idle
   * timeout, and set `DeduplicationScope: messageGroup` and `FifoThroughputLimit: perMessageGroupId`.
   */
  queueUrl: string
  /**
   * How often a running pool looks into the queue for sessions that need care, in milliseconds. Each look costs some requests,
   * and holds a few sessions at a time for some milliseconds. What was claimed here is refilled at once. @default 15_000
   */
  lookEveryMs?: number
}

/** A claimer that dies between receiving and deleting gives its session back after this long. */
const claimLockSeconds = 10
const mostRejected = 10
/** A look holds messages for some milliseconds: a claim that finds nothing tries once more after this long. */
const lookedAtMs = 40

/**
 * Keeps the sessions of a fleet in an SQS FIFO queue. A claim is a receive and a delete, and the delete comes before the
 * hand-out. A queue elects nobody and lists nothing: let one process tend the pool (`tends: false` in the others), or deploy
 * the handlers of `@warm-agent/pool/lambda`.
 *
 * @throws Error when an option is unknown or makes no sense.
 */
export function sqsStore(options: SqsStoreOptions): PoolStore {
  checkOptions(options)
  const { lookEveryMs = 15_000 } = options
  const queue = createSessionQueue(options.client, options.queueUrl)
  /** What is not in the queue: sessions that this process is warming or stopping. */
  const local = new Map<string, StoredEntry>()
  /** Of sessions that this process claimed, so that it can put them back. */
  const generations = new Map<string, number>()
  let visitedAtMs = Number.NEGATIVE_INFINITY
  let currentVersion: string | undefined
  const takeTurn = createTurns()
  let gathered: PoolEntry[] = []
  let nextUpdate: Promise<void> | undefined

  /** Visits the queue for the sake of these entries; `tend` gets only them. */
  async function visitFor(
    entries: readonly PoolEntry[],
    tend: (locked: LockedEntry, wanted: PoolEntry) => Promise<void>,
  ) {
    const wanted = new Map(entries.map(entry => [entry.runtimeSessionId, entry]))
    await visitQueue(
      queue,
      async locked => {
        const entry = wanted.get(locked.entry.runtimeSessionId)
        if (!entry) return false
        wanted.delete(entry.runtimeSessionId)
        await tend(locked, entry)
        return true
      },
      () => wanted.size === 0,
    )
  }

  async function receiveOne(): Promise<LockedEntry | undefined> {
    const [first] = await queue.receive(1, claimLockSeconds)
    if (first) return first
    const { visible, locked } = await queue.count()
    if (visible + locked === 0) return undefined
    await new Promise(resolve => setTimeout(resolve, lookedAtMs))
    const [second] = await queue.receive(1, claimLockSeconds)
    return second
  }

  return {
    name: 'sqs',
    lookEveryMs,

    // A queue knows no members.
    async join({ tends, version }) {
      currentVersion = version
      return { fence: tends ? 1 : undefined, isCurrent: true }
    },

    async leave() {},

    async claim(gate) {
      const rejected: PoolEntry[] = []
      while (rejected.length < mostRejected) {
        const locked = await receiveOne()
        if (!locked) break
        // Deleted late it may have been received by somebody else as well. Then nobody here has it.
        if (!(await queue.remove(locked))) continue
        if (!passes(locked.entry, gate)) {
          rejected.push(locked.entry)
          continue
        }
        remember(generations, locked.entry.runtimeSessionId, locked.generation)
        return { entry: locked.entry, rejected }
      }
      return { entry: null, rejected }
    },

    async giveBack(entry) {
      const generation = generations.get(entry.runtimeSessionId)
      if (generation === undefined) return
      await queue.send({ entry, generation: generation + 1 })
      generations.delete(entry.runtimeSessionId)
    },

    async begin(entries) {
      for (const entry of entries) local.set(entry.runtimeSessionId, { state: 'warming', entry })
      return true
    },

    async add(entry) {
      const known = local.get(entry.runtimeSessionId)
      if (!known) return 'unknown'
      if (known.state !== 'warming') return 'held'
      await queue.send({ entry, generation: 0 })
      local.delete(entry.runtimeSessionId)
      return 'added'
    },

    update(entries) {
      // One visit for all that wait for their turn.
      gathered.push(...entries)
      nextUpdate ??= takeTurn(async () => {
        const updates = gathered
        gathered = []
        nextUpdate = undefined
        await visitFor(updates, async (locked, entry) => {
          // Never both in the queue: who dies in between loses the session, and two takers never share it.
          if (await queue.remove(locked)) await queue.send({ entry, generation: locked.generation + 1 })
        })
      })
      return nextUpdate
    },

    async retire(entries) {
      const taken = entries.filter(entry => local.has(entry.runtimeSessionId))
      const others = entries.filter(entry => !local.has(entry.runtimeSessionId))
      if (others.length > 0) {
        const take = async (locked: LockedEntry) => {
          if (await queue.remove(locked)) taken.push(locked.entry)
        }
        await takeTurn(() => visitFor(others, take))
      }
      for (const entry of taken) local.set(entry.runtimeSessionId, { state: 'stopping', entry })
      return taken
    },

    async forget(entries) {
      for (const entry of entries) local.delete(entry.runtimeSessionId)
    },

    async look(nowMs) {
      if (nowMs !== undefined && nowMs < visitedAtMs + lookEveryMs) {
        const { visible, locked } = await queue.count()
        return { entries: [...local.values()], unseen: visible + locked }
      }
      visitedAtMs = nowMs ?? visitedAtMs
      const { seen, unseen } = await takeTurn(() => visitQueue(queue, async () => false))
      const stateOf = ({ version }: PoolEntry) => (version === currentVersion ? 'ready' : 'old')
      const waiting = seen.map(({ entry }): StoredEntry => ({ state: stateOf(entry), entry }))
      return { entries: [...waiting, ...local.values()], unseen }
    },
  }
}

function passes({ retireAtMs, touchedAtMs, version }: PoolEntry, gate: ClaimGate): boolean {
  return retireAtMs > gate.nowMs && touchedAtMs > gate.touchedSinceMs && version === gate.version
}

function remember(generations: Map<string, number>, id: string, generation: number): void {
  generations.set(id, generation)
  const [oldest] = generations.keys()
  if (generations.size > 1_000 && oldest !== undefined) generations.delete(oldest)
}

const knownOptions = ['client', 'queueUrl', 'lookEveryMs']

function checkOptions(options: SqsStoreOptions): void {
  const { client, queueUrl, lookEveryMs = 15_000 } = options
  const refuse = (name: string, value: unknown, why: string) => {
    throw new Error(`Could not create the store: option ${name} is ${showValue(value)}: ${why}. See SqsStoreOptions.`)
  }
  for (const [name, value] of Object.entries(options)) {
    if (!knownOptions.includes(name)) refuse(name, value, 'there is none of this name')
  }
  if (typeof client?.send !== 'function') refuse('client', client, 'expected an SQSClient')
  if (!URL.canParse(queueUrl) || !queueUrl.endsWith('.fifo'))
    refuse('queueUrl', queueUrl, 'expected the URL of a FIFO queue')
  if (!(lookEveryMs >= 100 && lookEveryMs <= 3_600_000)) refuse('lookEveryMs', lookEveryMs, 'expected 100 to 3600000')
}
