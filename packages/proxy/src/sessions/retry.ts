import type { RuntimeFailure } from '../agent-runtime.ts'

/**
 * What a call is for. A message is sent again only where the agent surely did not see it, a warm-up and a stop wherever that
 * may help, a beat never: the next one comes anyway, and messages need the calls more.
 */
export type CallPurpose = 'warm-up' | 'beat' | 'message' | 'stop'

/**
 * How long to wait before the same call is made again, in milliseconds, or `undefined` when it must not be.
 * The whole wait is bounded by the caller's deadline.
 *
 * @param attempt How many attempts were made, from 1.
 * @param random In [0, 1).
 */
export function retryWaitMs(
  failure: RuntimeFailure,
  purpose: CallPurpose,
  attempt: number,
  random: number,
): number | undefined {
  if (purpose === 'beat' || (purpose === 'message' && failure.mayHaveRun)) return undefined
  const waitMs = backoffMs(failure, purpose, attempt)
  // Never earlier than the platform says. The jitter comes on top: else all who were told the same time come back together.
  return waitMs === undefined ? undefined : (failure.retryAfterMs ?? 0) + jittered(waitMs, random)
}

/** The longest wait before the next attempt, in milliseconds, or `undefined` when there is none. */
function backoffMs({ reason }: RuntimeFailure, purpose: CallPurpose, attempt: number): number | undefined {
  switch (reason) {
    case 'conflict':
      // Somebody waits for the end of a start, which takes 2 to 30 s: look often, and do not give up.
      return Math.min(500, 100 * 1.5 ** (attempt - 1))
    case 'throttled':
      return attempt < 6 ? 500 * 2 ** (attempt - 1) : undefined
    case 'unavailable':
    case 'unreachable':
      return attempt < 4 ? 250 * 2 ** (attempt - 1) : undefined
    case 'agent':
      // The agent may have failed to start for a passing reason: it is tried once more.
      return purpose === 'warm-up' && attempt < 2 ? 1000 : undefined
    case 'invalid':
    case 'unauthenticated':
    case 'refused':
    case 'quota':
    case 'missing':
      return undefined
    default:
      reason satisfies never
  }
}

/** Full jitter: those who failed together spread over the whole wait, and do not come back together. */
function jittered(waitMs: number, random: number): number {
  return Math.max(leastWaitMs, Math.round(waitMs * random))
}

/** Even the luckiest draw lets the platform breathe. */
const leastWaitMs = 20
