import type { Caller } from '../callers.ts'

/** What the limits per caller count by. */
export function limitKeyOf({ limitKey, callerId }: Caller): string {
  return limitKey ?? callerId
}
