import type { LimitStore } from './limit-store.ts'

/** So many in any stretch of time that is this long. */
export interface Rate {
  name: string
  windowMs: number
}

/** Counts `points` more, for others to see. */
export function addTo(store: LimitStore, { name, windowMs }: Rate, points: number): Promise<number> {
  return store.add(`${name}:${Math.floor(Date.now() / windowMs)}`, points, keepSecondsOf(windowMs))
}

function keepSecondsOf(windowMs: number): number {
  return Math.ceil((2 * windowMs) / 1000)
}

/**
 * Counts `points` more.
 *
 * @returns how many there were in the window that ends now, these included: those of the current window, and of the one
 *   before it the share that the window still covers, so that no burst fits between two.
 */
export async function count(store: LimitStore, { name, windowMs }: Rate, points: number): Promise<number> {
  const now = Date.now()
  const index = Math.floor(now / windowMs)
  const [current, previous] = await Promise.all([
    addTo(store, { name, windowMs }, points),
    store.add(`${name}:${index - 1}`, 0, keepSecondsOf(windowMs)),
  ])
  return current + Math.max(0, previous) * (1 - (now % windowMs) / windowMs)
}
