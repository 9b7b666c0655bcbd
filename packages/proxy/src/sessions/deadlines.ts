import type { Lease } from '@warm-agent/protocol'

/** When things happened to a session, in milliseconds of this proxy's clock. */
export interface SessionTimes {
  /** When its microVM was asked for. */
  readonly bornAt: number
  /** When it was last known to be touched. */
  readonly touchedAt: number
  /** When its hold began, if later than its birth: a session from a pool counts as held from its claim on. */
  readonly heldSince?: number | undefined
  /** Whether a conversation owns it, that is, a message was sent on it. */
  readonly isSent: boolean
}

/** The durations that bound a session, in milliseconds. */
export interface SessionRules {
  idleTimeoutMs: number
  maxLifetimeMs: number
  unsentHoldMs: number
  beatMs: number
}

/** When the platform ends the session: after idling, or at the end of its life, which no touch extends. */
export function platformEndAt(times: SessionTimes, rules: SessionRules): number {
  return Math.min(times.touchedAt + rules.idleTimeoutMs, times.bornAt + rules.maxLifetimeMs)
}

/** Until when beats are accepted: an unsent session has a maximum hold, a conversation the platform's maximum lifetime. */
export function holdEndAt(times: SessionTimes, rules: SessionRules): number {
  const { bornAt, heldSince = bornAt } = times
  const endAt = bornAt + rules.maxLifetimeMs
  return times.isSent ? endAt : Math.min(heldSince + rules.unsentHoldMs, endAt)
}

/** Whether a message on this session would meet a machine that the platform has ended. */
export function isExpired(times: SessionTimes, rules: SessionRules, now: number): boolean {
  return now >= platformEndAt(times, rules)
}

/**
 * The durations of a lease that is granted at `now`.
 *
 * @param random In [0, 1): shortens the beat by up to 10 %, so that browsers that opened together drift apart.
 */
export function leaseDurations(
  times: SessionTimes,
  rules: SessionRules,
  now: number,
  random: number,
): Pick<Lease, 'beatMs' | 'ttlMs' | 'holdMs'> {
  return {
    beatMs: Math.round(rules.beatMs * (1 - 0.1 * random)),
    ttlMs: Math.max(0, platformEndAt(times, rules) - now),
    holdMs: Math.max(0, holdEndAt(times, rules) - now),
  }
}
