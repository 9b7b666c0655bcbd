import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js'
import type { LimitStore } from './limit-store.ts'

/** Below this many rooms nothing is swept. */
const sweepFromSize = 1024

/** Counts in this process. In a fleet every instance then has the whole of each limit to itself. */
export function memoryLimits(): LimitStore {
  const counters = new RateLimiterMemory({ points: 1, duration: 1 })
  const rooms = new Map<string, Map<string, number>>()
  let sweepAtSize = sweepFromSize

  /** @returns the members of a room that have not left, with the times of their ends. */
  function membersOf(room: string, now: number): Map<string, number> {
    const members = rooms.get(room) ?? new Map<string, number>()
    for (const [member, until] of members) if (until <= now) members.delete(member)
    return members
  }

  function sweep(now: number): void {
    for (const room of rooms.keys()) if (membersOf(room, now).size === 0) rooms.delete(room)
    sweepAtSize = Math.max(sweepFromSize, rooms.size * 2)
  }

  return {
    async add(counter, points, keepSeconds) {
      return (await counters.penalty(counter, points, { customDuration: keepSeconds })).consumedPoints
    },

    async hold(room, member, forMs, places) {
      const now = Date.now()
      const members = membersOf(room, now)
      const until = members.get(member)
      if (until === undefined && forMs > 0 && members.size >= places) return undefined
      if (forMs > 0) rooms.set(room, members.set(member, now + forMs))
      else members.delete(member)
      if (members.size === 0) rooms.delete(room)
      if (rooms.size >= sweepAtSize) sweep(now)
      return until === undefined ? 0 : until - now
    },
  }
}
