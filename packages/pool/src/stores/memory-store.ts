import { type PoolMember, type PoolStore, passesGate } from '../pool-store.ts'
import type { PoolEntry, StoredEntry } from '../pooled-session.ts'

/**
 * Keeps the sessions of one process. Pools that are given the same store share it, as those of a fleet share a Redis.
 * When the process ends without closing its pool, its sessions idle out.
 */
export function memoryStore(): PoolStore {
  const ready = new Map<string, PoolEntry>()
  const others = new Map<string, StoredEntry>()
  const members = new Map<string, PoolMember>()
  const claimed = new Set<string>()
  let versions: string[] = []
  let tending: string | undefined
  let fence = 0
  let revision = 0
  let claims = 0
  let arrivals = 0
  let misses = 0
  const ofRuntimes = new Map<string, PoolStore>()

  const idOf = ({ runtimeSessionId }: PoolEntry) => runtimeSessionId

  function set(entry: PoolEntry, state: StoredEntry['state']): void {
    revision += 1
    if (state === 'ready' && entry.version === versions.at(-1)) {
      others.delete(idOf(entry))
      ready.set(idOf(entry), entry)
    } else {
      ready.delete(idOf(entry))
      others.set(idOf(entry), { state: state === 'ready' ? 'old' : state, entry })
    }
  }

  function versionsChanged(): void {
    tending = undefined
    for (const entry of ready.values()) set(entry, 'ready')
  }

  function noteClaimed(id: string): void {
    claims += 1
    claimed.add(id)
    const [oldest] = claimed
    if (claimed.size > mostClaimedRemembered && oldest !== undefined) claimed.delete(oldest)
  }

  return {
    name: 'memory',
    lookEveryMs: 0,

    ofRuntime(identity) {
      const its = ofRuntimes.get(identity) ?? memoryStore()
      ofRuntimes.set(identity, its)
      return its
    },

    async join(member) {
      const before = members.get(member.id)
      members.set(member.id, member)
      const asked = (member.arrivals ?? 0) - (before?.arrivals ?? 0)
      arrivals += asked
      misses += (member.misses ?? 0) - (before?.misses ?? 0)
      if (!versions.includes(member.version)) {
        versions.push(member.version)
        versionsChanged()
      }
      const isCurrent = member.version === versions.at(-1)
      if (tending === undefined && member.tends && isCurrent) {
        tending = member.id
        fence += 1
      }
      // What was claimed is missing, and what was not found is wanted.
      if (asked > 0 && tending !== undefined && tending !== member.id) wake(members.get(tending))
      return {
        fence: tending === member.id ? fence : undefined,
        isCurrent,
        revision,
        claims,
        arrivals,
        misses,
        others: members.size - 1,
      }
    },

    async leave({ id }) {
      members.delete(id)
      if (tending === id) tending = undefined
      const alive = versions.filter(version => [...members.values()].some(member => member.version === version))
      // The version of the last one who left stays the current one.
      if (alive.length > 0 && alive.length < versions.length) {
        versions = alive
        versionsChanged()
      }
      for (const member of members.values()) wake(member)
    },

    async claim(gate) {
      const rejected: PoolEntry[] = []
      for (const [id, entry] of ready) {
        ready.delete(id)
        revision += 1
        if (passesGate(entry, gate)) {
          noteClaimed(id)
          return { entry, rejected }
        }
        rejected.push(entry)
      }
      return { entry: null, rejected }
    },

    async giveBack(entry) {
      if (!claimed.delete(idOf(entry))) return
      claims -= 1
      set(entry, 'ready')
    },

    async begin(entries, byFence) {
      if (byFence !== fence) return false
      for (const entry of entries) set(entry, 'warming')
      return true
    },

    async add(entry, byFence) {
      const id = idOf(entry)
      if (claimed.has(id) || ready.has(id)) return 'held'
      const known = others.get(id)
      if (!known) return 'unknown'
      if (known.state !== 'warming' || byFence !== fence) return 'held'
      set(entry, 'ready')
      return 'added'
    },

    async update(entries) {
      for (const entry of entries) if (ready.has(idOf(entry))) set(entry, 'ready')
    },

    async retire(entries, byFence) {
      if (byFence !== fence) return []
      const taken = entries.filter(entry => ready.has(idOf(entry)) || others.has(idOf(entry)))
      for (const entry of taken) set(entry, 'stopping')
      return taken
    },

    async forget(entries) {
      revision += 1
      for (const entry of entries) {
        ready.delete(idOf(entry))
        others.delete(idOf(entry))
      }
    },

    async look() {
      const waiting = [...ready.values()].map(entry => ({ state: 'ready' as const, entry }))
      return { entries: [...waiting, ...others.values()], unseen: 0 }
    },
  }
}

/** Not from within a call: what it hears makes calls of its own. */
function wake(member: PoolMember | undefined): void {
  queueMicrotask(() => member?.onNews?.())
}

/** Enough to recognise a call that is made again. */
const mostClaimedRemembered = 10_000
