import { type PoolStore, passesGate } from '../pool-store.ts'
import type { PoolEntry, StoredEntry } from '../pooled-session.ts'
import { createSessionQueue, type LockedEntry, mostPerRequest } from './session-queue.ts'
import { checkOptions, type SqsStoreOptions } from './sqs-options.ts'
import { createTurns } from './turns.ts'
import { visitQueue } from './visit-queue.ts'

/** A claimer that dies between receiving and deleting gives its session back after this long. */
const claimLockSeconds = 10
const mostReceives = 10
/** A look holds messages for some milliseconds: a claim that finds nothing tries once more after this long. */
const tryAgainMs = 40

/**
 * Keeps the sessions of a fleet in an SQS FIFO queue. A claim is a receive and a delete, and the delete comes before the
 * hand-out. A queue elects nobody and lists nothing: let one process tend the pool (`tends: false` in the others), or deploy
 * the handlers of `@warm-agent/pool/lambda`.
 *
 * @throws Error when an option is unknown or makes no sense.
 */
export function sqsStore(options: SqsStoreOptions): PoolStore {
  checkOptions(options)
  return openStore(options)
}

function openStore(options: SqsStoreOptions, identity?: string): PoolStore {
  const { client, queueUrl } = options
  // Of two processes that look in step each locks what the other looks for, and neither sees that both have filled the queue.
  const lookEveryMs = (options.lookEveryMs ?? 15_000) * (0.9 + 0.2 * Math.random())
  const queue = createSessionQueue(client, queueUrl, identity)
  /** What is not in the queue: sessions that this process is warming or stopping. */
  const local = new Map<string, StoredEntry>()
  /** Of sessions that this process claimed, so that it can put them back. */
  const generations = new Map<string, number>()
  let visitedAtMs = Number.NEGATIVE_INFINITY
  let currentVersion: string | undefined
  const takeTurn = createTurns()
  let unreadableTold = 0
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

  function newlyUnreadable(): number | undefined {
    const before = unreadableTold
    unreadableTold = queue.unreadable()
    return unreadableTold - before || undefined
  }

  async function receive(most: number): Promise<LockedEntry[]> {
    const received = await queue.receive(most, claimLockSeconds)
    if (received.length > 0) return received
    const { visible, locked } = await queue.count()
    if (visible + locked === 0) return []
    await new Promise(resolve => setTimeout(resolve, tryAgainMs))
    return queue.receive(most, claimLockSeconds)
  }

  return {
    name: 'sqs',
    lookEveryMs,
    ofRuntime: identity => openStore(options, identity),

    // A queue knows no members.
    async join({ tends, version }) {
      currentVersion = version
      return { fence: tends ? 1 : undefined, isCurrent: true }
    },

    async leave() {},

    async claim(gate) {
      const rejected: PoolEntry[] = []
      // Of another version there may be many at the head after a deploy: they are locked, so that the next receive gets past
      // them. Whoever tends the pool stops them; a claimer may be frozen before it has.
      const others: LockedEntry[] = []
      let received: LockedEntry[] = []
      try {
        for (let receives = 0; receives < mostReceives; receives++) {
          received = await receive(others.length === 0 ? 1 : mostPerRequest)
          if (received.length === 0) break
          for (let locked = received.shift(); locked; locked = received.shift()) {
            const { entry, generation } = locked
            if (!isCurrent(locked, gate.version)) {
              others.push(locked)
              continue
            }
            // Deleted too late: somebody else may have received it as well, so it is not ours.
            if (!(await queue.remove(locked))) continue
            if (passesGate(entry, gate)) {
              remember(generations, entry.runtimeSessionId, generation)
              return { entry, rejected, unreadable: newlyUnreadable() }
            }
            rejected.push(entry)
          }
        }
        return { entry: null, rejected, unreadable: newlyUnreadable() }
      } finally {
        // What is not let go is free when its lock ends.
        await queue.release([...others, ...received]).catch(() => undefined)
      }
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
      const stateOf = (locked: LockedEntry) => (isCurrent(locked, currentVersion) ? 'ready' : 'old')
      const waiting = seen.map((locked): StoredEntry => ({ state: stateOf(locked), entry: locked.entry }))
      return { entries: [...waiting, ...local.values()], unseen, unreadable: newlyUnreadable() }
    },
  }
}

/** What another runtime runs is no more handed out than what an older version does. */
function isCurrent({ isForeign, entry }: LockedEntry, version: string | undefined): boolean {
  return !isForeign && entry.version === version
}

function remember(generations: Map<string, number>, id: string, generation: number): void {
  generations.set(id, generation)
  const [oldest] = generations.keys()
  if (generations.size > 1_000 && oldest !== undefined) generations.delete(oldest)
}
