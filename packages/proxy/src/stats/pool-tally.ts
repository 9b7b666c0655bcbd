import type { PoolTally } from './tally.ts'

/** What statistics take of a pool's event; those of `@warm-agent/pool` are such. */
export interface StatsPoolEvent {
  type: string
  /** Milliseconds since 1970. */
  atMs: number
  /** Of `sessions-held`: how long the pool held all its sessions together, since it last told. Milliseconds. */
  heldMs?: number
  /** Also of `sessions-held`: how many other processes take part in the pool. `undefined`: nobody knows. */
  others?: number | undefined
  /** Of `session-retired`: for how long the session was held. Milliseconds. */
  ageMs?: number
}

/** Whoever tends a pool tells once a minute what it holds. After such a silence nobody tends it. Milliseconds. */
const silenceMs = 300_000

/** The events of a pool that count. */
export const countedOfPools: ReadonlySet<string> = new Set([
  'sessions-held',
  'session-retired',
  'session-dropped',
  'warm-up-wasted',
])

export function tallyPool() {
  const counts: PoolTally = {
    heldMs: 0,
    sharedMs: 0,
    unclaimed: 0,
    unclaimedMs: 0,
    claimed: 0,
    claimedUnseen: 0,
    claimedMs: 0,
  }
  let heardAtMs = Number.NEGATIVE_INFINITY

  return {
    note({ type, atMs, heldMs = 0, others, ageMs = 0 }: StatsPoolEvent): void {
      if (!countedOfPools.has(type)) return
      if (type === 'sessions-held') {
        heardAtMs = atMs
        counts.heldMs += heldMs
        if (others !== 0) counts.sharedMs += heldMs
        return
      }
      counts.unclaimed += 1
      counts.unclaimedMs += ageMs
    },

    noteClaim({ atMs, ageMs = 0 }: { atMs: number; ageMs?: number }): void {
      counts.claimed += 1
      counts.claimedMs += ageMs
      if (atMs > heardAtMs + silenceMs) counts.claimedUnseen += 1
    },

    tally: (): PoolTally => ({ ...counts }),
  }
}
