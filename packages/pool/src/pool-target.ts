/**
 * How many sessions the pool is to hold: a number that may change with time and with what was seen. What those that hear
 * throw is printed by `console.error`, and does not disturb the pool.
 */
export interface PoolTarget {
  /** @returns how many sessions to hold at `nowMs`. Called often: it must be quick. What is below 0 counts as 0. */
  sizeAt(nowMs: number): number
  /** A claim came at `atMs`, whether it found a session or not. */
  noteArrival?(atMs: number): void
  /**
   * This process tends the pool from `atMs` on, and found `held` sessions there: those that are ready, and the larger number of
   * those that are being warmed and those of an older version.
   */
  noteTakeover?(held: number, atMs: number): void
  /** A warm-up that ended just now took this long, in milliseconds. */
  noteReplenishment?(tookMs: number): void
}
