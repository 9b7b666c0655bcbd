/**
 * Where the limits count: in this process, or in one place for a whole fleet. What it holds may be lost at any time;
 * then the limits begin to count anew.
 */
export interface LimitStore {
  /**
   * Adds to a counter, or takes from it; 0 reads it. It is forgotten `keepSeconds` after it was begun.
   *
   * @returns what it counts now.
   */
  add(counter: string, points: number, keepSeconds: number): Promise<number>
  /**
   * Gives `member` one of `places` in a room for `forMs` from now, or moves the end of the one it has, however many `places`
   * there are; 0 ms give it up.
   *
   * @returns how many milliseconds the member still had, 0 when it had no place, or `undefined` when all are taken.
   */
  hold(room: string, member: string, forMs: number, places: number): Promise<number | undefined>
}

/** As `places`, it moves the end of a place that a member has, and gives none to one that has none. */
export const noNewPlace = 0
