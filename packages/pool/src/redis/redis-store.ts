import { createHash } from 'node:crypto'
import { showValue } from '@warm-agent/proxy/runtime-kit'
import { type AddOutcome, type PoolStore, passesGate, type StoreClaim } from '../pool-store.ts'
import type { EntryState, PoolEntry } from '../pooled-session.ts'
import { fromJson, toJson } from './entry-json.ts'
import { type RedisClient, toSendCommand } from './redis-client.ts'
import { createRunScript, type RunScript } from './run-scripts.ts'

export interface RedisStoreOptions {
  /**
   * Your own client, connected to Redis from 6.2 on or Valkey. It stays yours: the store never closes it. Let it reconnect, as all
   * of them do by default.
   */
  client: RedisClient
  /** What the keys begin with. Pools of one runtime that share it share their sessions. @default 'warm-agent' */
  prefix?: string
  /** How often each process looks for what the others did, in milliseconds. One round trip. @default 250 */
  lookEveryMs?: number
}

/** The member that tends the pool retires what is too old. A claim that meets much of it has met a pool that nobody tends. */
const mostRejected = 10

const knownOptions = ['client', 'prefix', 'lookEveryMs']

/**
 * Keeps the sessions of a fleet in Redis or Valkey. A claim is one round trip.
 *
 * @throws Error when an option is unknown or makes no sense.
 */
export function redisStore(options: RedisStoreOptions): PoolStore {
  const { client, prefix = 'warm-agent', lookEveryMs = 250 } = options
  for (const [name, value] of Object.entries(options)) if (!knownOptions.includes(name)) refuse(name, value)
  if (typeof prefix !== 'string' || !/^[^{}\s]+$/.test(prefix)) refuse('prefix', prefix)
  if (typeof lookEveryMs !== 'number' || !(lookEveryMs >= 10 && lookEveryMs <= 60_000))
    refuse('lookEveryMs', lookEveryMs)
  const send = toSendCommand(client)
  const open = (scope: string) => openStore(createRunScript(send, scope), lookEveryMs)
  return { ...open(`{${prefix}}`), ofRuntime: identity => open(`{${prefix}}:${digestOf(identity)}`) }
}

function openStore(run: RunScript, lookEveryMs: number): PoolStore {
  /** What is known to have arrived of what a member counted. */
  const heard = new Map<string, { arrivals: number; misses: number }>()

  /** @param first What was claimed, and is not to be handed out. */
  async function claimAnother(first: unknown, passes: (entry: PoolEntry) => boolean): Promise<StoreClaim> {
    let entry: PoolEntry | null = null
    const rejected: PoolEntry[] = []
    const unreadable: string[] = []
    for (let json: unknown = first; json !== null; json = await run('claim')) {
      const read = fromJson(String(json))
      if (read && passes(read)) {
        entry = read
        break
      }
      if (read) rejected.push(read)
      else unreadable.push(String(json))
      if (rejected.length + unreadable.length === mostRejected) break
    }
    await run('reject', ...rejected.map(idOf))
    return { entry, rejected, unreadable: await discard(unreadable) }
  }

  /** Takes what is no session out of the store. @returns how many these are. */
  async function discard(unreadable: readonly string[]): Promise<number | undefined> {
    if (unreadable.length === 0) return undefined
    await run('discard', ...unreadable)
    return unreadable.length
  }

  return {
    name: 'redis',
    lookEveryMs,

    async join({ id, version, tends, leaseMs, arrivals = 0, misses = 0 }) {
      const before = heard.get(id) ?? { arrivals: 0, misses: 0 }
      const counts = [arrivals, before.arrivals, misses, before.misses].map(String)
      const answer = await run('join', id, version, tends ? '1' : '0', `${Math.round(leaseMs)}`, ...counts)
      heard.set(id, { arrivals, misses })
      const [fence, isCurrent, revision, claims, others, allArrivals, allMisses] = answer as (string | number | null)[]
      return {
        fence: fence === null ? undefined : Number(fence),
        isCurrent: isCurrent === 1,
        revision: Number(revision),
        claims: Number(claims),
        others: Number(others),
        arrivals: Number(allArrivals),
        misses: Number(allMisses),
      }
    },

    async leave({ id }) {
      await run('leave', id)
      heard.delete(id)
    },

    claim(gate) {
      const passes = (entry: PoolEntry) => passesGate(entry, gate)
      return run('claim').then(json => {
        if (json === null) return { entry: null, rejected: [] }
        const entry = fromJson(String(json))
        return entry && passes(entry) ? { entry, rejected: [] } : claimAnother(json, passes)
      })
    },

    async giveBack(entry) {
      const { runtimeSessionId, bornAtMs, version } = entry
      await run('giveBack', runtimeSessionId, `${bornAtMs}`, version, toJson(entry), crypto.randomUUID())
    },

    async begin(entries, fence) {
      return (await run('begin', `${fence}`, ...entries.flatMap(idAndJson))) === 1
    },

    async add(entry, fence) {
      const { runtimeSessionId, bornAtMs, version } = entry
      const outcome = await run('add', `${fence}`, runtimeSessionId, `${bornAtMs}`, version, toJson(entry))
      return String(outcome) as AddOutcome
    },

    async update(entries) {
      await run('update', ...entries.flatMap(idAndJson))
    },

    async retire(entries, fence) {
      // A client of `redis` may be set to answer with buffers.
      const taken = new Set(((await run('retire', `${fence}`, ...entries.map(idOf))) as unknown[]).map(String))
      return entries.filter(entry => taken.has(idOf(entry)))
    },

    async forget(entries) {
      if (entries.length > 0) await run('forget', ...entries.map(idOf))
    },

    async look() {
      const lists = (await run('entries')) as unknown[][]
      const unreadable: string[] = []
      const inState = (list: unknown[], state: EntryState) =>
        list.map(String).flatMap(json => {
          const entry = fromJson(json)
          if (!entry) unreadable.push(json)
          return entry ? [{ state, entry }] : []
        })
      const entries = lists.flatMap((list, index) => inState(list, states[index] ?? 'old'))
      return { entries, unseen: 0, unreadable: await discard(unreadable) }
    },
  }
}

/** Short: every command names all its keys. */
function digestOf(identity: string): string {
  return createHash('sha256').update(identity).digest('hex').slice(0, 16)
}

/** In the order of the script's answer. */
const states: readonly EntryState[] = ['ready', 'warming', 'old', 'stopping']

function idOf({ runtimeSessionId }: PoolEntry): string {
  return runtimeSessionId
}

function idAndJson(entry: PoolEntry): [string, string] {
  return [idOf(entry), toJson(entry)]
}

function refuse(name: string, value: unknown): never {
  throw new Error(`Could not create the store: option ${name} is ${showValue(value)}. See RedisStoreOptions.`)
}
