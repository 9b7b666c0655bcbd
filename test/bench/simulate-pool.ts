import type { PoolTarget } from '@warm-agent/pool'
import { earliestFirst } from './earliest-first.ts'

/** Traffic: arrivals at random (Poisson) at a rate that changes with time. */
export interface Traffic {
  durationMs: number
  /** What comes before is not counted: a target learns the rate. */
  countedFromMs: number
  /** Arrivals per second. */
  rateAt(nowMs: number): number
  /** No rate is higher. */
  highestRate: number
}

/** What a pool did under some traffic. */
export interface Played {
  claims: number
  hits: number
  /** Seconds that sessions were warm and waited, added up. */
  warmSeconds: number
  /** The same and the time of their warm-ups: what the pool occupies. */
  heldSeconds: number
  retired: number
  largest: number
}

/**
 * Plays a pool on a time of its own. A claim takes a warm session at once or misses; a pool below its target begins a
 * warm-up for each that is missing; one above it retires what is warm. The first sessions are warm when it begins.
 */
export function simulatePool(
  { durationMs, countedFromMs, rateAt, highestRate }: Traffic,
  target: PoolTarget,
  { random, replenishmentMs }: { random: () => number; replenishmentMs: () => number },
): Played {
  const warmUps = earliestFirst()
  const tookMs = new Map<number, number>()
  const nothing: Played = { claims: 0, hits: 0, warmSeconds: 0, heldSeconds: 0, retired: 0, largest: 0 }
  let played = { ...nothing }
  let now = 0
  let warm = Math.max(0, target.sizeAt(0))

  function advance(to: number) {
    played.warmSeconds += (warm * (to - now)) / 1000
    played.heldSeconds += ((warm + warmUps.size) * (to - now)) / 1000
    now = to
  }

  function settle() {
    const size = target.sizeAt(now)
    while (warm + warmUps.size < size) {
      const took = replenishmentMs()
      warmUps.add(now + took)
      tookMs.set(now + took, took)
    }
    const surplus = Math.min(warm, warm + warmUps.size - size)
    if (surplus > 0) {
      warm -= surplus
      played.retired += surplus
    }
    played.largest = Math.max(played.largest, warm + warmUps.size)
  }

  let countFrom = countedFromMs
  let arrival = 0
  let tick = 0
  const interArrival = () => (-Math.log(1 - random()) / highestRate) * 1000
  arrival += interArrival()
  for (;;) {
    const next = Math.min(arrival, warmUps.peek(), tick, countFrom, durationMs)
    advance(next)
    if (next === durationMs) return played
    if (next === countFrom) {
      countFrom = Number.POSITIVE_INFINITY
      played = { ...nothing }
    } else if (next === tick) {
      tick += 1000
    } else if (next === warmUps.peek()) {
      warmUps.take()
      warm++
      target.noteReplenishment?.(tookMs.get(next) ?? 0)
      tookMs.delete(next)
    } else {
      arrival += interArrival()
      // Thinning: of arrivals at the highest rate, keep the share that the present rate has of it.
      if (random() * highestRate >= rateAt(now)) continue
      played.claims++
      target.noteArrival?.(now)
      if (warm > 0) {
        warm--
        played.hits++
      }
    }
    settle()
  }
}
