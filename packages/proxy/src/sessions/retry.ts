import type { RuntimeFailure } from '../agent-runtime.ts'

/**
 * What a call is for. A message is made again only where the agent surely did not see it, a warm-up and a stop wherever
 * it makes sense, a beat never: the next one comes by itself, and messages need the room more.
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
  switch (failure.reason) {
    case 'conflict':
      // Provisioning takes 2 to 30 s and its end is what somebody waits for: look often, and never give up early.
      return jittered(Math.min(500, 100 * 1.5 ** (attempt - 1)), random)
    case 'throttled':
      return attempt < 6 ? Math.max(failure.retryAfterMs ?? 0, jittered(500 * 2 ** (attempt - 1), random)) : undefined
    case 'unavailable':
    case 'unreachable':
      return attempt < 4 ? jittered(250 * 2 ** (attempt - 1), random) : undefined
    case 'agent':
      // The agent may have failed to initialise for a passing reason. Once more, not for ever.
      return purpose === 'warm-up' && attempt < 2 ? jittered(1000, random) : undefined
    case 'invalid':
    case 'unauthenticated':
    case 'refused':
    case 'quota':
    case 'missing':
      return undefined
    default:
      failure.reason satisfies never
  }
}

/** Half of the wait is random, so that those who failed together do not come back together. */
function jittered(waitMs: number, random: number): number {
  return Math.round(waitMs * (0.5 + 0.5 * random))
}
