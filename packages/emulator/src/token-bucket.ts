/** So many at once, and so many more with time. */
export interface TokenBucket {
  /** Takes one. @returns 0, or when there is none, the milliseconds until there will be. */
  take(now: number): number
}

/** It starts full. Never emptied when `perSecond` is infinite. */
export function createTokenBucket(capacity: number, perSecond: number, startAt: number): TokenBucket {
  let tokens = capacity
  let countedAt = startAt

  return {
    take(now) {
      if (perSecond === Number.POSITIVE_INFINITY) return 0
      tokens = Math.min(capacity, tokens + (Math.max(0, now - countedAt) / 1_000) * perSecond)
      countedAt = now
      // A hair below one: the same second in two halves adds up to a little less.
      if (tokens < 1 - 1e-9) return ((1 - tokens) / perSecond) * 1_000
      tokens--
      return 0
    },
  }
}
