import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js'
import type { LimitStore } from './limit-store.ts'

/** Below this many rooms nothing is swept. */
const sweepFromSize = 1024
/** Below this many members a room is not cleared. */
const clearFromSize = 64

/** Counts in this process. In a fleet every instance then has the whole of each limit to itself. */
export function memoryLimits(): LimitStore {
  const counters = new RateLimiterMemory({ points: 1, duration: 1 })
  /** The last of those who just add to a counter: it alone may forget the counter. */
  const latest = new Map<string, symbol>()
  const rooms = new Map<string, Room>()
  let sweepAtSize = sweepFromSize

  function sweep(now: number): void {
    for (const [name, room] of rooms) {
      clear(room, now)
      if (room.members.size === 0) rooms.delete(name)
    }
    sweepAtSize = Math.max(sweepFromSize, rooms.size * 2)
  }

  return {
    async add(counter, points, keepSeconds) {
      // What was only looked at, or all given back, leaves nothing behind.
      if (points === 0) return (await counters.get(counter))?.consumedPoints ?? 0
      const mine = Symbol()
      latest.set(counter, mine)
      const { consumedPoints } = await counters.penalty(counter, points, { customDuration: keepSeconds })
      if (latest.get(counter) === mine) {
        latest.delete(counter)
        if (consumedPoints === 0) void counters.delete(counter)
      }
      return consumedPoints
    },

    async hold(name, member, forMs, places) {
      const now = Date.now()
      const room = rooms.get(name) ?? { members: new Map(), clearAtSize: clearFromSize }
      const { members } = room
      if (members.size >= Math.min(places || Infinity, room.clearAtSize)) clear(room, now)
      const left = Math.max(0, (members.get(member) ?? now) - now)
      if (left === 0) members.delete(member)
      if (left === 0 && forMs > 0 && members.size >= places) return undefined
      if (forMs > 0) members.set(member, now + forMs)
      else members.delete(member)
      if (members.size > 0) rooms.set(name, room)
      else rooms.delete(name)
      if (rooms.size >= sweepAtSize) sweep(now)
      return left
    },
  }
}

/** Members whose time is over stay in it until it seems full, or has doubled: then they are removed. */
interface Room {
  /** When each of them leaves. */
  members: Map<string, number>
  clearAtSize: number
}

function clear(room: Room, now: number): void {
  for (const [member, until] of room.members) if (until <= now) room.members.delete(member)
  room.clearAtSize = Math.max(clearFromSize, room.members.size * 2)
}
