import { RuntimeFailure } from '@warm-agent/proxy'
import type { PlatformCalls } from './platform-calls.ts'

/** AWS refuses signatures that are five minutes off. Milliseconds. */
export const toleratedSkewMs = 240_000

/**
 * A signature that is refused because the clock of this machine is wrong has run nothing, and the refusal tells the right time.
 * So the call is signed and made once more, at once.
 *
 * @param skewMs By how much the clock of the platform is ahead of ours, as far as its answers have told. Whichever call brought
 *   it to light: those that were signed before are made again.
 */
export function signedInTime(calls: PlatformCalls, skewMs: () => number): PlatformCalls {
  async function inTime<T>(call: () => Promise<T>): Promise<T> {
    const signedByMs = skewMs()
    try {
      return await call()
    } catch (error) {
      const isRefused = error instanceof RuntimeFailure && error.reason === 'refused'
      if (!isRefused || Math.abs(skewMs() - signedByMs) <= toleratedSkewMs) throw error
      return call()
    }
  }
  return {
    invoke: (...call) => inTime(() => calls.invoke(...call)),
    stop: (...call) => inTime(() => calls.stop(...call)),
  }
}
