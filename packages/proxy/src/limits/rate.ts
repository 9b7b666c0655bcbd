import type { LimitStore } from './limit-store.ts'

/** What is counted in a sliding window of this length. */
export interface Rate {
  name: string
  windowMs: number
}

/** Counts `points` more. */
export function addTo(store: LimitStore, { name, windowMs }: Rate, points: number): Promise<number> {
  return store.add(`${name}:${Math.floor(Date.now() / windowMs)}`, points, keepSecondsOf(windowMs))
}

function keepSecondsOf(windowMs: number): number {
  return Math.ceil((2 * windowMs) / 1000)
}

/**
 * Counts `points` more.
 *
 * @returns how many there were in the `windowMs` up to now, these included. Counts are kept for fixed windows, so those of the
 *   window before count by the share of it that is still covered: no burst slips through between two windows.
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
