/** What the arrivals seen so far say of their rate, in arrivals per second. */
export interface ArrivalRate {
  note(atMs: number): void
  /** The rate to be ready for at `nowMs`. */
  at(nowMs: number): number
}

const bucketMs = 500
/** A burst proves itself within the first window that it fills with arrivals. */
const burstWindowsMs = [2_000, 5_000, 15_000, 60_000]
/** Standard deviations above chance that a burst must be, so that a quiet pool does not run after every chance. */
const burstCertainty = 2.5
/** Fewer arrivals say little of their rate: then the window is longer, up to so many times. */
const enoughArrivals = 30
const longestStretch = 12
/** One arrival just after the start is not a flood. */
const leastSeenMs = 5_000

/**
 * The mean over a long window, longer still where little happens, with one standard deviation added because a pool that is too small hurts more than one
 * that is too large. It answers slowly, so shorter windows may raise it: to what they prove beyond chance, no further.
 */
export function createArrivalRate(windowMs: number): ArrivalRate {
  const counts = new Array<number>(Math.ceil((longestStretch * windowMs) / bucketMs)).fill(0)
  let startedAt: number | undefined
  let newest = 0
  let latest = 0
  let setBackMs = 0

  /** Empties the buckets that the ring uses again. A clock that was set back goes on from the latest moment. */
  function advance(nowMs: number): void {
    if (startedAt === undefined) {
      startedAt = latest = nowMs
      newest = Math.floor(nowMs / bucketMs)
    }
    if (nowMs + setBackMs < latest - bucketMs) setBackMs = latest - nowMs
    latest = Math.max(latest, nowMs + setBackMs)
    const bucket = Math.floor(latest / bucketMs)
    for (let each = Math.max(newest, bucket - counts.length) + 1; each <= bucket; each++)
      counts[each % counts.length] = 0
    newest = bucket
  }

  return {
    note(atMs) {
      advance(atMs)
      const slot = newest % counts.length
      counts[slot] = (counts[slot] ?? 0) + 1
    },
    at(nowMs) {
      advance(nowMs)
      let proven = 0
      let count = 0
      let next = 0
      let spanMs = 0
      // The time before the start was not silence.
      const seenMs = latest - (startedAt ?? latest)
      for (let age = 0; age < counts.length && spanMs < seenMs; age++) {
        count += counts[(newest - age) % counts.length] ?? 0
        spanMs = latest - (newest - age) * bucketMs
        if (spanMs >= windowMs && count >= enoughArrivals) break
        if (spanMs < (burstWindowsMs[next] ?? Number.POSITIVE_INFINITY)) continue
        next++
        proven = Math.max(proven, (count - burstCertainty * Math.sqrt(count)) / (spanMs / 1000))
      }
      const mean = (count + Math.sqrt(count)) / (Math.max(Math.min(spanMs, seenMs), leastSeenMs) / 1000)
      return Math.max(mean, proven)
    },
  }
}
