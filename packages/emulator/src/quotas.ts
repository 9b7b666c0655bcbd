import { PlatformError } from './platform-errors.ts'
import { createTokenBucket } from './token-bucket.ts'

/** What an account may do in a region. `Infinity` where nothing is counted. */
export interface QuotaLimits {
  newSessionsPerSecond: number
  callsPerSecond: number
  activeSessions: number
}

/** Of everything that has a quota, all calls of all sessions of one emulator count together. */
export interface Quotas {
  /** Counts one call of the data plane. Throws 429 when there were too many. */
  countCall(now: number): void
  /** Counts one more session beside `active` others. Throws 402 or 429 when that is too many. */
  countSession(active: number, now: number): void
}

/** A rate allows as much as one second's worth at once. */
export function createQuotas(limits: QuotaLimits, startAt: number): Quotas {
  const { newSessionsPerSecond, callsPerSecond, activeSessions } = limits
  const newSessions = createTokenBucket(Math.max(1, newSessionsPerSecond), newSessionsPerSecond, startAt)
  const calls = createTokenBucket(Math.max(1, callsPerSecond), callsPerSecond, startAt)

  return {
    countCall(now) {
      throttle(calls.take(now), 'Rate exceeded')
    },
    countSession(active, now) {
      if (active >= activeSessions) {
        throw new PlatformError(
          'ServiceQuotaExceededException',
          `The quota of ${activeSessions} active sessions is used up. Stop some, or wait until some have ended.`,
        )
      }
      throttle(newSessions.take(now), 'New session creation rate exceeded')
    },
  }
}

function throttle(waitMs: number, message: string): void {
  if (waitMs === 0) return
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000))
  throw new PlatformError('ThrottlingException', message, { headers: { 'retry-after': String(seconds) } })
}
