import type { LimitStore } from './limit-store.ts'

/** What is counted in a sliding window of this length. */
export interface Rate {
  name: string
  windowMs: number
}

/** Counts `points` more, in the window of `atMs`. */
export function addTo(
  store: LimitStore,
  { name, windowMs }: Rate,
  points: number,
  atMs: number = Date.now(),
): Promise<number> {
  return store.add(`${name}:${Math.floor(atMs / windowMs)}`, points, keepSecondsOf(windowMs))
}

function keepSecondsOf(windowMs: number): number {
  return Math.ceil((2 * windowMs) / 1000)
}

/**
 * Counts one more.
 *
 * @returns how many there were in the `windowMs` up to `now`, this one included. Counts are kept for fixed windows, so those
 *   of the window before count by the share of it that is still covered: no burst slips through between two windows.
 */
export async function count(store: LimitStore, { name, windowMs }: Rate, now: number): Promise<number> {
  const index = Math.floor(now / windowMs)
  const [current, previous] = await Promise.all([
    addTo(store, { name, windowMs }, 1, now),
    store.add(`${name}:${index - 1}`, 0, keepSecondsOf(windowMs)),
  ])
  return current + Math.max(0, previous) * (1 - (now % windowMs) / windowMs)
}
